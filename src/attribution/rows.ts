/** @file Rows of a graph: each picture as often as it is looked at, and the class that each is asked about. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { type Shape, type Tensor, zeros } from "../tensor/tensor.ts";

/** [P, …] → [P · times, …], each picture so many times in a row. */
export function repeated(g: Builder, v: Value, times: number): Value {
  const [n, ...rest] = v.shape as [number, ...number[]];
  if (times === 1) return v;
  const spread = g.expand(g.reshape(v, [n, 1, ...rest]), [n, times, ...rest]);
  return g.reshape(spread, [n * times, ...rest]);
}

/** [N, K]: 1 at each row's class. */
export function targets(classes: readonly number[], dims: Shape): Tensor<"float32"> {
  const out = zeros("float32", dims);
  for (const [i, c] of classes.entries()) out.data[i * dims[1]! + c] = 1;
  return out;
}
