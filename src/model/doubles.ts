/** @file Rewrites a graph with the operators that ONNX Runtime can compute in float64, for numerical checks; slow. */

import type { Builder } from "../graph/builder.ts";
import { emptyGraph, type Graph, type Node, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { nameInputs, resolve } from "../ops/op.ts";
import { recordOf } from "../ops/table.ts";

/** The same function with Conv as matrix products and global averages as sums. Other operators stay as they are. */
export function withDoubleKernels(graph: Graph): Graph {
  const g = builderOf(emptyGraph(graph.name));
  const now = new Map<Value, Value>(graph.inputs.map((v) => [v, v]));
  g.graph.inputs.push(...graph.inputs);
  const place = (v: Value): Value => {
    const t = graph.constants.get(v);
    return now.get(v) ?? (t ? g.constant(t, v.name) : v);
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((v) => v && place(v));
    const outputs = rewrite(g, node, inputs) ?? g.ops(node.op, inputs, node.attributes, node.outputs.length);
    node.outputs.forEach((v, i) => {
      if (v) now.set(v, outputs[i]!);
    });
  }
  for (const v of graph.outputs) g.output(place(v), v.name);
  return g.graph;
}

function rewrite(g: Builder, node: Node, inputs: readonly (Value | null)[]): Value[] | undefined {
  const [x] = inputs;
  if (node.op === "Conv") return [convolution(g, node, inputs)];
  if (node.op === "GlobalAveragePool" && x) return [g.mean(x, x.shape.map((_, i) => i).slice(2))];
  return undefined;
}

/**
 * Y[n, o, p] = B[o] + Σₖ Σ꜀ W[o, c, k] · Xpadded[n, c, stride · p + dilation · k]: one matrix product for each offset k of the
 * kernel, or an elementwise one where each channel stands alone.
 */
function convolution(g: Builder, node: Node, inputs: readonly (Value | null)[]): Value {
  const record = recordOf("Conv")!;
  const attributes = resolve(record, node.attributes);
  const window = record.window!(nameInputs("Conv", record, inputs) as never, attributes as never);
  const [x, w, bias] = inputs as [Value, Value, Value | null | undefined];
  const group = Number(attributes.group ?? 1);
  const [batch, channels] = x.shape as [number, number];
  const made = w.shape[0]!;
  const out = node.outputs[0]!.shape.slice(2);
  const axes = out.map((_, i) => i + 2);
  const positions = out.reduce((a, b) => a * b, 1);
  const last = (i: number): number =>
    (window.kernel[i]! - 1) * window.dilation[i]! + (out[i]! - 1) * window.stride[i]! + 1;
  const after = out.map((_, i) => Math.max(0, last(i) - x.shape[i + 2]! - window.padBegin[i]!));
  const padded = g.op("Pad", [x, g.ints([0, 0, ...window.padBegin, 0, 0, ...after]), g.scalar(0, x.dtype)]);
  let sum: Value | undefined;
  for (const k of offsets(window.kernel)) {
    const from = k.map((at, i) => at * window.dilation[i]!);
    const to = from.map((f, i) => f + (out[i]! - 1) * window.stride[i]! + 1);
    const seen = g.slice(padded, axes, from, to, window.stride);
    const tap = g.slice(
      w,
      axes,
      k,
      k.map((at) => at + 1),
    );
    const isDepthwise = channels === group && made === group;
    const part = isDepthwise
      ? g.mul(seen, g.reshape(tap, [made, ...out.map(() => 1)]))
      : g.matmul(
          g.reshape(tap, [1, group, made / group, channels / group]),
          g.reshape(seen, [batch, group, channels / group, positions]),
        );
    sum = sum ? g.add(sum, part) : part;
  }
  const y = g.reshape(sum!, [batch, made, ...out]);
  return bias ? g.add(y, g.reshape(bias, [made, ...out.map(() => 1)])) : y;
}

/** All indices into an array of these extents, last axis fastest. */
const offsets = (extents: readonly number[]): number[][] =>
  extents.reduce<number[][]>((all, n) => all.flatMap((k) => Array.from({ length: n }, (_, i) => [...k, i])), [[]]);
