/** @file The preset `dream`: DeepDream as its authors published it (Mordvintsev, Olah & Tyka 2015). */

import { normalisedGradient } from "../../optimise/normalised-gradient.ts";
import type { Recipe } from "../axes.ts";
import { pixels } from "../pixels.ts";
import { clampRange } from "../regularisers.ts";
import { roll } from "../roll.ts";
import { type Loose, preset, type Setting } from "./preset.ts";

export const dreaming = {
  /** Sizes that the photo is dreamt at, from small to its own … */
  octaves: 4,
  /** … each so many times larger than the one before. */
  scale: 1.4,
  /** Largest shift of what the net sees, in pixels either way; what falls off comes back on the other side. */
  jitter: 32,
  /** Mean absolute change of a colour a step, in units of 0…255. */
  rate: 1.5,
  /** Steps at each size. */
  steps: 10,
  /** Side of what the net sees at once, in pixels; larger pictures are seen in tiles. Of their TensorFlow notebook. */
  tile: 512,
} as const;

export type DreamConstants = Loose<typeof dreaming>;

/** A dream at a single size; `dream` goes through all of them. */
function recipe({ net, layers, objective, size, mean, steps, start }: Setting, c: DreamConstants): Recipe {
  return {
    net,
    layers,
    objective,
    steps,
    parametrisation: pixels({ size, mean, ...(start && { start }) }),
    transforms: [roll({ most: c.jitter })],
    regularisers: [],
    project: clampRange(mean),
    optimiser: normalisedGradient({ learningRate: c.rate }),
  };
}

export const dreamPreset = preset<DreamConstants>({
  constants: dreaming,
  parametrisation: "pixels",
  techniques: ["dream", "maximize"],
  steps: ({ steps, octaves }, technique) => (technique === "dream" ? steps : steps * octaves),
  scheduled: () => false,
  recipe,
});
