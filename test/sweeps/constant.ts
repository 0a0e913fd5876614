/** @file Sweeps of operators whose result is known when the graph is built. */

import * as fc from "fast-check";
import { fromNumbers } from "../../src/tensor/tensor.ts";
import { axisOf, ints, shape, sizeOf } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

const list = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 4 });

const constant = fc.tuple(list, fc.constantFrom("value", "value_int", "value_ints", "half")).map(([x, how]): Case => {
  const attributes = {
    value: { value: fromNumbers("float64", x, [1, x.length]) },
    half: { value: fromNumbers("int32", x) },
    value_int: { value_int: x[0]! },
    value_ints: { value_ints: x },
  };
  return { inputs: [], attributes: attributes[how] };
});

const ofShape = fc
  .tuple(shape(0, 3), fc.constantFrom("float64", "int64", "int32", "bool"), fc.integer({ min: 0, max: 5 }))
  .map(([s, dtype, x]): Case => ({ inputs: [ints(s)], attributes: { value: fromNumbers(dtype, [x], [1]) } }));

const shapes = fc
  .tuple(shape(0, 4), fc.integer({ min: -5, max: 5 }), fc.option(fc.integer({ min: -5, max: 5 })), fc.boolean())
  .map(([s, start, end, old]): Case => {
    if (old) return { inputs: [{ shape: s }], opset: 13 };
    return { inputs: [{ shape: s }], attributes: { start, ...(end !== null && { end }) } };
  });

const size = shape(0, 4).map((s): Case => ({ inputs: [{ shape: s }] }));

const range = fc
  .tuple(
    fc.integer({ min: -5, max: 5 }),
    fc.integer({ min: -9, max: 9 }),
    fc.constantFrom(-2, -1, 1, 2, 3),
    fc.boolean(),
  )
  .map(([start, limit, delta, float]): Case => {
    const scalar = (x: number) => ({
      shape: [],
      values: [float ? x / 4 : x],
      dtype: float ? ("float64" as const) : ("int64" as const),
      known: true,
    });
    return { inputs: [scalar(start), scalar(limit), scalar(delta)] };
  });

const eye = fc.tuple(shape(2, 2, 5), fc.integer({ min: -3, max: 3 }), fc.constantFrom(undefined, 1, 7, 11)).map(
  ([s, k, dtype]): Case => ({
    // 1 is float32, which becomes the type that the net is computed in: compared in float32 then.
    inputs: [{ shape: s }],
    attributes: { k, ...(dtype && { dtype }) },
    dtype: dtype === 1 ? "float32" : "float64",
  }),
);

const oneHot = fc.tuple(shape(1, 3, 3), fc.integer({ min: 1, max: 5 }), fc.boolean()).chain(([s, depth, known]) =>
  fc
    .tuple(
      axisOf(s.length + 1),
      fc.array(fc.integer({ min: -7, max: 7 }), { minLength: sizeOf(s), maxLength: sizeOf(s) }),
    )
    .map(
      ([axis, values]): Case => ({
        inputs: [
          { shape: s, values, dtype: "int64", known },
          { shape: [], values: [depth], dtype: "int64" },
          { shape: [2] },
        ],
        attributes: { axis },
      }),
    ),
);

const nonZero = fc
  .tuple(shape(1, 3), fc.constantFrom("bool", "int64", "float32"))
  .map(([s, dtype]): Case => ({ inputs: [{ shape: s, fill: "bits", dtype, known: true }] }));

const trilu = fc.tuple(shape(2, 4), fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 1), fc.boolean()).map(
  ([s, k, upper, given]): Case => ({
    inputs: [{ shape: s }, ...(given ? [{ shape: [], values: [k], dtype: "int64" as const }] : [])],
    attributes: { upper },
  }),
);

export const sweeps: readonly Sweep[] = [
  { op: "Constant", cases: constant, float64: true },
  { op: "ConstantOfShape", cases: ofShape, float64: true },
  { op: "Shape", cases: shapes, float64: true },
  { op: "Size", cases: size, float64: true },
  { op: "Range", cases: range, float64: true },
  { op: "EyeLike", cases: eye, float64: true },
  { op: "OneHot", cases: oneHot, float64: "ONNX Runtime has no float64 kernel" },
  { op: "NonZero", cases: nonZero, float64: true },
  { op: "Trilu", cases: trilu, float64: true },
];
