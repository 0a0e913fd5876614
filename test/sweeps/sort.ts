/** @file Sweeps of arg-extrema, TopK and CumSum. */

import * as fc from "fast-check";
import { axisOf, ints, shape } from "./draw.ts";
import type { Case, Operand, Sweep } from "./sweep.ts";

const flag = fc.constantFrom(0, 1);

const extrema: fc.Arbitrary<Case> = fc.oneof(
  shape(1, 4)
    .chain((dims) => fc.tuple(fc.constant(dims), axisOf(dims.length), flag))
    .map(([dims, axis, keepdims]): Case => ({ inputs: [{ shape: dims }], attributes: { axis, keepdims } })),
  flag.map(
    (select_last_index): Case => ({
      inputs: [{ shape: [2, 4], values: [1, 3, 3, 1, 2, 2, 2, 2] }],
      attributes: { axis: 1, select_last_index },
    }),
  ),
);

const top: fc.Arbitrary<Case> = shape(1, 3, 5)
  .chain((dims) => fc.tuple(fc.constant(dims), axisOf(dims.length), flag, fc.constantFrom(9, 10, 21)))
  .chain(([dims, axis, largest, opset]) =>
    fc.integer({ min: 1, max: dims.at(axis)! }).map((k): Case => {
      const data: Operand = { shape: dims, fill: "distinct" };
      const at = opset < 11 && axis < 0 ? axis + dims.length : axis;
      if (opset === 9) return { inputs: [data], attributes: { axis: at, k }, outputs: 2, opset };
      if (opset === 10) return { inputs: [data, ints([k])], attributes: { axis: at }, outputs: 2, opset };
      return { inputs: [data, ints([k])], attributes: { axis: at, largest }, outputs: 2 };
    }),
  );

const sums: fc.Arbitrary<Case> = shape(1, 4)
  .chain((dims) => fc.tuple(fc.constant(dims), axisOf(dims.length), flag, flag))
  .map(
    ([dims, axis, exclusive, reverse]): Case => ({
      inputs: [{ shape: dims }, { shape: [], values: [axis], dtype: "int64" }],
      attributes: { exclusive, reverse },
    }),
  );

export const sweeps: readonly Sweep[] = [
  { op: "ArgMax", cases: extrema, float64: true },
  { op: "ArgMin", cases: extrema, float64: true },
  { op: "TopK", cases: top, float64: true },
  { op: "CumSum", cases: sums, float64: true },
];
