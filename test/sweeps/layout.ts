/** @file Sweeps of operators that move elements without changing them. */

import * as fc from "fast-check";
import { axesOf, axisOf, ints, shape, sizeOf } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

const reshape = fc
  .tuple(shape(1, 4), fc.constantFrom("flat", "copied", "open", "reversed"), fc.constantFrom(5, 13, 21))
  .map(([s, how, opset]): Case => {
    const targets = {
      flat: [sizeOf(s)],
      copied: [0, -1],
      open: [1, -1, s[0]!],
      reversed: [...s].reverse(),
    };
    return { inputs: [{ shape: s }, ints(targets[how])], opset };
  });

const flatten = fc
  .tuple(shape(1, 4), fc.integer({ min: 0, max: 4 }), fc.boolean(), fc.constantFrom(9, 13, 21))
  .map(([s, a, fromBack, opset]): Case => {
    const axis = Math.min(a, s.length);
    return {
      inputs: [{ shape: s }],
      attributes: { axis: fromBack && opset > 9 && axis < s.length ? axis - s.length : axis },
      opset,
    };
  });

const ones = fc
  .tuple(shape(1, 4, 3), fc.constantFrom(11, 13, 21))
  .chain(([s, opset]) => fc.tuple(fc.constant(s), axesOf(s.length, 1), fc.constant(opset), fc.boolean()));

const squeeze = ones.map(([s, axes, opset, all]): Case => {
  const gone = new Set(axes.map((a) => (a + s.length) % s.length));
  const data = { shape: s.map((d, i) => (gone.has(i) ? 1 : d)) };
  if (all) return { inputs: [data], opset };
  return opset < 13 ? { inputs: [data], attributes: { axes }, opset } : { inputs: [data, ints(axes)], opset };
});

const unsqueeze = ones.map(([s, axes, opset]): Case => {
  const data = { shape: s.slice(axes.length) };
  return opset < 13 ? { inputs: [data], attributes: { axes }, opset } : { inputs: [data, ints(axes)], opset };
});

const transpose = shape(1, 5, 3).chain((s) =>
  fc
    .option(
      fc.shuffledSubarray(
        s.map((_, i) => i),
        { minLength: s.length },
      ),
    )
    .map((perm): Case => ({ inputs: [{ shape: s }], ...(perm && { attributes: { perm } }) })),
);

const expand = fc
  .tuple(shape(0, 4), fc.infiniteStream(fc.boolean()), fc.infiniteStream(fc.boolean()), fc.nat(2))
  .map(([s, narrow, thin, fewer]): Case => {
    const from = s.map((d) => (narrow.next().value ? 1 : d));
    const to = s.map((d, i) => (from[i] === d && thin.next().value ? 1 : d)).slice(s[0] === from[0] ? fewer : 0);
    return { inputs: [{ shape: from }, ints(to)] };
  });

const tile = shape(1, 4, 3).chain((s) =>
  shape(s.length, s.length, 3).map((repeats): Case => ({ inputs: [{ shape: s }, ints(repeats)] })),
);

const concat = shape(1, 4, 3).chain((s) =>
  fc.tuple(axisOf(s.length), shape(1, 4, 3)).map(
    ([axis, extents]): Case => ({
      inputs: extents.map((d) => ({ shape: s.with(axis < 0 ? axis + s.length : axis, d) })),
      attributes: { axis },
    }),
  ),
);

export const sweeps: readonly Sweep[] = [
  { op: "Reshape", cases: reshape, float64: true },
  { op: "Flatten", cases: flatten, float64: true },
  { op: "Squeeze", cases: squeeze, float64: true },
  { op: "Unsqueeze", cases: unsqueeze, float64: true },
  { op: "Transpose", cases: transpose, float64: true },
  { op: "Expand", cases: expand, float64: true },
  { op: "Tile", cases: tile, float64: true },
  { op: "Concat", cases: concat, float64: true, second: true },
];
