/** @file The preset `lucid`: `render_vis` with its defaults (Olah, Mordvintsev & Schubert, "Feature Visualization", Distill 2017). */

import { adam } from "../../optimise/adam.ts";
import type { Recipe } from "../axes.ts";
import { fourier } from "../fourier.ts";
import { crop, padded, rotate } from "../transforms.ts";
import { type Loose, preset, type Setting } from "./preset.ts";

export const lucid = {
  /** Standard deviation of the Fourier coefficients at the start. */
  deviation: 0.01,
  /** Power of the frequency by which they are scaled down. */
  decay: 1,
  learningRate: 0.05,
  /** Pixels around the picture, and their grey. */
  pad: 12,
  padValue: 0.5,
  jitter: [8, 4],
  /** 0.90 … 1.10 in steps of 0.02. */
  scales: Array.from({ length: 11 }, (_, i) => 1 + (i - 5) / 50),
  /** −10 … 10 degrees in steps of 1, and 0 five times more. */
  degrees: [...Array.from({ length: 21 }, (_, i) => i - 10), 0, 0, 0, 0, 0],
  steps: 512,
  /** Side below which pads and shifts shrink with the picture. Ours: they would else hide most of it. */
  fullSize: 128,
  /** Part of an inversion's steps, the last ones, in which nothing moves. Ours. */
  stillPart: 1 / 7,
} as const;

type LucidConstants = Loose<typeof lucid>;

function recipe({ net, layers, objective, technique, size, mean, steps, start }: Setting, c: LucidConstants): Recipe {
  const { deviation, decay, pad, padValue, degrees, jitter, scales, learningRate } = c;
  // An inversion is about where things are: it is only shifted.
  const turns = technique !== "invert";
  const part = Math.min(1, Math.min(...size) / c.fullSize);
  const window = crop({ size, jitter: jitter.map((j) => Math.round(part * j)), scales: turns ? scales : [1] });
  const from = start ? { start } : { deviation };
  const stillSteps = turns ? 0 : Math.round(steps * c.stillPart);
  return {
    net,
    layers,
    objective,
    steps,
    still: (step) => step >= steps - stillSteps,
    parametrisation: fourier({ size, channels: mean.length, decay, ...from }),
    transforms: [
      padded(turns ? [rotate({ degrees }), window] : [window], { pad: Math.ceil(part * pad), value: padValue }),
    ],
    regularisers: [],
    optimiser: adam({ learningRate }),
  };
}

export const lucidPreset = preset<LucidConstants>({
  constants: lucid,
  parametrisation: "fourier",
  techniques: ["maximize", "caricature", "invert"],
  steps: ({ steps }) => steps,
  scheduled: (technique) => technique === "invert",
  recipe,
});
