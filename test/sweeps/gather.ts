/** @file Sweeps of operators that pick elements by index. */

import * as fc from "fast-check";
import { axisOf, indicesOf, ints, shape, sizeOf } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

const index = (dims: readonly number[], values: readonly number[], known: boolean) =>
  ({ shape: dims, values, dtype: "int64", known }) as const;

const gather = shape(1, 4)
  .chain((s) => fc.tuple(fc.constant(s), axisOf(s.length), shape(0, 2), fc.boolean(), fc.constantFrom(9, 11, 13, 21)))
  .chain(([s, axis, dims, known, opset]) =>
    indicesOf(s.at(axis)!, sizeOf(dims)).map((drawn): Case => {
      // Negative indices came with opset 11.
      const values = opset < 11 ? drawn.map((i) => (i < 0 ? i + s.at(axis)! : i)) : drawn;
      return { inputs: [{ shape: s }, index(dims, values, known)], attributes: { axis }, opset };
    }),
  );

/** Rows that go up or down evenly, whose gradient is the adjoint of a slice. */
const even = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(-3, -2, -1, 1, 2, 3), fc.integer({ min: 0, max: 2 }))
  .map(([count, step, first]): Case => {
    const start = first + Math.max(0, -(count - 1) * step);
    const values = Array.from({ length: count }, (_, i) => start + i * step);
    return { inputs: [{ shape: [2, Math.max(...values) + 2, 3] }, ints(values)], attributes: { axis: 1 } };
  });

const elements = shape(1, 3)
  .chain((s) => fc.tuple(fc.constant(s), axisOf(s.length), shape(s.length, s.length), fc.boolean()))
  .chain(([s, axis, drawn, known]) => {
    const at = (axis + s.length) % s.length;
    const dims = drawn.map((d, i) => (i === at ? d : Math.min(d, s[i]!)));
    return indicesOf(s[at]!, sizeOf(dims)).map(
      (values): Case => ({ inputs: [{ shape: s }, index(dims, values, known)], attributes: { axis } }),
    );
  });

const nd = shape(1, 4, 3)
  .chain((s) =>
    fc.tuple(fc.constant(s), fc.integer({ min: 1, max: s.length }), fc.nat(2), shape(0, 2, 3), fc.boolean()),
  )
  .chain(([s, depth, batches, outer, known]) => {
    const batch_dims = Math.min(batches, s.length - depth);
    const dims = [...s.slice(0, batch_dims), ...outer, depth];
    const tuple = fc.tuple(...s.slice(batch_dims, batch_dims + depth).map((d) => fc.integer({ min: -d, max: d - 1 })));
    const count = sizeOf(dims) / depth;
    return fc
      .array(tuple, { minLength: count, maxLength: count })
      .map(
        (tuples): Case => ({ inputs: [{ shape: s }, index(dims, tuples.flat(), known)], attributes: { batch_dims } }),
      );
  });

const compress = shape(1, 3)
  .chain((s) => fc.tuple(fc.constant(s), fc.option(axisOf(s.length))))
  .chain(([s, axis]) => {
    const extent = axis === null ? sizeOf(s) : s.at(axis)!;
    return fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: extent }).map(
      (values): Case => ({
        inputs: [{ shape: s }, { shape: [values.length], values, dtype: "bool" }],
        ...(axis !== null && { attributes: { axis } }),
      }),
    );
  });

const reverse = fc.tuple(shape(2, 4), fc.nat(1)).chain(([s, batch_axis]) =>
  fc
    .array(fc.integer({ min: 1, max: s[1 - batch_axis]! }), { minLength: s[batch_axis]!, maxLength: s[batch_axis]! })
    .map(
      (lengths): Case => ({
        inputs: [{ shape: s }, ints(lengths)],
        attributes: { batch_axis, time_axis: 1 - batch_axis },
      }),
    ),
);

export const sweeps: readonly Sweep[] = [
  { op: "Gather", cases: fc.oneof(gather, even), float64: true, runs: 60 },
  { op: "GatherElements", cases: elements, float64: true },
  { op: "GatherND", cases: nd, float64: true, runs: 40 },
  { op: "Compress", cases: compress, float64: true },
  { op: "ReverseSequence", cases: reverse, float64: true },
];
