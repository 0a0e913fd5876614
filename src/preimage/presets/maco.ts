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
  /** Standard deviation of the crops' middles about the picture's. */
  wander: 0.15,
  /** Standard deviation of the normal noise on top; as much uniform noise as ± half of it. */
  noise: 0.08,
  steps: 256,
} as const;

type MacoConstants = Loose<typeof maco>;

function recipe(setting: Setting, c: MacoConstants): Recipe {
  const { net, layers, objective, technique, size, mean, steps, spectrum, start } = setting;
  if (start) throw new InputError("maco starts from random phases, not from a picture: take lucid or accentuate");
  const [from, to] = c.box;
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
            crops({ size, views, box: linear({ from: from!, to: to!, steps }), wander: c.wander }),
            noise({ shape, sigma: c.noise, uniform: 0.5, views }),
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
