/** @file Lower: puts standard ONNX operators in the place of fovea's own, once no more gradients are taken. */

import { emptyGraph, type Graph, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { isInline, nameInputs, resolve } from "../ops/op.ts";
import { recordOf } from "../ops/table.ts";

/** The same graph in standard operators only; itself when it has no others. */
export function lower(graph: Graph): Graph {
  if (!graph.nodes.some((node) => loweringOf(node.op))) return graph;
  const target = emptyGraph(graph.name);
  const g = builderOf(target);
  const now = new Map<Value, Value>(graph.inputs.map((v) => [v, v]));
  target.inputs.push(...graph.inputs);
  const place = (v: Value): Value => {
    const t = graph.constants.get(v);
    return now.get(v) ?? (t ? g.constant(t, v.name) : v);
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((v) => v && place(v));
    const lowering = loweringOf(node.op);
    g.label = lowering ? undefined : node.name;
    const outputs = lowering
      ? lowering.lower(g, nameInputs(node.op, lowering, inputs) as never, resolve(lowering, node.attributes) as never)
      : g.ops(node.op, inputs, node.attributes, node.outputs.length);
    node.outputs.forEach((v, i) => {
      if (v) now.set(v, outputs[i]!);
    });
  }
  for (const v of graph.outputs) g.output(place(v), v.name);
  return target;
}

function loweringOf(op: string) {
  const record = recordOf(op);
  return record && !isInline(record) && record.lower ? { ...record, lower: record.lower } : undefined;
}
