/** @file Sweeps of operators that write elements by index. */

import * as fc from "fast-check";
import { axisOf, indicesOf, shape, sizeOf } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

const reductions = fc.constantFrom("none", "add", "add", "mul", "min", "max");
/** Only these have a gradient rule; the others are compared forward. */
const differentiable = (reduction: string) => reduction === "none" || reduction === "add";

const elements = shape(1, 3)
  .chain((s) => fc.tuple(fc.constant(s), axisOf(s.length), shape(s.length, s.length), reductions, fc.boolean()))
  .chain(([s, axis, drawn, reduction, known]) => {
    const at = (axis + s.length) % s.length;
    const dims = drawn.map((d, i) => Math.min(d, s[i]!));
    // Without a reduction an index may not come twice: each line of indices is then 0, 1, ….
    const counting = Array.from(
      { length: sizeOf(dims) },
      (_, i) => Math.floor(i / sizeOf(dims.slice(at + 1))) % dims[at]!,
    );
    const values = reduction === "none" ? fc.constant(counting) : indicesOf(s[at]!, sizeOf(dims));
    return values.map(
      (values): Case => ({
        inputs: [{ shape: s }, { shape: dims, values, dtype: "int64", known }, { shape: dims }],
        attributes: { axis, reduction },
        gradcheck: differentiable(reduction),
      }),
    );
  });

const nd = shape(1, 4, 3)
  .chain((s) => fc.tuple(fc.constant(s), fc.integer({ min: 1, max: s.length }), reductions, fc.boolean()))
  .chain(([s, depth, reduction, known]) => {
    const tuple = fc.tuple(...s.slice(0, depth).map((d) => fc.integer({ min: 0, max: d - 1 })));
    const rows = fc.uniqueArray(tuple, { minLength: 1, maxLength: 4, selector: String });
    return fc.tuple(rows, fc.boolean()).map(([unique, negative]): Case => {
      const rows = reduction === "none" ? unique : [...unique, unique[0]!];
      const values = rows.flatMap((row) => row.map((i, k) => (negative ? i - s[k]! : i)));
      return {
        inputs: [
          { shape: s },
          { shape: [rows.length, depth], values, dtype: "int64", known },
          { shape: [rows.length, ...s.slice(depth)] },
        ],
        attributes: { reduction },
        gradcheck: differentiable(reduction),
      };
    });
  });

const scatter = elements.map(({ inputs, attributes }): Case => {
  const [data, indices, updates] = inputs;
  const axis = attributes!.axis!;
  const extent = data!.shape.at(axis as number)!;
  return {
    inputs: [data!, { ...indices!, values: indices!.values!.map((i) => (i + extent) % extent) }, updates!],
    attributes: { axis },
    opset: 10,
    // Drawn with duplicates: which of them stays is open.
    gradcheck: attributes!.reduction === "none",
  };
});

export const sweeps: readonly Sweep[] = [
  { op: "ScatterElements", cases: elements, float64: true, runs: 40 },
  { op: "ScatterND", cases: nd, float64: true, runs: 40 },
  { op: "Scatter", cases: scatter, float64: true },
];
