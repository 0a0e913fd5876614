/** @file The preset `natural`: the three techniques of Mahendran & Vedaldi, IJCV 2016 (arXiv 1512.02017). */

import { preimageRule } from "../../optimise/preimage-rule.ts";
import type { Recipe } from "../axes.ts";
import { pixels } from "../pixels.ts";
import { clampNorm, rangeNorm, totalVariation } from "../regularisers.ts";
import { crop } from "../transforms.ts";
import { type Loose, preset, type Setting } from "./preset.ts";

/**
 * "Visualizing deep convolutional neural networks using natural pre-images", and the constants of the authors' code. What that
 * code gets wrong, and what is done here:
 * - the accumulator of squared gradients is not reset when the learning rate drops: kept, it only slows the last steps;
 * - maximization divides each channel by another channel's largest activation: corrected, each by its own;
 * - the target of a caricature is computed without subtracting the mean colour: corrected.
 */
export const natural = {
  /** α of the range norm Σ (‖x‖/80)^α; even. */
  rangePower: 6,
  rangeWeight: 1,
  /** β of the total variation Σ (dx² + dy²)^{β/2}. */
  variationPower: 2,
  variationWeight: 1,
  /** Largest colour norm of a pixel after a step, 2 · 80. */
  normLimit: 160,
  /** Learning rate per pixel of the canvas. */
  rate: 53.33,
  momentum: 0.9,
  /** Random places for the window, as part of the layer's stride. */
  jitter: 0.25,
  steps: 300,
  /** An inversion adds this many steps without jitter … */
  stillSteps: 50,
  /** … at this part of the learning rate. */
  stillRate: 0.1,
  /** C, the weight of an inversion's data term, out of 1, 20, 100, 300. */
  codeWeight: 100,
  /** C, the weight of a caricature's data term, which is 1 for the photo itself. Ours. */
  caricatureWeight: 4,
  /** A unit's activation is weighed by this over its receptive field's area and its largest activation. */
  activationWeight: 10_000,
} as const;

type NaturalConstants = Loose<typeof natural>;

/** Pixels by which the canvas is larger than the window: max(round(stride / 4), 1) − 1. */
export const naturalJitter = (stride: number, part: number = natural.jitter): number =>
  Math.max(Math.round(stride * part), 1) - 1;

function recipe(setting: Setting, c: NaturalConstants): Recipe {
  const { net, layers, objective, technique, size, mean, stride, steps, start } = setting;
  const jitter = naturalJitter(stride, c.jitter);
  const canvas = [size[0] + jitter, size[1] + jitter] as const;
  const stillSteps = technique === "invert" ? Math.round((steps * c.stillSteps) / (c.steps + c.stillSteps)) : 0;
  const still = (step: number): boolean => step >= steps - stillSteps;
  const rate = canvas[0] * canvas[1] * c.rate;
  return {
    net,
    layers,
    objective,
    steps,
    still,
    parametrisation: pixels({ size: canvas, mean, ...(start && { start }) }),
    transforms: [crop({ size, jitter: [jitter] })],
    regularisers: [
      rangeNorm(mean, { alpha: c.rangePower, weight: c.rangeWeight }),
      totalVariation({ beta: c.variationPower, weight: c.variationWeight }),
    ],
    project: clampNorm(c.normLimit),
    optimiser: preimageRule({
      learningRate: (step) => rate * (still(step) ? c.stillRate : 1),
      momentum: c.momentum,
    }),
  };
}

export const naturalPreset = preset<NaturalConstants>({
  constants: natural,
  parametrisation: "pixels",
  techniques: ["maximize", "caricature", "invert"],
  steps: ({ steps, stillSteps }, technique) => steps + (technique === "invert" ? stillSteps : 0),
  scheduled: (technique) => technique === "invert",
  recipe,
});
