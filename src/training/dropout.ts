/** @file Dropout (Srivastava et al. 2014) from uniform numbers that the host draws, so that a step can be repeated. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";

/** x where `noise` (uniform in 0…1, of x's shape) is at least `rate`, else 0; scaled by 1 / (1 − rate) to keep the mean. */
export const dropout = (g: Builder, x: Value, noise: Value, rate: number): Value =>
  g.mul(x, g.mul(g.cast(g.op("GreaterOrEqual", [noise, rate]), x.dtype), 1 / (1 - rate)));
