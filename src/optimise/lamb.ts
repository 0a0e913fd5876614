/** @file LAMB: Adam with a step of each tensor in proportion to its weights (You et al. 2020, arXiv 1904.00962). */

import { type AdamOptions, adam } from "./adam.ts";
import type { Optimiser } from "./optimiser.ts";
import { scheduleOf } from "./schedule.ts";

export interface LambOptions extends AdamOptions {
  /** λ; default 0.01. */
  readonly weightDecay?: number;
}

/**
 * With Adam's direction a = m̂ / (√v̂ + ε), for each tensor
 *
 *   u = a + λ θ        θ ← θ − lr · ‖θ‖ / ‖u‖ · u,
 *
 * the ratio being 1 where ‖θ‖ or ‖u‖ is 0.
 */
export function lamb({ weightDecay = 0.01, learningRate = 1e-3, ...options }: LambOptions = {}): Optimiser {
  const direction = adam({ ...options, learningRate: 1 });
  const rateAt = scheduleOf(learningRate);
  return {
    ...direction,
    scalars: (step) => ({ ...direction.scalars(step), plainRate: rateAt(step) }),
    update: (g, parameter, gradient, state, scalars) => {
      // Adam's own step of rate 1 from zero is −a.
      const step = direction.update(g, g.zeros(parameter), gradient, state, scalars);
      const a = g.neg(step.parameter);
      const u = weightDecay === 0 ? a : g.add(a, g.mul(parameter, weightDecay));
      const [size, way] = [parameter, u].map((v) => g.sqrt(g.sum(g.square(v), undefined, false)));
      const both = g.mask(g.mul(size!, way!), "Greater", 0);
      const ratio = g.where(g.cast(both, "bool"), g.div(size!, g.add(way!, g.sub(1, both))), 1);
      return { parameter: g.sub(parameter, g.mul(u, g.mul(ratio, scalars.plainRate!))), state: step.state };
    },
  };
}
