/** @file The update rule of Mahendran & Vedaldi (IJCV 2016, arXiv 1512.02017), an AdaGrad with forgetting and momentum. */

import type { Optimiser } from "./optimiser.ts";

export interface PreimageRuleOptions {
  /** Learning rate by step; in the paper HW · 53.33, and a tenth of it for the last 50 steps of an inversion. */
  readonly learningRate: (step: number) => number;
  /** Of the update and of the squared-gradient accumulator; 0.9 in the paper. */
  readonly momentum?: number;
}

/**
 *   G ← μ G + g²        m ← μ m − g / (1/lr + √G)        x ← x + m
 *
 * As in the authors' code, G is not reset when the learning rate changes.
 */
export function preimageRule({ learningRate, momentum = 0.9 }: PreimageRuleOptions): Optimiser {
  return {
    state: ["G", "m"],
    scalars: (step) => ({ inverseRate: 1 / learningRate(step) }),
    update: (g, parameter, gradient, { G, m }, { inverseRate }) => {
      const GNew = g.add(g.mul(G!, momentum), g.square(gradient));
      const mNew = g.sub(g.mul(m!, momentum), g.div(gradient, g.add(g.sqrt(GNew), inverseRate!)));
      return { parameter: g.add(parameter, mNew), state: { G: GNew, m: mNew } };
    },
  };
}
