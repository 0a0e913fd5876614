/** @file Reductions over axes. */

import type { Builder } from "../graph/builder.ts";
import type { Attributes, Value } from "../graph/graph.ts";
import { fromNumbers, sizeOf, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { broadcastIndex } from "./evaluate.ts";
import { type Inline, int, op, type Primitive, type RuleContext, type Type, type VjpContext } from "./op.ts";
import { axesIn, range, type } from "./shapes.ts";

const attributes = { keepdims: int(1), noop_with_empty_axes: int(0) };
type Attr = { readonly keepdims: number; readonly noop_with_empty_axes: number };
type Named = { readonly data: Value; readonly axes: Value | undefined };

/** Axes that a call reduces: all when none are given, unless the call says that none means none. */
function reducedAxes({ data, axes }: Named, a: Attr, { ints }: Pick<RuleContext, "ints">): number[] {
  const given = axes ? ints(axes, "axes") : [];
  if (given.length === 0) return a.noop_with_empty_axes ? [] : range(data.shape.length);
  return axesIn(given, data.shape.length);
}

const infer = (named: Named, a: Attr, context: RuleContext): Type[] => {
  const reduced = new Set(reducedAxes(named, a, context));
  const shape = named.data.shape.flatMap((d, i) => (reduced.has(i) ? (a.keepdims ? [1] : []) : [d]));
  return [type(named.data.dtype, shape)];
};

/** A reduced value with its axes back, as extents of one. */
function kept(v: Value, c: VjpContext & Named, a: Attr): Value {
  const reduced = new Set(reducedAxes(c, a, c));
  return c.g.reshape(
    v,
    c.data.shape.map((d, i) => (reduced.has(i) ? 1 : d)),
  );
}

/** Until opset 13 (ReduceSum) or 18 (the rest) the axes were an attribute. */
const upgrade =
  (name: string) =>
  (g: Builder, call: { inputs: readonly (Value | null)[]; attributes: Attributes }): Value[] | undefined => {
    const { axes, ...rest } = call.attributes;
    if (!Array.isArray(axes)) return undefined;
    return [g.op(name, [call.inputs[0]!, g.ints(axes as number[])], rest)];
  };

/** A reduction with a rule of its own, and how two partial results join where it is folded on the host. */
const reduction = (
  name: string,
  rule: (c: VjpContext & Named, a: Attr) => Value,
  join?: (a: number, b: number) => number,
): Primitive =>
  op<"data" | "axes?", typeof attributes>({
    inputs: ["data", "axes?"],
    attributes,
    upgrade: upgrade(name),
    infer,
    vjp: { data: rule },
    ...(join && { evaluate: (operands, a, [out]) => [fold(operands, a, out!, join)] }),
  });

function fold(
  [data, axes]: readonly (Tensor | undefined)[],
  a: Attr,
  out: Type,
  join: (a: number, b: number) => number,
): Tensor {
  const given = axes ? toNumbers(axes) : [];
  const all = a.noop_with_empty_axes ? [] : range(data!.dims.length);
  const reduced = new Set(given.length ? axesIn(given, data!.dims.length) : all);
  const y = new Array<number | undefined>(sizeOf(out.shape));
  const shape = data!.dims.map((d, i) => (reduced.has(i) ? 1 : d));
  const at = broadcastIndex(data!.dims, shape);
  toNumbers(data!).forEach((x, i) => {
    const sum = y[at[i]!];
    y[at[i]!] = sum === undefined ? x : join(sum, x);
  });
  return fromNumbers(out.dtype, y as number[], out.shape);
}

export const ReduceSum = reduction(
  "ReduceSum",
  (c, a) => c.g.expand(kept(c.dy, c, a), c.data.shape),
  (x, y) => x + y,
);

export const ReduceMean = reduction("ReduceMean", (c, a) => {
  const count = sizeOf(c.data.shape) / Math.max(sizeOf(c.y.shape), 1);
  return c.g.expand(c.g.div(kept(c.dy, c, a), count), c.data.shape);
});

/** Elements that tie share the gradient equally. */
const shared = (c: VjpContext & Named, a: Attr): Value => {
  const best = c.g.mask(c.data, "Equal", kept(c.y, c, a));
  const count = c.g.sum(best, reducedAxes(c, a, c));
  return c.g.mul(best, c.g.div(kept(c.dy, c, a), count));
};

export const ReduceMax = reduction("ReduceMax", shared, Math.max);
export const ReduceMin = reduction("ReduceMin", shared, Math.min);

// ∂Πx/∂xᵢ = Πⱼ≠ᵢ xⱼ. With P the product of the elements that are not 0: P/xᵢ if there is no zero; P at the only zero and
// 0 elsewhere if there is one; 0 if there are more.
export const ReduceProd = reduction(
  "ReduceProd",
  (c, a) => {
    const { g, data } = c;
    const axes = reducedAxes(c, a, c);
    const zero = g.mask(data, "Equal", 0);
    const filled = g.add(data, zero);
    const product = axes.length === 0 ? filled : g.op("ReduceProd", [filled, g.ints(axes)], { keepdims: 1 });
    const zeros = g.sum(zero, axes);
    const counts = g.add(g.mask(zeros, "Equal", 0), g.mul(zero, g.mask(zeros, "Equal", 1)));
    return g.mul(g.mul(kept(c.dy, c, a), g.div(product, filled)), counts);
  },
  (x, y) => x * y,
);

// ∂/∂xᵢ log Σ exp x = exp(xᵢ − y)
export const ReduceLogSumExp = reduction("ReduceLogSumExp", (c, a) => {
  const { g } = c;
  return g.mul(kept(c.dy, c, a), g.exp(g.sub(c.data, kept(c.y, c, a))));
});

/** A reduction that is a sum with a function before or behind it. */
const around = (
  name: string,
  before: (g: Builder, v: Value) => Value,
  behind: (g: Builder, v: Value) => Value = (_, v) => v,
): Inline =>
  op({
    inputs: ["data", "axes?"],
    attributes,
    upgrade: upgrade(name),
    inline: (g, { data, axes }, a) => [behind(g, g.op("ReduceSum", [before(g, data), axes ?? null], { ...a }))],
  });

export const ReduceL1 = around("ReduceL1", (g, v) => g.op("Abs", [v]));
export const ReduceL2 = around(
  "ReduceL2",
  (g, v) => g.square(v),
  (g, v) => g.sqrt(v),
);
export const ReduceSumSquare = around("ReduceSumSquare", (g, v) => g.square(v));
export const ReduceLogSum = around(
  "ReduceLogSum",
  (_, v) => v,
  (g, v) => g.log(v),
);
