/** @file Absorb scale: constant factors per channel in front of a convolution go into its weights. */

import type { Builder } from "../graph/builder.ts";
import { emptyGraph, type Graph, type Node, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { sameShape } from "../ops/shapes.ts";
import { prune } from "./needed.ts";

/*
 *   Σ_c W[m, c, j] · (s[c] · x[c, i + j])  =  Σ_c (W[m, c, j] · s[c]) · x[c, i + j]
 *
 * The gradient of a batch normalisation is such a factor, in front of the adjoint of the convolution before it. Runtimes
 * fold the product of two constants when they load the graph.
 */

/** The same graph with fewer products; itself when there is nothing to absorb. */
export function absorbScale(graph: Graph): Graph {
  const producer = new Map<Value, Node>();
  const uses = new Map<Value, number>(graph.outputs.map((v) => [v, 1]));
  const fixed = new Set<Value>(graph.constants.keys());
  for (const node of graph.nodes) {
    for (const v of node.inputs) if (v) uses.set(v, (uses.get(v) ?? 0) + 1);
    for (const v of node.outputs) if (v) producer.set(v, node);
    if (node.inputs.every((v) => !v || fixed.has(v))) for (const v of node.outputs) if (v) fixed.add(v);
  }
  /** Factors [x, s] that a convolution's first input is the product of, where s is constant and has an entry per channel. */
  const factors = ({ op, inputs: [X, W] }: Node): readonly [Value, Value] | undefined => {
    if ((op !== "Conv" && op !== "ConvTranspose") || !X || !W || !fixed.has(W) || uses.get(X) !== 1) return undefined;
    const product = producer.get(X);
    if (product?.op !== "Mul") return undefined;
    const [a, b] = product.inputs as readonly [Value, Value];
    const scales = (s: Value, x: Value): boolean => fixed.has(s) && sameShape(x.shape, X.shape) && perChannel(s, X);
    return scales(b, a) ? [a, b] : scales(a, b) ? [b, a] : undefined;
  };
  if (!graph.nodes.some(factors)) return graph;

  const target = emptyGraph(graph.name);
  const g = builderOf(target);
  target.inputs.push(...graph.inputs);
  const now = new Map<Value, Value>();
  const place = (v: Value): Value => {
    const t = graph.constants.get(v);
    return now.get(v) ?? (t ? g.constant(t, v.name) : v);
  };
  for (const node of graph.nodes) {
    const found = factors(node);
    const [X, W, ...rest] = node.inputs.map((v) => v && place(v));
    const inputs = found ? [place(found[0]), scaled(g, W!, place(found[1]), node), ...rest] : [X!, W!, ...rest];
    g.label = node.name;
    const outputs = g.ops(node.op, inputs.slice(0, node.inputs.length), node.attributes, node.outputs.length);
    node.outputs.forEach((v, i) => {
      if (v) now.set(v, outputs[i]!);
    });
    g.label = undefined;
  }
  for (const v of graph.outputs) g.output(place(v), v.name);
  return prune(target);
}

/** Whether `s` holds one number for each channel of `x` [N, C, …] and the same for all else. */
function perChannel(s: Value, x: Value): boolean {
  const aligned = [...x.shape.map(() => 1), ...s.shape].slice(-x.shape.length);
  return s.shape.length <= x.shape.length && aligned.every((d, i) => d === (i === 1 ? x.shape[1] : 1));
}

/** Weights times the factors of the channels that they read: axis 1 within each group, axis 0 when transposed. */
function scaled(g: Builder, W: Value, s: Value, { op, attributes }: Node): Value {
  const kernel = W.shape.slice(2);
  const ones = kernel.map(() => 1);
  if (op === "ConvTranspose") return g.mul(W, g.reshape(s, [W.shape[0]!, 1, ...ones]));
  const group = Number(attributes.group ?? 1);
  const [outputs, inputs] = [W.shape[0]! / group, W.shape[1]!];
  const grouped = g.mul(g.reshape(W, [group, outputs, inputs, ...kernel]), g.reshape(s, [group, 1, inputs, ...ones]));
  return g.reshape(grouped, W.shape);
}
