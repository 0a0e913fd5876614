/** @file NAdam: Adam with Nesterov's look-ahead (Dozat, ICLR workshop 2016), as torch has it. */

import type { AdamOptions } from "./adam.ts";
import type { Optimiser } from "./optimiser.ts";
import { scheduleOf } from "./schedule.ts";

export interface NadamOptions extends AdamOptions {
  /** ψ; how fast the momentum grows to β₁. Default 0.004. */
  readonly momentumDecay?: number;
}

/**
 * With Adam's m and v, and μₜ = β₁ (1 − ½ · 0.96^{ψt}), t from 1,
 *
 *   θ ← θ − lr · ( (1−μₜ)/(1−Πμ) · g + μₜ₊₁/(1−μₜ₊₁Πμ) · m ) / (√(v/(1−β₂ᵗ)) + ε),   Πμ = μ₁ … μₜ
 *
 * Defaults: lr 0.002, else Adam's.
 */
export function nadam(options: NadamOptions = {}): Optimiser {
  const { learningRate = 2e-3, momentumDecay = 4e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const rateAt = scheduleOf(learningRate);
  const momentum = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  return {
    state: ["m", "v"],
    scalars: (step) => {
      const [now, next] = [momentum(step + 1), momentum(step + 2)];
      let product = 1;
      for (let t = 1; t <= step + 1; t++) product *= momentum(t);
      return {
        slope: (rateAt(step) * (1 - now)) / (1 - product),
        momentum: (rateAt(step) * next) / (1 - product * next),
        unbias: 1 / (1 - beta2 ** (step + 1)),
      };
    },
    update: (g, parameter, gradient, { m, v }, { slope, momentum, unbias }) => {
      const mNew = g.add(g.mul(m!, beta1), g.mul(gradient, 1 - beta1));
      const vNew = g.add(g.mul(v!, beta2), g.mul(g.square(gradient), 1 - beta2));
      const scale = g.add(g.sqrt(g.mul(vNew, unbias!)), epsilon);
      const step = g.div(g.add(g.mul(gradient, slope!), g.mul(mNew, momentum!)), scale);
      return { parameter: g.sub(parameter, step), state: { m: mNew, v: vNew } };
    },
  };
}
