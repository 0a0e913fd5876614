/** @file Sweeps of comparisons, logic, bits and Where. */

import * as fc from "fast-check";
import type { DType } from "../../src/tensor/tensor.ts";
import { pairs, unary } from "./arithmetic.ts";
import { shape } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

const comparisons: fc.Arbitrary<Case> = fc.oneof(
  pairs("normal", "normal"),
  fc.constantFrom<DType>("int64", "int32").map((dtype): Case => {
    const operand = { shape: [6], dtype, known: false };
    return {
      inputs: [
        { ...operand, values: [0, 1, -1, 5, 5, -3] },
        { ...operand, values: [0, 0, 2, 5, 4, -3] },
      ],
    };
  }),
);

const logic: fc.Arbitrary<Case> = shape(0, 3).map((dims) => ({
  inputs: [
    { shape: dims, fill: "bits", dtype: "bool", known: false },
    { shape: dims, fill: "bits", dtype: "bool", known: false },
  ],
}));

const odd = { shape: [5], values: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1] };
const infinities = fc
  .record({ detect_negative: fc.constantFrom(0, 1), detect_positive: fc.constantFrom(0, 1) })
  .map((attributes): Case => ({ inputs: [odd], attributes }));

const choices: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  { inputs: [{ shape: [2, 3], fill: "bits", dtype: "bool", known: false }, { shape: [2, 3] }, { shape: [2, 3] }] },
  { inputs: [{ shape: [2, 1], fill: "bits", dtype: "bool", known: false }, { shape: [3] }, { shape: [] }] },
  { inputs: [{ shape: [], fill: "bits", dtype: "bool", known: false }, { shape: [4, 1] }, { shape: [1, 5] }] },
);

const bits = (dtype: DType): Case => ({
  inputs: [
    { shape: [2, 3], values: [0, 1, 200, 77, 128, 255], dtype, known: false },
    { shape: [3], values: [7, 1, 3], dtype, known: false },
  ],
});
const bitPairs = fc.constantFrom<DType>("uint8", "uint32", "int32", "int64").map(bits);
const shifts = fc
  .record({ c: fc.constantFrom<DType>("uint8", "uint32").map(bits), direction: fc.constantFrom("LEFT", "RIGHT") })
  .map(({ c, direction }): Case => ({ ...c, attributes: { direction } }));
const one = (cases: fc.Arbitrary<Case>) => cases.map((c): Case => ({ ...c, inputs: c.inputs.slice(0, 1) }));

export const sweeps: readonly Sweep[] = [
  ...["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"].map(
    (op): Sweep => ({ op, cases: comparisons, float64: true, runs: 8 }),
  ),
  ...["And", "Or", "Xor"].map((op): Sweep => ({ op, cases: logic, float64: true, runs: 8 })),
  { op: "Not", cases: one(logic), float64: true, runs: 8 },
  { op: "IsNaN", cases: fc.oneof(unary("normal"), fc.constant<Case>({ inputs: [odd] })), float64: true, runs: 8 },
  { op: "IsInf", cases: infinities, float64: true, runs: 8 },
  { op: "Where", cases: choices, float64: true },
  ...["BitwiseAnd", "BitwiseOr", "BitwiseXor"].map((op): Sweep => ({ op, cases: bitPairs, float64: true, runs: 8 })),
  { op: "BitwiseNot", cases: one(bitPairs), float64: true, runs: 8 },
  { op: "BitShift", cases: shifts, float64: true, runs: 8 },
];
