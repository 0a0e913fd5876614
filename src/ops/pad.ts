/** @file Pad in all its modes. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { op, type RuleContext, string } from "./op.ts";
import { frame, place, zerosOf } from "./place.ts";
import { axesIn, range, stridesOf, type } from "./shapes.ts";

interface Pads {
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

/** Elements added at each side of every axis; negative where they are cut off. */
function padsOf(rank: number, pads: readonly number[], axes: readonly number[] = range(rank)): Pads {
  const before = range(rank).fill(0);
  const behind = range(rank).fill(0);
  axesIn(axes, rank).forEach((axis, i) => {
    before[axis] = pads[i]!;
    behind[axis] = pads[i + axes.length]!;
  });
  return { before, behind };
}

type Inputs = { data: Value; pads: Value; axes: Value | undefined };
const knownPads = ({ data, pads, axes }: Inputs, { ints }: Pick<RuleContext, "ints">): Pads =>
  padsOf(data.shape.length, ints(pads, "pads"), axes && ints(axes, "axes"));

/** Where each element along a padded axis comes from; −1 is the constant. What is cut off is gone before the rest is mirrored. */
function sources(mode: string, extent: number, before: number, behind: number): number[] {
  const first = Math.max(-before, 0);
  const n = extent - first - Math.max(-behind, 0);
  const period = Math.max(2 * (n - 1), 1);
  const wrapped = (i: number, by: number) => ((i % by) + by) % by;
  const inside: Readonly<Record<string, (i: number) => number>> = {
    edge: (i) => Math.max(0, Math.min(i, n - 1)),
    reflect: (i) => (wrapped(i, period) < n ? wrapped(i, period) : period - wrapped(i, period)),
    wrap: (i) => wrapped(i, n),
  };
  return range(extent + before + behind).map((o) => {
    const i = o - Math.max(before, 0);
    if (i >= 0 && i < n) return first + i;
    return inside[mode] ? first + inside[mode](i) : -1;
  });
}

export const Pad = op({
  inputs: ["data", "pads", "constant_value?", "axes?"],
  attributes: { mode: string("constant") },
  // Until opset 11 all but the data were attributes.
  upgrade: (g, { inputs, attributes }) => {
    const { pads, value = 0, mode } = attributes;
    if (!pads) return undefined;
    return [g.op("Pad", [inputs[0]!, g.ints(pads as number[]), value as number], { mode })];
  },
  simplify: (_, inputs, __, c) =>
    Object.values(knownPads(inputs, c))
      .flat()
      .every((n) => n === 0)
      ? [inputs.data]
      : undefined,
  infer: (inputs, { mode }, c) => {
    const { dtype, shape } = inputs.data;
    if (!["constant", "edge", "reflect", "wrap"].includes(mode)) c.fail(`mode '${mode}' is not supported`);
    const { before, behind } = knownPads(inputs, c);
    const padded = shape.map((d, i) => d + before[i]! + behind[i]!);
    if (padded.some((d) => d < 0)) c.fail(`more is cut off than [${shape}] holds: pads [${before}] and [${behind}]`);
    return [type(dtype, padded)];
  },
  vjp: {
    data: (c, { mode }) => {
      const { before, behind } = knownPads(c, c);
      const back = (n: readonly number[]) => n.map((p) => (p === 0 ? 0 : -p));
      if (mode === "constant") return frame(c.g, c.dy, back(before), back(behind));
      return c.data.shape.reduce((dy, extent, axis) => {
        const from = sources(mode, extent, before[axis]!, behind[axis]!);
        return foldBack(c.g, dy, axis, extent, from, before[axis]!);
      }, c.dy);
    },
    // The constant stands wherever zeros padded with ones are one.
    constant_value: ({ g, dy, data, pads, axes, constant_value }, { mode }) =>
      g.reshape(
        mode === "constant"
          ? g.sum(g.mul(dy, g.op("Pad", [g.zeros(data), pads, 1, axes ?? null])))
          : g.scalar(0, dy.dtype),
        constant_value!.shape,
      ),
  },
  evaluate: ([data, pads, value, axes], { mode }, [out]) => {
    const { before, behind } = padsOf(data!.dims.length, toNumbers(pads!), axes && toNumbers(axes));
    const strides = stridesOf(data!.dims);
    const index = data!.dims.reduce(
      (places, extent, axis) => {
        const from = sources(mode, extent, before[axis]!, behind[axis]!);
        return places.flatMap((p) => from.map((s) => (p < 0 || s < 0 ? -1 : p + s * strides[axis]!)));
      },
      [0],
    );
    const x = toNumbers(data!);
    const fill = value ? toNumbers(value)[0]! : 0;
    return [
      fromNumbers(
        out!.dtype,
        index.map((i) => (i < 0 ? fill : x[i]!)),
        out!.shape,
      ),
    ];
  },
});

/**
 * Adjoint of y[o] = x[from[o]] along an axis. `from` falls into runs that go up, go down or stand still; each is put back
 * at its place (summed where it stands still), and the runs are added. The unpadded middle is one run of its own.
 */
function foldBack(g: Builder, dy: Value, axis: number, extent: number, from: readonly number[], before: number): Value {
  const shape = dy.shape.with(axis, extent);
  const middle = Math.max(before, 0);
  const parts: Value[] = [];
  for (let start = 0, end = 0; start < from.length; start = end) {
    const slope = start + 1 === middle ? 1 : Math.sign((from[start + 1] ?? extent) - from[start]!);
    end = start + 1;
    while (end < from.length && end !== middle && from[end]! - from[end - 1]! === slope) end++;
    const run = g.slice(dy, [axis], [start], [end]);
    const part = slope === 0 ? g.sum(run, [axis]) : run;
    parts.push(place(g, part, shape, [{ axis, start: from[start]!, step: slope || 1, count: part.shape[axis]! }]));
  }
  return parts.length ? parts.reduce((a, b) => g.add(a, b)) : zerosOf(g, dy.dtype, shape);
}
