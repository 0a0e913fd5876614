/** @file Small random changes of what a picture shows: noise, blur, mirror images. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { type Schedule, scheduleOf } from "../optimise/schedule.ts";
import { rng } from "../tensor/rng.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Transform } from "./axes.ts";
import { perView, range } from "./transforms.ts";

export interface NoiseOptions {
  /** Channels, height and width of the pictures that come in. */
  readonly shape: readonly [number, number, number];
  /** Standard deviation of the normal noise, in units of 0…1, by step. */
  readonly sigma: number | Schedule;
  /** Uniform noise on top, up to this part of sigma either way; 0, and 0.5 in MaCo. */
  readonly uniform?: number;
  /** Views of each picture that come in; 1. */
  readonly views?: number;
}

/** Places in the noise at which a view's may begin. */
const PLACES = 1 << 16;

/**
 * image + σ (n + u), n ~ N(0, 1), u uniform in −uniform … uniform. The noise lies in the graph, long enough for 65,536
 * beginnings; the host draws where each view's begins, which spares it millions of random numbers a step.
 */
export function noise({ shape, sigma, uniform = 0, views = 1 }: NoiseOptions): Transform {
  const sigmaAt = scheduleOf(sigma);
  const [channels, h, w] = shape;
  const size = channels * h * w;
  return {
    draws: { begin: [views], sigma: [views] },
    draw: (random, step = 0) => ({
      begin: perView(views, () => random.int(0, PLACES)),
      sigma: perView(views, () => sigmaAt(step)),
    }),
    neutral: () => ({ begin: perView(views, () => 0), sigma: perView(views, () => 0) }),
    apply: (g, image, { begin, sigma }) => {
      const n = image.shape[0]!;
      const along = g.numbers(
        range(size, (i) => i),
        [1, size],
        begin!.dtype,
      );
      const index = g.cast(g.add(g.reshape(begin!, [n, 1]), along), "int32");
      const drawn = g.op("Gather", [g.cast(g.constant(noiseLine(size + PLACES, uniform)), image.dtype), index]);
      return g.add(image, g.mul(g.reshape(drawn, image.shape), g.reshape(sigma!, [n, 1, 1, 1])));
    },
  };
}

function noiseLine(length: number, uniform: number) {
  const random = rng(0).fork("noise");
  const line = random.fillNormal(new Float32Array(length));
  if (uniform > 0) for (let i = 0; i < length; i++) line[i]! += random.uniform(-uniform, uniform);
  return tensor("float32", [length], line);
}

export interface BlurOptions {
  /** Standard deviations in pixels, drawn uniformly; 0 blurs nothing. */
  readonly sigmas: readonly number[];
  /** Views of each picture that come in; 1. */
  readonly views?: number;
}

/** A Gaussian blur, B · image · Bᵀ with rows B[o, i] ∝ exp(−(i − o)² / 2σ²) that sum to 1 within the picture. */
export function blur({ sigmas, views = 1 }: BlurOptions): Transform {
  // exp(−200) is nothing beside 1.
  const falloff = (sigma: number): number => 1 / (2 * Math.max(sigma, 0.05) ** 2);
  return {
    draws: { falloff: [views] },
    draw: (random) => ({ falloff: perView(views, () => falloff(sigmas[random.int(0, sigmas.length)]!)) }),
    neutral: () => ({ falloff: perView(views, () => falloff(0)) }),
    apply: (g, image, drawn) => {
      const [, , h, w] = image.shape as [number, number, number, number];
      const across = g.transpose(gaussian(g, w, drawn.falloff!), [0, 1, 3, 2]);
      return g.matmul(g.matmul(gaussian(g, h, drawn.falloff!), image), across);
    },
  };
}

/** The matrix B above, [N, 1, n, n]. */
function gaussian(g: Builder, n: number, falloff: Value): Value {
  const squares = range(n * n, (i) => -((Math.floor(i / n) - (i % n)) ** 2));
  const bell = g.exp(
    g.mul(g.numbers(squares, [n, n], falloff.dtype), g.reshape(falloff, [falloff.shape[0]!, 1, 1, 1])),
  );
  return g.div(bell, g.sum(bell, [3]));
}

export interface FlipOptions {
  /** How often pictures are mirrored; ½. */
  readonly probability?: number;
  /** Views of each picture that come in; 1. */
  readonly views?: number;
}

/** The picture or its mirror image, left and right exchanged. */
export function flip({ probability = 0.5, views = 1 }: FlipOptions = {}): Transform {
  return {
    draws: { flip: [views] },
    draw: (random) => ({ flip: perView(views, () => (random.uniform() < probability ? 1 : 0)) }),
    neutral: () => ({ flip: perView(views, () => 0) }),
    apply: (g, image, drawn) => {
      const mirrored = g.slice(image, [3], [image.shape[3]! - 1], [Number.NEGATIVE_INFINITY], [-1]);
      const flipped = g.reshape(drawn.flip!, [image.shape[0]!, 1, 1, 1]);
      return g.add(g.mul(mirrored, flipped), g.mul(image, g.sub(1, flipped)));
    },
  };
}
