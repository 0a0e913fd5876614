/** @file Picking elements by index: Gather and its relatives, Compress, ReverseSequence. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { sizeOf, toNumbers } from "../tensor/tensor.ts";
import { elementIndex, pick } from "./evaluate.ts";
import { flatIndices } from "./indices.ts";
import { int, op } from "./op.ts";
import { place, type Span } from "./place.ts";
import { axisIn, type } from "./shapes.ts";

/** The adjoint of picking is a product with a one-hot matrix up to this many elements of it, a scatter beyond. */
const ONE_HOT_LIMIT = 1 << 16;

export const Gather = op({
  inputs: ["data", "indices"],
  attributes: { axis: int(0) },
  infer: ({ data, indices }, { axis }, { constant, fail }) => {
    const at = axisIn(axis, data.shape.length);
    const extent = data.shape[at]!;
    const known = constant(indices);
    const outside = known && toNumbers(known).find((i) => i < -extent || i >= extent);
    if (outside !== undefined) fail(`index ${outside} is outside axis ${at} of [${data.shape}]`);
    return [type(data.dtype, data.shape.toSpliced(at, 1, ...indices.shape))];
  },
  vjp: {
    data: ({ g, dy, data, indices, constant }, { axis }) => {
      const at = axisIn(axis, data.shape.length);
      const rows = sizeOf(indices.shape);
      const part = g.reshape(dy, data.shape.with(at, rows));
      const known = constant(indices);
      if (known) {
        const extent = data.shape[at]!;
        const index = toNumbers(known).map((i) => (i < 0 ? i + extent : i));
        const span = progression(index, at);
        if (span) return place(g, part, data.shape, [span]);
        if (rows * extent <= ONE_HOT_LIMIT) return addRows(g, part, at, index, extent);
      }
      const along = g.reshape(
        indices,
        data.shape.map((_, i) => (i === at ? rows : 1)),
      );
      const index = g.expand(along, part.shape);
      return g.op("ScatterElements", [g.zeros(data), index, part], { axis: at, reduction: "add" });
    },
  },
  evaluate: ([t, indices], { axis }, [out]) => {
    const at = axisIn(axis, t!.dims.length);
    const extent = t!.dims[at]!;
    const inner = sizeOf(t!.dims.slice(at + 1));
    const outer = sizeOf(t!.dims.slice(0, at));
    const rows = toNumbers(indices!).map((i) => (i < 0 ? i + extent : i));
    const index = new Int32Array(sizeOf(out!.shape));
    let next = 0;
    for (let o = 0; o < outer; o++)
      for (const row of rows) for (let i = 0; i < inner; i++) index[next++] = (o * extent + row) * inner + i;
    return [pick(t!, index, out!.shape)];
  },
});

/** The indices as a span, where they go up or down evenly. */
function progression(index: readonly number[], axis: number): Span | undefined {
  const [start = 0, second = start + 1] = index;
  const step = second - start;
  if (step === 0 || index.some((i, k) => i !== start + k * step)) return undefined;
  return { axis, start, step, count: index.length };
}

/** Adds row k of `v` to row index[k] of `extent` rows along an axis: a product with the one-hot matrix of the indices. */
function addRows(g: Builder, v: Value, axis: number, index: readonly number[], extent: number): Value {
  const shape = v.shape.with(axis, extent);
  const rows = index.length;
  const inner = sizeOf(v.shape.slice(axis + 1));
  const hot = new Float64Array(extent * rows);
  if (inner === 1) {
    index.forEach((i, k) => {
      hot[k * extent + i] = 1;
    });
    return g.reshape(
      g.matmul(g.reshape(v, [sizeOf(shape) / extent, rows]), g.numbers(hot, [rows, extent], v.dtype)),
      shape,
    );
  }
  index.forEach((i, k) => {
    hot[i * rows + k] = 1;
  });
  const outer = sizeOf(v.shape.slice(0, axis));
  return g.reshape(g.matmul(g.numbers(hot, [extent, rows], v.dtype), g.reshape(v, [outer, rows, inner])), shape);
}

export const GatherElements = op({
  inputs: ["data", "indices"],
  attributes: { axis: int(0) },
  infer: ({ data, indices }, { axis }, { fail }) => {
    const at = axisIn(axis, data.shape.length);
    if (indices.shape.length !== data.shape.length || indices.shape.some((d, i) => i !== at && d > data.shape[i]!))
      fail(`indices [${indices.shape}] do not fit data [${data.shape}] along axis ${at}`);
    return [type(data.dtype, indices.shape)];
  },
  vjp: {
    data: ({ g, dy, data, indices }, { axis }) =>
      g.op("ScatterElements", [g.zeros(data), indices, dy], { axis, reduction: "add" }),
  },
  evaluate: ([t, indices], { axis }, [out]) => [pick(t!, elementIndex(t!.dims, indices!, axis), out!.shape)],
});

/** One Gather over the indexed axes laid out as one. */
export const GatherND = op({
  inputs: ["data", "indices"],
  attributes: { batch_dims: int(0) },
  inline: (g, { data, indices }, { batch_dims: b }) => {
    const depth = indices.shape.at(-1)!;
    const rest = data.shape.slice(b + depth);
    const rows = sizeOf(data.shape.slice(0, b + depth));
    const flat = g.reshape(data, [rows, ...rest]);
    const picked = g.op("Gather", [flat, flatIndices(g, indices, data.shape, b)]);
    return [g.reshape(picked, [...indices.shape.slice(0, -1), ...rest])];
  },
});

/** The condition must be known: it decides the output's shape. */
export const Compress = op({
  inputs: ["input", "condition"],
  attributes: { axis: int() },
  inline: (g, { input, condition }, { axis }, { ints }) => {
    const chosen = ints(condition, "condition").flatMap((yes, i) => (yes ? [i] : []));
    if (axis !== undefined) return [g.op("Gather", [input, g.ints(chosen)], { axis })];
    return [g.op("Gather", [g.reshape(input, [sizeOf(input.shape)]), g.ints(chosen)])];
  },
});

export const ReverseSequence = op({
  inputs: ["input", "sequence_lens"],
  attributes: { batch_axis: int(1), time_axis: int(0) },
  infer: ({ input }) => [input],
  // A permutation that is its own inverse.
  vjp: { input: ({ g, dy, sequence_lens }, attributes) => g.op("ReverseSequence", [dy, sequence_lens], attributes) },
});
