/** @file Sweeps of Pad. */

import * as fc from "fast-check";
import { axesOf, ints, shape } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

const constant = shape(1, 4)
  .chain((s) => fc.tuple(fc.constant(s), axesOf(s.length, 1), fc.constantFrom(10, 13, 18, 21)))
  .chain(([s, axes, opset]) => {
    const count = opset >= 18 ? axes.length : s.length;
    const pads = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 2 * count, maxLength: 2 * count });
    return fc.tuple(pads, fc.constantFrom("none", "known", "varied")).map(([p, value]): Case => {
      // At least one element is left of every axis.
      const roomy = { shape: s.map((d) => d + 2) };
      if (opset < 11) return { inputs: [roomy], attributes: { pads: p, mode: "constant", value: 0.75 }, opset };
      const fill = value === "none" ? null : { shape: [], known: value === "known" };
      return { inputs: [roomy, ints(p), fill, ...(opset >= 18 ? [ints(axes)] : [])], opset };
    });
  });

/** The other modes take from within, so the pads must be smaller than what is left after cutting. */
const mirrored = fc
  .tuple(fc.constantFrom("edge", "reflect", "wrap"), shape(1, 3, 5), fc.infiniteStream(fc.integer({ min: -2, max: 3 })))
  .map(([mode, s, drawn]): Case => {
    const take = (d: number) => Math.max(-1, Math.min(drawn.next().value, d - 3));
    const dims = s.map((d) => d + 2);
    const pads = [...dims.map(take), ...dims.map(take)];
    return { inputs: [{ shape: dims }, ints(pads)], attributes: { mode }, opset: 21 };
  });

export const sweeps: readonly Sweep[] = [
  { op: "Pad", cases: fc.oneof(constant, mirrored), float64: true, runs: 80, second: true, floatAttributes: ["value"] },
];
