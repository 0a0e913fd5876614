/** @file Sweeps of reductions: any axes, kept or not, as input or attribute; zeros in products. */

import * as fc from "fast-check";
import { axesOf, ints, shape } from "./draw.ts";
import type { Case, Fill, Sweep } from "./sweep.ts";

/** `since`: the opset in which the axes became an input. */
const cases = (fill: Fill, since: number): fc.Arbitrary<Case> =>
  shape(0, 4)
    .chain((dims) => fc.tuple(fc.constant(dims), axesOf(dims.length), fc.option(fc.constantFrom(0, 1)), fc.nat(3)))
    .map(([dims, axes, keepdims, form]) => {
      const kept = keepdims === null ? {} : { keepdims };
      const data = { shape: dims, fill };
      if (form === 0) return { inputs: [data], attributes: kept, opset: 11 };
      if (form === 1 && axes.length) return { inputs: [data], attributes: { ...kept, axes }, opset: since - 1 };
      return { inputs: [data, ints(axes)], attributes: kept };
    });

const zeros: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  { inputs: [{ shape: [3, 3], values: [1, 2, -3, 0, 2, 3, 0, 2, 0] }, ints([1])] },
  { inputs: [{ shape: [2, 2], values: [0, 2, 3, -4] }], attributes: { keepdims: 0 } },
);

const none: fc.Arbitrary<Case> = shape(1, 3).map((dims) => ({
  inputs: [{ shape: dims, fill: "distinct" }, ints([])],
  attributes: { noop_with_empty_axes: 1 },
}));

const integers: fc.Arbitrary<Case> = fc.constantFrom(0, 1).map((keepdims) => ({
  inputs: [{ shape: [2, 3], values: [3, -1, 2, 5, 5, 4], dtype: "int64" }, ints([-1])],
  attributes: { keepdims },
}));

export const sweeps: readonly Sweep[] = [
  { op: "ReduceSum", cases: fc.oneof(cases("normal", 13), none, integers), float64: true, runs: 30 },
  { op: "ReduceMean", cases: fc.oneof(cases("normal", 18), none), float64: true, runs: 30 },
  { op: "ReduceMax", cases: fc.oneof(cases("distinct", 18), none, integers), float64: true, runs: 30 },
  { op: "ReduceMin", cases: fc.oneof(cases("distinct", 18), none, integers), float64: true, runs: 30 },
  { op: "ReduceProd", cases: fc.oneof(cases("smooth", 18), none, zeros, integers), float64: true, runs: 30 },
  { op: "ReduceL1", cases: cases("smooth", 18), float64: true },
  { op: "ReduceL2", cases: cases("positive", 18), float64: true },
  { op: "ReduceLogSum", cases: cases("positive", 18), float64: true },
  { op: "ReduceLogSumExp", cases: cases("normal", 18), float64: true, second: true },
  { op: "ReduceSumSquare", cases: cases("normal", 18), float64: true },
];
