/** @file Sweeps of operators that pass their input on. */

import * as fc from "fast-check";
import { shape } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

const identity = shape(0, 4).map((s): Case => ({ inputs: [{ shape: s }] }));

const integers = fc.constantFrom("int32", "int64", "uint8", "bool") as fc.Arbitrary<
  "int32" | "int64" | "uint8" | "bool"
>;
const numberOf = { int32: 6, int64: 7, uint8: 2, bool: 9 };

// From float64 to integers and back: 11 is float64, which the sweep computes in.
const cast = fc.tuple(shape(0, 3), integers, fc.constantFrom("to", "from", "same")).map(([s, dtype, way]): Case => {
  if (way === "same") return { inputs: [{ shape: s }], attributes: { to: 11 } };
  if (way === "from") return { inputs: [{ shape: s, fill: "bits", dtype, known: false }], attributes: { to: 11 } };
  return { inputs: [{ shape: s, fill: "positive" }], attributes: { to: numberOf[dtype] } };
});

const castLike = fc.tuple(shape(0, 3), fc.option(integers)).map(
  ([s, dtype]): Case => ({
    inputs: [
      { shape: s, fill: "positive" },
      { shape: [2], known: true, ...(dtype && { dtype }) },
    ],
  }),
);

const dropout = fc.tuple(shape(1, 4), fc.constantFrom(7, 10, 13, 21), fc.boolean()).map(([s, opset, mask]): Case => {
  if (opset < 12) return { inputs: [{ shape: s }], attributes: { ratio: 0.3 }, opset };
  const off = { shape: [], values: [0], dtype: "bool" as const };
  const ratio = { shape: [], values: [0.3], known: true };
  return { inputs: [{ shape: s }, ...(mask ? [ratio, off] : [])], outputs: mask ? 2 : 1, opset };
});

export const sweeps: readonly Sweep[] = [
  { op: "Identity", cases: identity, float64: true },
  { op: "Cast", cases: cast, float64: true },
  { op: "CastLike", cases: castLike, float64: true },
  { op: "Dropout", cases: dropout, float64: true, floatAttributes: ["ratio"] },
];
