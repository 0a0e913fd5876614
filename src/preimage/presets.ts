/** @file Presets: named sets of constants with their sources, and the recipes made of them. */

import { adam } from "../optimise/adam.ts";
import { preimageRule } from "../optimise/preimage-rule.ts";
import type { Image } from "../tensor/image.ts";
import type { Recipe } from "./axes.ts";
import { fourier } from "./fourier.ts";
import { pixels } from "./pixels.ts";
import { clampNorm, rangeNorm, totalVariation } from "./regularisers.ts";
import type { PresetName } from "./technique.ts";
import { crop, padded, rotate } from "./transforms.ts";

/**
 * Mahendran & Vedaldi, "Visualizing deep convolutional neural networks using natural pre-images" (IJCV 2016, arXiv
 * 1512.02017), and the constants of the authors' code. What that code gets wrong, and what is done here:
 * - the accumulator of squared gradients is not reset when the learning rate drops: kept, it only slows the last steps;
 * - maximization divides each channel by another channel's largest activation: corrected, each by its own;
 * - the target of a caricature is computed without subtracting the mean colour: corrected.
 */
export const natural = {
  /** α of the range norm Σ (‖x‖/80)^α. */
  rangePower: 6,
  /** β of the total variation Σ (dx² + dy²)^{β/2}. */
  variationPower: 2,
  /** Largest colour norm of a pixel after a step, 2 · 80. */
  normLimit: 160,
  /** Learning rate per pixel of the canvas. */
  rate: 53.33,
  momentum: 0.9,
  steps: 300,
  /** An inversion adds this many steps without jitter … */
  stillSteps: 50,
  /** … at this part of the learning rate. */
  stillRate: 0.1,
  /** C, the weight of an inversion's data term, out of 1, 20, 100, 300. */
  codeWeight: 100,
  /** C, the weight of a caricature's data term, which is 1 for the photo itself. */
  caricatureWeight: 4,
  /** A unit's activation is weighed by this over its receptive field's area and its largest activation. */
  activationWeight: 10_000,
} as const;

/** Random places for the window: a quarter of the layer's stride. */
export const naturalJitter = (stride: number): number => Math.max(Math.round(stride / 4), 1) - 1;

/** Lucid (Olah, Mordvintsev & Schubert, "Feature Visualization", Distill 2017), `render_vis` with its defaults. */
export const lucid = {
  deviation: 0.01,
  decay: 1,
  learningRate: 0.05,
  pad: 12,
  padValue: 0.5,
  jitter: [8, 4],
  /** 0.90 … 1.10 in steps of 0.02. */
  scales: Array.from({ length: 11 }, (_, i) => 1 + (i - 5) / 50),
  /** −10 … 10 degrees in steps of 1, and 0 five times more. */
  degrees: [...Array.from({ length: 21 }, (_, i) => i - 10), 0, 0, 0, 0, 0],
  steps: 512,
} as const;

export const presetSteps: Readonly<Record<PresetName, number>> = { natural: natural.steps, lucid: lucid.steps };

/** What a recipe needs beside its constants. */
export interface Setting extends Pick<Recipe, "net" | "layers" | "objective"> {
  /** Height and width of what the net sees. */
  readonly size: readonly [number, number];
  /** The net's mean colour in 0…1, one number a channel; as many channels as the picture has. */
  readonly mean: readonly number[];
  /** Pixels between neighbouring positions of the layer. */
  readonly stride: number;
  readonly steps: number;
  /** How many of the steps, the last ones, stand still. */
  readonly stillSteps?: number;
  /** Photo to start from. */
  readonly start?: Image;
  /** Whether the picture is turned and zoomed; true by default. An inversion only shifts it. */
  readonly robust?: boolean;
}

function naturalRecipe({ size, mean, stride, steps, stillSteps = 0, start, ...rest }: Setting): Recipe {
  const jitter = naturalJitter(stride);
  const canvas = [size[0] + jitter, size[1] + jitter] as const;
  const still = (step: number): boolean => step >= steps - stillSteps;
  const rate = canvas[0] * canvas[1] * natural.rate;
  return {
    ...rest,
    steps,
    still,
    parametrisation: pixels({ size: canvas, mean, ...(start && { start }) }),
    transforms: [crop({ size, jitter: [jitter] })],
    regularisers: [rangeNorm(mean, { alpha: natural.rangePower }), totalVariation({ beta: natural.variationPower })],
    project: clampNorm(natural.normLimit),
    optimiser: preimageRule({
      learningRate: (step) => rate * (still(step) ? natural.stillRate : 1),
      momentum: natural.momentum,
    }),
  };
}

function lucidRecipe({ size, mean, steps, stillSteps = 0, robust = true, ...rest }: Setting): Recipe {
  const { deviation, decay, pad, padValue, degrees, jitter, scales, learningRate } = lucid;
  const window = crop({ size, jitter, scales: robust ? scales : [1] });
  return {
    net: rest.net,
    layers: rest.layers,
    objective: rest.objective,
    steps,
    still: (step) => step >= steps - stillSteps,
    parametrisation: fourier({ size, channels: mean.length, deviation, decay }),
    transforms: [padded(robust ? [rotate({ degrees }), window] : [window], { pad, value: padValue })],
    regularisers: [],
    optimiser: adam({ learningRate }),
  };
}

/** The recipe of a preset in a setting. */
export const recipes: Readonly<Record<PresetName, (setting: Setting) => Recipe>> = {
  natural: naturalRecipe,
  lucid: lucidRecipe,
};
