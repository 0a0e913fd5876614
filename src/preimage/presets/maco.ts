/** @file The preset `maco`: phases alone, magnitudes fixed to those of photos (Fel et al. 2023, arXiv 2306.06805). */

import { InputError } from "../../error.ts";
import { nadam } from "../../optimise/nadam.ts";
import { linear } from "../../optimise/schedule.ts";
import type { Recipe } from "../axes.ts";
import { crops } from "../crops.ts";
import { phaseOnly } from "../parametrisations/phase-only.ts";
import { noise } from "../perturb.ts";
import { type Loose, preset, type Setting } from "./preset.ts";

/** "Unlocking feature visualization for deeper networks with magnitude constrained optimization", 16 of its 16 … 32 crops. */
export const maco = {
  learningRate: 1,
  /** Crops that the net sees at each step. */
  crops: 16,
  /** Their mean side, as part of the picture's, at the first and the last step. */
  box: [0.5, 0.05],
  /** Side below which crops show as many pixels as at that side, at most the whole picture. Ours: there would be little to see. */
  fullSize: 224,
  /** Standard deviation of the crops' middles about the picture's. */
  wander: 0.15,
  /** Standard deviation of the normal noise on top; as much uniform noise as ± half of it. In units of `valueRange`. */
  noise: 0.08,
  /** From black to white in the authors' code, whose pictures go from −1 to 1. */
  valueRange: 2,
  steps: 256,
} as const;

type MacoConstants = Loose<typeof maco>;

function recipe(setting: Setting, c: MacoConstants): Recipe {
  const { net, layers, objective, technique, size, mean, steps, spectrum, start } = setting;
  if (start) throw new InputError("maco starts from random phases, not from a picture: take lucid or accentuate");
  const larger = Math.max(1, c.fullSize / Math.min(...size));
  const [from, to] = c.box.map((side) => Math.min(1, side * larger)) as [number, number];
  const views = c.crops;
  const shape = [mean.length, ...size] as const;
  return {
    net,
    layers,
    objective,
    steps,
    parametrisation: phaseOnly({ size, channels: mean.length, ...(spectrum && { spectrum }) }),
    transforms:
      technique === "invert"
        ? []
        : [
            crops({ size, views, box: linear({ from, to, steps }), wander: c.wander }),
            noise({ shape, sigma: c.noise / c.valueRange, uniform: 0.5, views }),
          ],
    regularisers: [],
    optimiser: nadam({ learningRate: c.learningRate }),
  };
}

export const macoPreset = preset<MacoConstants>({
  constants: maco,
  parametrisation: "maco",
  techniques: ["maximize", "caricature", "invert"],
  steps: ({ steps }) => steps,
  scheduled: (technique) => technique !== "invert",
  recipe,
});
