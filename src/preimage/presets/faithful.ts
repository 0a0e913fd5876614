/** @file The preset `faithful`: inversion that leaves to the code what can be left to it. Ours. */

import { lbfgs } from "../../optimise/lbfgs.ts";
import type { Recipe } from "../axes.ts";
import { laplacian } from "../parametrisations/laplacian.ts";
import { totalVariation } from "../regularisers.ts";
import { type Loose, preset, type Setting } from "./preset.ts";

/**
 * The energy of `natural` (IJCV 2016) without its pull to the net's mean colour and without jitter, which both keep the picture
 * from the code that it should have:
 *
 *   E(x) = C · ‖Φ(x) − Φ₀‖² / ‖Φ₀‖² + R_TV(x)
 *
 * What keeps it natural beside R_TV is how it is made: colours cannot leave 0…1, and a pyramid lets what is coarse settle first.
 * As E stands still, L-BFGS can go down it.
 */
export const faithful = {
  /** Resolutions of the pyramid. */
  levels: 6,
  /** β and weight of the total variation, those of `natural`. */
  variationPower: 2,
  variationWeight: 1,
  /** Longest step of the pyramid's numbers, root mean square. */
  longestStep: 0.05,
  /** As many as `natural` has in all. */
  steps: 350,
  /** C, the weight of the data term: the largest that IJCV 2016 tries. */
  codeWeight: 300,
} as const;

type FaithfulConstants = Loose<typeof faithful>;

const recipe = (
  { net, layers, objective, size, mean, steps, start }: Setting,
  { levels, variationPower, variationWeight, longestStep }: FaithfulConstants,
): Recipe => ({
  net,
  layers,
  objective,
  steps,
  parametrisation: laplacian({ size, channels: mean.length, levels, ...(start && { start }) }),
  transforms: [],
  regularisers: [totalVariation({ beta: variationPower, weight: variationWeight })],
  optimiser: lbfgs({ maxStep: longestStep }),
});

export const faithfulPreset = preset<FaithfulConstants>({
  constants: faithful,
  parametrisation: "laplacian",
  techniques: ["invert"],
  steps: ({ steps }) => steps,
  scheduled: () => false,
  recipe,
});
