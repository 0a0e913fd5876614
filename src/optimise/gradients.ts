/** @file What is done to gradients and weights around an update: the norm of all gradients, clipping, averaging. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";

/** √(Σ g²) over all elements of all tensors. */
export function globalNorm(g: Builder, gradients: readonly Value[]): Value {
  const squares = gradients.map((v) => g.sum(g.square(v), undefined, false));
  return g.sqrt(squares.reduce((a, b) => g.add(a, b)));
}

/** The gradients, all scaled by min(1, limit / norm) (Pascanu, Mikolov & Bengio 2013). */
export function clipByNorm(g: Builder, gradients: readonly Value[], norm: Value, limit: number): Value[] {
  const factor = g.op("Min", [g.div(limit, g.add(norm, 1e-6)), g.scalar(1, norm.dtype)]);
  return gradients.map((v) => g.mul(v, factor));
}

/** decay · average + (1 − decay) · value */
export const movingAverage = (g: Builder, average: Value, value: Value, decay: Value): Value =>
  g.add(average, g.mul(g.sub(value, average), g.sub(1, decay)));

/** The decay of an average of weights at step `step` (from 0): small at first, so that the random start is soon forgotten. */
export const averageDecay = (limit: number, step: number): number => Math.min(limit, (1 + step) / (10 + step));
