/** @file Lion: the sign of a momentum (Chen et al. 2023, arXiv 2302.06675); half of Adam's state. */

import type { Optimiser } from "./optimiser.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";

export interface LionOptions {
  /** A third to a tenth of what Adam takes; default 1e-4. */
  readonly learningRate?: number | Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  /** λ, multiplied with the learning rate; default 0. */
  readonly weightDecay?: number;
}

/**
 *   θ ← θ − lr (sign(β₁ m + (1−β₁) g) + λ θ)        m ← β₂ m + (1−β₂) g
 *
 * Defaults: β₁ 0.9, β₂ 0.99. The sign is a difference of comparisons: Sign has no GPU kernel everywhere.
 */
export function lion(options: LionOptions = {}): Optimiser {
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = options;
  const rateAt = scheduleOf(learningRate);
  return {
    state: ["m"],
    scalars: (step) => ({ rate: rateAt(step) }),
    update: (g, parameter, gradient, { m }, { rate }) => {
      const mixed = g.add(g.mul(m!, beta1), g.mul(gradient, 1 - beta1));
      const sign = g.sub(g.mask(mixed, "Greater", 0), g.mask(mixed, "Less", 0));
      const direction = weightDecay === 0 ? sign : g.add(sign, g.mul(parameter, weightDecay));
      return {
        parameter: g.sub(parameter, g.mul(direction, rate!)),
        state: { m: g.add(g.mul(m!, beta2), g.mul(gradient, 1 - beta2)) },
      };
    },
  };
}
