/** @file Writing elements by index: ScatterElements and what is written in its terms. */

import { fromNumbers, sizeOf, toNumbers } from "../tensor/tensor.ts";
import { elementIndex } from "./evaluate.ts";
import { flatIndices } from "./indices.ts";
import { int, op, string } from "./op.ts";
import { axisIn } from "./shapes.ts";

const combine: Readonly<Record<string, (old: number, x: number) => number>> = {
  none: (_, x) => x,
  add: (old, x) => old + x,
  mul: (old, x) => old * x,
  min: Math.min,
  max: Math.max,
};

/** Where an index comes twice the reduction "none" leaves open which update stays, and so does the gradient. */
export const ScatterElements = op({
  inputs: ["data", "indices", "updates"],
  attributes: { axis: int(0), reduction: string("none") },
  infer: ({ data, indices, updates }, { axis, reduction }, { fail }) => {
    axisIn(axis, data.shape.length);
    if (!Object.hasOwn(combine, reduction)) fail(`reduction '${reduction}' is not supported`);
    if (`${indices.shape}` !== `${updates.shape}` || indices.shape.length !== data.shape.length)
      fail(`indices [${indices.shape}] and updates [${updates.shape}] do not fit data [${data.shape}]`);
    return [data];
  },
  vjp: {
    data: ({ g, y, dy, indices, updates, fail }, { axis, reduction }) => {
      if (reduction === "add") return dy;
      if (reduction !== "none") return fail(`reduction '${reduction}' has no gradient rule (node '${y.name}')`);
      return g.op("ScatterElements", [dy, indices, g.zeros(updates)], { axis });
    },
    updates: ({ g, y, dy, indices, fail }, { axis, reduction }) => {
      if (reduction !== "add" && reduction !== "none")
        return fail(`reduction '${reduction}' has no gradient rule (node '${y.name}')`);
      return g.op("GatherElements", [dy, indices], { axis });
    },
  },
  evaluate: ([data, indices, updates], { axis, reduction }, [out]) => {
    const x = toNumbers(data!);
    const u = toNumbers(updates!);
    const put = combine[reduction]!;
    elementIndex(data!.dims, indices!, axis).forEach((at, k) => {
      x[at] = put(x[at]!, u[k]!);
    });
    return [fromNumbers(out!.dtype, x, out!.shape)];
  },
});

/** The name of ScatterElements until opset 11. */
export const Scatter = op({
  inputs: ["data", "indices", "updates"],
  attributes: { axis: int(0) },
  inline: (g, { data, indices, updates }, { axis }) => [g.op("ScatterElements", [data, indices, updates], { axis })],
});

/** One ScatterElements over the indexed axes laid out as one: unlike ScatterND it adds duplicates rightly on any provider. */
export const ScatterND = op({
  inputs: ["data", "indices", "updates"],
  attributes: { reduction: string("none") },
  inline: (g, { data, indices, updates }, { reduction }, { fail }) => {
    const depth = indices.shape.at(-1)!;
    const tuples = sizeOf(indices.shape.slice(0, -1));
    const rows = sizeOf(data.shape.slice(0, depth));
    const inner = sizeOf(data.shape.slice(depth));
    if (sizeOf(updates.shape) !== tuples * inner)
      fail(`updates [${updates.shape}] do not fit indices [${indices.shape}] of data [${data.shape}]`);
    const index = g.expand(g.reshape(flatIndices(g, indices, data.shape), [tuples, 1]), [tuples, inner]);
    const written = g.op(
      "ScatterElements",
      [g.reshape(data, [rows, inner]), index, g.reshape(updates, [tuples, inner])],
      { axis: 0, reduction },
    );
    return [g.reshape(written, data.shape)];
  },
});
