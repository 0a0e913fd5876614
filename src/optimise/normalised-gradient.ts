/** @file Steps of a size that does not depend on the gradient's, as DeepDream takes them (Mordvintsev et al. 2015). */

import type { Optimiser } from "./optimiser.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";

export interface NormalisedGradientOptions {
  /** Mean absolute change of a parameter a step; 1.5 in DeepDream, for pixels in units of 0…255. */
  readonly learningRate: number | Schedule;
}

/** θ ← θ − lr · g / mean|g|, the mean over each picture of θ [N, …] by itself. Where g is 0, θ stays. */
export function normalisedGradient({ learningRate }: NormalisedGradientOptions): Optimiser {
  const rateAt = scheduleOf(learningRate);
  return {
    state: [],
    scalars: (step) => ({ rate: rateAt(step) }),
    update: (g, parameter, gradient, _, { rate }) => {
      const within = gradient.shape.slice(1).map((_, i) => i + 1);
      const size = g.mean(g.op("Abs", [gradient]), within);
      const step = g.mul(g.div(gradient, g.add(size, 1e-30)), rate!);
      return { parameter: g.sub(parameter, step), state: {} };
    },
  };
}
