/** @file Normalisation to zero mean and unit variance, and its adjoint. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";

/** Deviation from the mean over `axes`, and 1 / √(variance + ε); the variance is the mean square of the former. */
function statistics(g: Builder, x: Value, axes: readonly number[], epsilon: number): { centred: Value; r: Value } {
  const centred = g.sub(x, g.mean(x, axes));
  return { centred, r: g.div(1, g.sqrt(g.add(g.mean(g.square(centred), axes), epsilon))) };
}

/** x̂ = (x − μ) r with mean and variance over `axes`. */
export function normalized(g: Builder, x: Value, axes: readonly number[], epsilon: number): Value {
  const { centred, r } = statistics(g, x, axes, epsilon);
  return g.mul(centred, r);
}

/**
 * The cotangent of x for that of x̂. μ and r depend on x too: what the cotangent has of a constant and of x̂ itself moves
 * neither, so both are projected out,
 *
 *   x̄ = r (c − mean c − x̂ · mean(c x̂)).
 */
export function normalizationAdjoint(
  g: Builder,
  x: Value,
  cotangent: Value,
  axes: readonly number[],
  epsilon: number,
): Value {
  const { r } = statistics(g, x, axes, epsilon);
  const hat = normalized(g, x, axes, epsilon);
  const along = g.mul(hat, g.mean(g.mul(cotangent, hat), axes));
  return g.mul(r, g.sub(g.sub(cotangent, g.mean(cotangent, axes)), along));
}
