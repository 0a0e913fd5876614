/** @file Softmax and its relatives. */

import type { Builder } from "../graph/builder.ts";
import type { Attributes, Value } from "../graph/graph.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { int, op } from "./op.ts";
import { axisIn } from "./shapes.ts";

const attributes = { axis: int(-1) };

/** Until opset 13 all axes from `axis` (1 by default) on were taken as one. */
const upgrade =
  (name: string) =>
  (
    g: Builder,
    { inputs, attributes, opset }: { inputs: readonly (Value | null)[]; attributes: Attributes; opset: number },
  ): Value[] | undefined => {
    const x = inputs[0];
    if (opset >= 13 || !x) return undefined;
    const { axis = 1 } = attributes as { axis?: number };
    const at = axis === x.shape.length ? axis : axisIn(axis, x.shape.length);
    const rows = g.reshape(x, [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))]);
    return [g.reshape(g.op(name, [rows], { axis: -1 }), x.shape)];
  };

export const Softmax = op({
  inputs: ["input"],
  attributes,
  upgrade: upgrade("Softmax"),
  infer: ({ input }) => [input],
  // dx = y ⊙ (dy − Σ dy ⊙ y)
  vjp: {
    input: ({ g, y, dy }, { axis }) => {
      const weighted = g.mul(dy, y);
      return g.sub(weighted, g.mul(y, g.sum(weighted, [axis])));
    },
  },
});

export const LogSoftmax = op({
  inputs: ["input"],
  attributes,
  upgrade: upgrade("LogSoftmax"),
  infer: ({ input }) => [input],
  // dx = dy − softmax(x) Σ dy
  vjp: { input: ({ g, y, dy }, { axis }) => g.sub(dy, g.mul(g.exp(y), g.sum(dy, [axis]))) },
});

export const Hardmax = op({
  inputs: ["input"],
  attributes,
  upgrade: upgrade("Hardmax"),
  infer: ({ input }) => [input],
  vjp: "zero",
});
