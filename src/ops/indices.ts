/** @file Index tuples, as GatherND and ScatterND take them, as places in the indexed axes laid out as one. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { type Shape, sizeOf } from "../tensor/tensor.ts";
import { range, stridesOf } from "./shapes.ts";

/**
 * Row-major place of every index tuple (the last axis of `indices`) of a tensor of `shape`, as one axis. Of the first
 * `batch` axes, which data and indices share, the place counts too. Negative indices count from the end.
 */
export function flatIndices(g: Builder, indices: Value, shape: Shape, batch = 0): Value {
  const depth = indices.shape.at(-1)!;
  const extents = shape.slice(batch, batch + depth);
  const tuples = sizeOf(indices.shape.slice(0, -1));
  // Σ (iₖ mod extentₖ) · strideₖ
  const within = g.op("Mod", [g.reshape(indices, [tuples, depth]), g.ints(extents)]);
  const flat = g.sum(g.op("Mul", [within, g.ints(stridesOf(extents))]), [1], false);
  const batches = sizeOf(shape.slice(0, batch));
  if (batches === 1) return flat;
  const each = tuples / batches;
  const block = sizeOf(extents);
  return g.op("Add", [flat, g.ints(range(tuples).map((i) => Math.floor(i / each) * block))]);
}
