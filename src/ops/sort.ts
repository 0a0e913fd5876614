/** @file Operators along one axis that compare or accumulate: arg-extrema, top k, cumulative sums. */

import type { Builder } from "../graph/builder.ts";
import type { Attributes, Value } from "../graph/graph.ts";
import { fromNumbers, sizeOf, toNumbers } from "../tensor/tensor.ts";
import { int, op, type Primitive } from "./op.ts";
import { axisIn, type } from "./shapes.ts";

const argExtremum = (): Primitive =>
  op({
    inputs: ["data"],
    attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    infer: ({ data }, { axis, keepdims }) => {
      const at = axisIn(axis, data.shape.length);
      const shape = data.shape.flatMap((d, i) => (i === at ? (keepdims ? [1] : []) : [d]));
      return [type("int64", shape)];
    },
    vjp: "zero",
  });

export const ArgMax = argExtremum();
export const ArgMin = argExtremum();

export const TopK = op({
  inputs: ["X", "K"],
  attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
  // Until opset 10, k was an attribute.
  upgrade: (
    g: Builder,
    { inputs, attributes, outputs }: { inputs: readonly (Value | null)[]; attributes: Attributes; outputs: number },
  ) => {
    const { k, ...rest } = attributes;
    return typeof k === "number" ? g.ops("TopK", [inputs[0]!, g.ints([k])], rest, outputs) : undefined;
  },
  infer: ({ X, K }, { axis }, { ints, fail }) => {
    const at = axisIn(axis, X.shape.length);
    const [k = 0] = ints(K, "K");
    if (k < 0 || k > X.shape[at]!) fail(`expected k from 0 to ${X.shape[at]}, the extent of axis ${at}, got ${k}`);
    const shape = X.shape.map((d, i) => (i === at ? k : d));
    return [type(X.dtype, shape), type("int64", shape)];
  },
  // Each cotangent goes back to where its value was taken from; the places of one row differ.
  vjp: {
    X: ({ g, X, dy, outputs }, { axis }) => g.op("ScatterElements", [g.zeros(X), outputs[1]!, dy], { axis }),
  },
});

export const CumSum = op({
  inputs: ["x", "axis"],
  attributes: { exclusive: int(0), reverse: int(0) },
  infer: ({ x, axis }, _, { ints }) => {
    axisIn(ints(axis, "axis")[0] ?? 0, x.shape.length);
    return [x];
  },
  // What an element is added to stands on the other side of it.
  vjp: {
    x: ({ g, axis, dy }, { exclusive, reverse }) => g.op("CumSum", [dy, axis], { exclusive, reverse: reverse ? 0 : 1 }),
  },
  evaluate: ([x, axis], { exclusive, reverse }, [out]) => {
    const at = axisIn(toNumbers(axis!)[0] ?? 0, out!.shape.length);
    const inner = sizeOf(out!.shape.slice(at + 1));
    const extent = out!.shape[at]!;
    const from = toNumbers(x!);
    const y = from.map((own, i) => {
      const place = Math.floor(i / inner) % extent;
      const others = reverse ? extent - 1 - place : place;
      const step = reverse ? inner : -inner;
      let sum = exclusive ? 0 : own;
      for (let n = 1; n <= others; n++) sum += from[i + n * step]!;
      return sum;
    });
    return [fromNumbers(out!.dtype, y, out!.shape)];
  },
});
