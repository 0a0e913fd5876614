/** @file Adversarial training: pictures are moved up the loss of the net as it is, and the step then learns from those. */

import { gradient } from "../autodiff/gradient.ts";
import { expect } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { SourceValue, Value } from "../graph/graph.ts";
import { channelsOf } from "../model/preprocessing.ts";
import { expectEps, intoBall, intoBox, type NormName, normOf } from "../robustness/norms.ts";
import type { Rng } from "../tensor/rng.ts";
import { type Shape, sizeOf, type Tensor, tensor } from "../tensor/tensor.ts";
import { crossEntropy } from "./loss.ts";
import { type ClassifierNet, classifyPictures, picturesIn } from "./net.ts";

/** An attack on each batch: `steps` steps of length `rate` from a random point of the ball. */
export interface Adversary {
  readonly norm: NormName;
  /** Size of the ball, in the norm, for pictures in 0…1. */
  readonly eps: number;
  readonly steps: number;
  readonly rate: number;
}

/**
 * What is published of the two usual adversaries, for a ball of size eps.
 *
 * `fgsm`: one step of 1.25 eps, "fast" adversarial training (Wong, Rice & Kolter 2020, arXiv 2001.03994).
 * `pgd`: 7 steps of 2.5 eps / steps (Madry et al. 2018, arXiv 1706.06083).
 */
export const adversaries = {
  fgsm: (eps: number) => ({ steps: 1, rate: 1.25 * eps }),
  pgd: (eps: number, steps = 7) => ({ steps, rate: (2.5 * eps) / steps }),
} as const;
export type AdversaryName = keyof typeof adversaries;

/** Shape of the pictures that are attacked: [N, C, H, W], C = 1 for a net that sees grey. */
export const attackedShape = (
  { preprocessing }: Pick<ClassifierNet, "preprocessing">,
  batch: number,
  size: readonly [number, number],
): Shape => [batch, channelsOf(preprocessing), ...size];

/** Throws an `InputError` for an attack that makes no sense on pictures of that shape. */
export function expectAdversary({ norm, eps, steps, rate }: Adversary, [, ...picture]: Shape): void {
  expectEps(normOf(norm), eps, sizeOf(picture));
  expect(
    Number.isInteger(steps) && steps >= 1,
    () => `attack steps: expected a whole number of 1 or more, got ${steps}`,
  );
  expect(rate >= 0 && Number.isFinite(rate), () => `attack rate: expected the length of a step, got ${rate}`);
}

/** A random change of each picture, uniform in the ball. */
export function startChange({ norm, eps }: Adversary, shape: Shape, random: Rng): Tensor<"float32"> {
  const [pictures, ...picture] = shape as [number, ...number[]];
  const { ball } = normOf(norm);
  const [all, one] = [new Float32Array(sizeOf(shape)), sizeOf(picture)];
  for (let i = 0; i < pictures; i++)
    all.set(
      ball(random, one).map((x) => eps * x),
      i * one,
    );
  return tensor("float32", shape, all);
}

export interface Attacked {
  /** As they were, in 0…1. */
  readonly origin: Value;
  /** As they are after the step: in the ball and in 0…1. */
  readonly pictures: Value;
}

/**
 * One step up the loss:
 *
 *   x = clip(origin + change),    x' = clip(origin + within(x + rate · steepest(∂loss/∂x) − origin))
 *
 * The loss is the one that is learnt from, with its soft targets: the inner maximum of the min-max problem. The net is taken
 * as it will be used, normalisations with their running averages and without dropout, so that no picture's attack depends on
 * its company (as TRADES does, arXiv 1901.08573; Pang et al. 2021, arXiv 2010.00467, find the same robustness and a better
 * accuracy than with the statistics of the batch).
 */
export function ascend(
  g: Builder,
  net: ClassifierNet,
  { norm: name, eps, rate }: Adversary,
  { images, change, targets, constants }: AscentInputs,
): Attacked {
  const norm = normOf(name);
  const origin = picturesIn(g, net, images);
  const x = intoBox(g, g.add(origin, change));
  const logits = classifyPictures(g, net, x, { constants });
  const { slope: seed } = crossEntropy(g, logits, targets(logits));
  const [slope] = gradient(g, logits, [x], { seed });
  const moved = g.add(x, g.mul(norm.steepest(g, slope!), rate));
  return { origin, pictures: intoBall(g, norm, moved, origin, g.scalar(eps, "float32")) };
}

export interface AscentInputs {
  /** uint8 [N, H, W, 3] */
  readonly images: Value;
  /** [N, C, H, W] */
  readonly change: Value;
  /** [N, classes], of the shape of the logits, which are known first. */
  readonly targets: (logits: Value) => Value;
  /** The weights that are trained, in place of the file's. */
  readonly constants: (v: SourceValue) => Value | undefined;
}
