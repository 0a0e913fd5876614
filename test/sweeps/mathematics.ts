/** @file Sweeps of functions of one number, each inside its domain. */

import * as fc from "fast-check";
import { unary } from "./arithmetic.ts";
import type { Fill, Sweep } from "./sweep.ts";

const onlyFloat32 = "ORT has this function in float32 only";
const sweep = (op: string, fill: Fill, float64: true | string): Sweep => ({ op, cases: unary(fill), float64 });

export const sweeps: readonly Sweep[] = [
  sweep("Exp", "normal", true),
  sweep("Log", "positive", true),
  sweep("Sqrt", "positive", true),
  sweep("Reciprocal", "positive", true),
  sweep("Sin", "normal", true),
  sweep("Cos", "normal", true),
  sweep("Tan", "unit", onlyFloat32),
  sweep("Asin", "unit", onlyFloat32),
  sweep("Acos", "unit", onlyFloat32),
  sweep("Atan", "normal", onlyFloat32),
  sweep("Sinh", "unit", onlyFloat32),
  sweep("Cosh", "unit", onlyFloat32),
  sweep("Tanh", "normal", true),
  sweep("Asinh", "normal", onlyFloat32),
  {
    op: "Acosh",
    cases: fc
      .array(fc.double({ min: 1.2, max: 4, noNaN: true }), { minLength: 1, maxLength: 6 })
      .map((values) => ({ inputs: [{ shape: [values.length], values }] })),
    float64: onlyFloat32,
  },
  sweep("Atanh", "unit", onlyFloat32),
  sweep("Erf", "normal", onlyFloat32),
];
