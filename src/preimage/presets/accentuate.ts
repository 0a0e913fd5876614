/** @file The preset `accentuate`: what of a photo excites a unit (Hamblin et al. 2024, "Feature accentuation", arXiv 2402.10039). */

import { expect } from "../../error.ts";
import { adam } from "../../optimise/adam.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Recipe } from "../axes.ts";
import { crops } from "../crops.ts";
import { fourier } from "../fourier.ts";
import { noise } from "../perturb.ts";
import { type Loose, preset, type Setting } from "./preset.ts";

/**
 * The authors weigh the distance once, by the ratio of the gradients at the start; here the ratio holds at every step. Their
 * boxes have sides that are uniform in 0.05 … 0.99, anywhere within the picture; here they are normal with as much mean and
 * spread.
 */
export const accentuate = {
  learningRate: 0.05,
  /** Crops that the net sees at each step, the mean and the deviation of their sides, and the deviation of their middles. */
  crops: 16,
  box: 0.52,
  boxSpread: 0.27,
  wander: 0.14,
  /** Standard deviation of the normal noise on top; as much uniform noise as ± half of it. */
  noise: 0.02,
  decay: 1,
  /**
   * How strongly the picture is drawn back to the photo, or to its code at a layer, for each part that it is drawn away. Ours:
   * at 1 the two hold each other and next to nothing of the photo changes.
   */
  anchor: 0.5,
  steps: 100,
} as const;

type AccentuateConstants = Loose<typeof accentuate>;

function recipe(setting: Setting, c: AccentuateConstants): Recipe {
  const { net, layers, objective, size, mean, steps, start, anchor } = setting;
  expect(start, () => "accentuate shows what a unit sees in a photo: give one to start from");
  const [views, shape] = [c.crops, [mean.length, ...size] as const];
  return {
    net,
    layers,
    objective,
    steps,
    parametrisation: fourier({ size, channels: mean.length, decay: c.decay, start }),
    transforms: [
      crops({ size, views, box: c.box, spread: c.boxSpread, wander: c.wander }),
      noise({ shape, sigma: c.noise, uniform: 0.5, views }),
    ],
    regularisers: [],
    ...(c.anchor > 0 && {
      anchor: {
        photo: new Tensor("float32", [1, ...start.dims], start.bytes),
        ratio: c.anchor,
        ...(anchor && { layer: anchor }),
      },
    }),
    optimiser: adam({ learningRate: c.learningRate }),
  };
}

export const accentuatePreset = preset<AccentuateConstants>({
  constants: accentuate,
  parametrisation: "fourier",
  techniques: ["maximize"],
  steps: ({ steps }) => steps,
  scheduled: () => false,
  recipe,
});
