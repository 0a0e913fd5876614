/** @file AdamW: Adam with the weight decay outside of the moments (Loshchilov & Hutter 2019, arXiv 1711.05101). */

import { type AdamOptions, adam } from "./adam.ts";
import type { Optimiser } from "./optimiser.ts";
import { scheduleOf } from "./schedule.ts";

export interface AdamWOptions extends AdamOptions {
  /** λ; as in torch it is multiplied with the learning rate. Default 0.01. */
  readonly weightDecay?: number;
}

/** Adam's step from (1 − lr λ) θ in place of θ. */
export function adamW({ weightDecay = 0.01, learningRate = 1e-3, ...options }: AdamWOptions = {}): Optimiser {
  const inner = adam({ learningRate, ...options });
  const rateAt = scheduleOf(learningRate);
  return {
    ...inner,
    scalars: (step) => ({ ...inner.scalars(step), plainRate: rateAt(step) }),
    update: (g, parameter, gradient, state, scalars) => {
      const kept = weightDecay === 0 ? parameter : g.mul(parameter, g.sub(1, g.mul(scalars.plainRate!, weightDecay)));
      return inner.update(g, kept, gradient, state, scalars);
    },
  };
}
