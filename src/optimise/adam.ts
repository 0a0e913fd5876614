/** @file Adam (Kingma & Ba 2015, arXiv 1412.6980). */

import type { Optimiser } from "./optimiser.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";

export interface AdamOptions {
  readonly learningRate?: number | Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/**
 *   m ← β₁ m + (1−β₁) g        v ← β₂ v + (1−β₂) g²
 *   θ ← θ − lr · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε)
 *
 * Defaults: lr 0.001, β₁ 0.9, β₂ 0.999, ε 1e-8.
 */
export function adam({ learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): Optimiser {
  const rateAt = scheduleOf(learningRate);
  return {
    state: ["m", "v"],
    scalars: (step) => ({ rate: rateAt(step) / (1 - beta1 ** (step + 1)), unbias: 1 / (1 - beta2 ** (step + 1)) }),
    update: (g, parameter, gradient, { m, v }, { rate, unbias }) => {
      const mNew = g.add(g.mul(m!, beta1), g.mul(gradient, 1 - beta1));
      const vNew = g.add(g.mul(v!, beta2), g.mul(g.square(gradient), 1 - beta2));
      const scale = g.add(g.sqrt(g.mul(vNew, unbias!)), epsilon);
      return { parameter: g.sub(parameter, g.mul(g.div(mNew, scale), rate!)), state: { m: mNew, v: vNew } };
    },
  };
}
