/** @file The last two axes as rows and columns. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { range } from "./shapes.ts";

/** Swaps the last two axes; a vector stays as it is. */
export function transposed(g: Builder, v: Value): Value {
  const r = v.shape.length;
  return r < 2 ? v : g.transpose(v, [...range(r - 2), r - 1, r - 2]);
}
