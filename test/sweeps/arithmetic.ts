/** @file Sweeps of element-wise arithmetic: broadcasting, ties, zero and negative bases, open and closed bounds. */

import * as fc from "fast-check";
import { shape } from "./draw.ts";
import type { Case, Fill, Operand, Sweep } from "./sweep.ts";

const shapes = shape(0, 4);

/** A shape that broadcasts with `dims`: some extents 1, some leading axes missing. */
const partner = (dims: readonly number[]): fc.Arbitrary<number[]> =>
  fc
    .tuple(fc.array(fc.boolean(), { minLength: dims.length, maxLength: dims.length }), fc.nat(dims.length))
    .map(([ones, from]) => dims.map((d, i) => (ones[i] ? 1 : d)).slice(from));

/** Two operands of which either may be the one that is repeated. */
export const pairs = (a: Fill, b: Fill): fc.Arbitrary<Case> =>
  shapes
    .chain((dims) => fc.tuple(partner(dims), partner(dims)))
    .map(([left, right]) => ({
      inputs: [
        { shape: left, fill: a },
        { shape: right, fill: b },
      ],
    }));

export const unary = (fill: Fill): fc.Arbitrary<Case> => shapes.map((dims) => ({ inputs: [{ shape: dims, fill }] }));

const variadic: fc.Arbitrary<Case> = shapes
  .chain((dims) => fc.array(partner(dims), { minLength: 1, maxLength: 4 }))
  .map((all) => ({ inputs: all.map((dims) => ({ shape: dims })) }));

const given = (...values: number[]): Operand => ({ shape: [values.length], values });

/** Integer exponents take any base, 0 included, where the slope is 0 or 1. */
const powers: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  {
    inputs: [
      { shape: [2, 3], fill: "smooth" },
      { shape: [], values: [3], known: true },
    ],
  },
  {
    inputs: [
      { shape: [2, 3], fill: "smooth" },
      { shape: [3], values: [2, 1, 0], known: true },
    ],
  },
  {
    inputs: [
      { shape: [2, 3], fill: "smooth" },
      { shape: [1], values: [-2], dtype: "int64" },
    ],
  },
  { inputs: [given(0, 0, 0, -1.5), { ...given(1, 2, 3, 3), known: true }] },
  // At x = 0 and p = 0 the curve p ↦ 0ᵖ jumps: only the side of x is checked.
  { inputs: [given(0, -2, 3), { ...given(0, 0, 0), known: true }] },
);

const bounds = fc
  .record({
    dims: shapes,
    low: fc.option(fc.double({ min: -1, max: 0, noNaN: true })),
    high: fc.option(fc.double({ min: 0.05, max: 1, noNaN: true })),
    open: fc.boolean(),
  })
  .map(({ dims, low, high, open }): Case => {
    const bound = (x: number | null): Operand | null => (x === null ? null : { shape: [], values: [x], known: !open });
    return { inputs: [{ shape: dims }, bound(low), bound(high)] };
  });

const boundsAsAttributes: fc.Arbitrary<Case> = fc
  .constantFrom<Case["attributes"]>({}, { min: -0.5 }, { max: 0.5 }, { min: 0, max: 6 })
  .map((attributes = {}) => ({ inputs: [{ shape: [3, 4], fill: "smooth" }], attributes, opset: 10 }));

const remainders: fc.Arbitrary<Case> = fc.oneof(
  fc.constant<Case>({ inputs: [{ shape: [5, 2], fill: "smooth" }, given(1.75, -2.6)], attributes: { fmod: 1 } }),
  fc.constantFrom(0, 1).map(
    (fmod): Case => ({
      inputs: [
        { shape: [6], values: [-7, 7, -6, 6, 5, 0], dtype: "int64" },
        { shape: [6], values: [3, -3, 3, -3, 5, 2], dtype: "int64" },
      ],
      attributes: { fmod },
    }),
  ),
);

const integerQuotients: fc.Arbitrary<Case> = fc.constant({
  inputs: [
    { shape: [4], values: [-7, 7, 8, -1], dtype: "int64" },
    { shape: [4], values: [2, -2, 4, 3], dtype: "int64" },
  ],
});

const steps = fc.oneof(
  unary("smooth"),
  fc.constant<Case>({ inputs: [given(-2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5)], gradcheck: false }), // on the jumps
);

export const sweeps: readonly Sweep[] = [
  { op: "Add", cases: pairs("normal", "normal"), float64: true },
  { op: "Sub", cases: pairs("normal", "normal"), float64: true },
  { op: "Mul", cases: pairs("normal", "normal"), float64: true, second: true },
  { op: "Div", cases: pairs("normal", "positive"), float64: true, second: true },
  { op: "Div", cases: integerQuotients, float64: true, runs: 1 },
  { op: "Mod", cases: remainders, float64: true },
  { op: "Pow", cases: fc.oneof(pairs("positive", "normal"), powers), float64: true, runs: 40 },
  { op: "Neg", cases: unary("normal"), float64: true },
  { op: "Abs", cases: unary("smooth"), float64: true },
  { op: "Sign", cases: steps, float64: true },
  { op: "Floor", cases: steps, float64: true },
  { op: "Ceil", cases: steps, float64: true },
  { op: "Round", cases: steps, float64: true },
  { op: "Max", cases: variadic, float64: true },
  { op: "Min", cases: variadic, float64: true },
  { op: "Sum", cases: variadic, float64: true },
  { op: "Mean", cases: variadic, float64: "ORT's Mean takes float32 only" },
  { op: "Clip", cases: bounds, float64: true },
  {
    op: "Clip",
    cases: boundsAsAttributes,
    float64: "the old Clip takes float32 only",
    floatAttributes: ["min", "max"],
  },
];
