/** @file Sweeps of fovea's own operators. */

import * as fc from "fast-check";
import type { Case, Sweep } from "./sweep.ts";

/** Shifts within the picture, whole ones, and some that move a row out of it. */
const shear: fc.Arbitrary<Case> = fc
  .record({
    n: fc.integer({ min: 1, max: 2 }),
    c: fc.integer({ min: 1, max: 2 }),
    h: fc.integer({ min: 1, max: 4 }),
    w: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ n, c, h, w }) =>
    fc
      .array(fc.oneof(fc.integer({ min: -6, max: 6 }), fc.double({ min: -6, max: 6, noNaN: true })), {
        minLength: n * h,
        maxLength: n * h,
      })
      .map((shifts) => ({ inputs: [{ shape: [n, c, h, w] }, { shape: [n, h], values: shifts, known: true }] })),
  );

export const sweeps: readonly Sweep[] = [
  {
    op: "fovea.Shear",
    float64: true,
    noReference: "ONNX Runtime has no such operator; test/shear.test.ts compares it with a loop",
    second: true,
    cases: shear,
  },
];
