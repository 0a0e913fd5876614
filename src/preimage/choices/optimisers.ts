/** @file Update rules for pictures by name. */

import { expect } from "../../error.ts";
import { adam } from "../../optimise/adam.ts";
import { lbfgs } from "../../optimise/lbfgs.ts";
import { nadam } from "../../optimise/nadam.ts";
import { normalisedGradient } from "../../optimise/normalised-gradient.ts";
import type { Optimiser } from "../../optimise/optimiser.ts";
import { preimageRule } from "../../optimise/preimage-rule.ts";
import { sgd } from "../../optimise/sgd.ts";
import type { Named } from "../named.ts";
import { natural } from "../presets/natural.ts";
import { type ParametrisationName, usualStep } from "./parametrisations.ts";

export type OptimiserName = "adam" | "nadam" | "sgd" | "lbfgs" | "ijcv" | "dream";

export interface OptimiserSetting {
  readonly parametrisation: ParametrisationName;
  /** Height and width of what is optimised. */
  readonly size: readonly [number, number];
}

/** A rate of 0 stands for the usual one of the parametrisation. */
const USUAL = 0;
const step = (rate: number, { parametrisation }: OptimiserSetting): number => rate || usualStep[parametrisation];

export const optimisers: Readonly<Record<OptimiserName, Named<(setting: OptimiserSetting) => Optimiser>>> = {
  adam: {
    arguments: { rate: USUAL },
    what: "Adam",
    make:
      ({ rate }) =>
      (setting) =>
        adam({ learningRate: step(rate![0], setting) }),
  },
  nadam: {
    arguments: { rate: USUAL },
    what: "Adam with Nesterov's look-ahead",
    make:
      ({ rate }) =>
      (setting) =>
        nadam({ learningRate: step(rate![0], setting) }),
  },
  sgd: {
    arguments: { rate: undefined, momentum: 0.9 },
    what: "gradient descent with momentum",
    make:
      ({ rate, momentum }) =>
      () =>
        sgd({ learningRate: rate![0], momentum: momentum![0], nesterov: false }),
  },
  lbfgs: {
    arguments: { longest: USUAL },
    what: "L-BFGS, for energies that stand still: without transforms",
    make:
      ({ longest }) =>
      (setting) =>
        lbfgs({ maxStep: step(longest![0], setting) }),
  },
  ijcv: {
    arguments: { rate: natural.rate },
    what: "the AdaGrad-like rule of IJCV 2016, rate per pixel; for pixels",
    make:
      ({ rate }) =>
      ({ parametrisation, size: [h, w] }) => {
        expect(
          parametrisation === "pixels",
          () => `optimiser: ijcv steps pixels, not ${parametrisation}: take --parametrisation pixels, or adam`,
        );
        return preimageRule({ learningRate: () => h * w * rate![0], momentum: natural.momentum });
      },
  },
  dream: {
    arguments: { rate: USUAL },
    what: "steps of one size, whatever the gradient's",
    make:
      ({ rate }) =>
      (setting) =>
        normalisedGradient({ learningRate: step(rate![0], setting) }),
  },
};

/** What each parametrisation is stepped by, unless the user says otherwise. */
export const usualOptimiser: Readonly<Record<ParametrisationName, OptimiserName>> = {
  pixels: "ijcv",
  fourier: "adam",
  laplacian: "adam",
  maco: "nadam",
};
