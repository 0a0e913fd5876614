/** @file Sweeps of Softmax and its relatives in both meanings of their axis. */

import * as fc from "fast-check";
import { axisOf, shape } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

const cases: fc.Arbitrary<Case> = shape(1, 4)
  .chain((dims) => fc.tuple(fc.constant(dims), fc.option(axisOf(dims.length)), fc.constantFrom(9, 11, 13, 21)))
  .map(([dims, axis, opset]) => {
    // Before opset 11 axes were counted from the front; without one, 1 was meant, which a vector has only as its end.
    const at = axis === null || (axis < 0 && opset < 11) ? null : axis;
    return {
      inputs: [{ shape: dims, fill: "distinct" }],
      attributes: at === null ? (dims.length === 1 ? { axis: 0 } : {}) : { axis: at },
      opset,
    };
  });

export const sweeps: readonly Sweep[] = [
  { op: "Softmax", cases, float64: true, second: true },
  { op: "LogSoftmax", cases, float64: true, second: true },
  { op: "Hardmax", cases, float64: "ORT has Hardmax in float32 only" },
];
