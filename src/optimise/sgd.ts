/** @file Stochastic gradient descent with momentum (Sutskever et al. 2013), as torch has it. */

import type { Optimiser } from "./optimiser.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";

export interface SgdOptions {
  readonly learningRate: number | Schedule;
  /** Default 0.9; 0 keeps no state. */
  readonly momentum?: number;
  /** Looks ahead along the momentum; default true where there is some. */
  readonly nesterov?: boolean;
  /** λ of the penalty λ/2 ‖θ‖²; default 0. */
  readonly weightDecay?: number;
}

/**
 *   g ← g + λ θ        m ← μ m + g
 *   θ ← θ − lr · (g + μ m)   with Nesterov's look-ahead,   θ − lr · m   without.
 */
export function sgd({ learningRate, momentum = 0.9, nesterov = true, weightDecay = 0 }: SgdOptions): Optimiser {
  const rateAt = scheduleOf(learningRate);
  return {
    state: momentum === 0 ? [] : ["m"],
    scalars: (step) => ({ rate: rateAt(step) }),
    update: (g, parameter, gradient, { m }, { rate }) => {
      const slope = weightDecay === 0 ? gradient : g.add(gradient, g.mul(parameter, weightDecay));
      if (!m) return { parameter: g.sub(parameter, g.mul(slope, rate!)), state: {} };
      const mNew = g.add(g.mul(m, momentum), slope);
      const direction = nesterov ? g.add(slope, g.mul(mNew, momentum)) : mNew;
      return { parameter: g.sub(parameter, g.mul(direction, rate!)), state: { m: mNew } };
    },
  };
}
