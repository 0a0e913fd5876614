/** @file Rename outputs: a value that only has another name as an output takes that name, which saves its copy. */

import type { Graph, Value } from "../graph/graph.ts";

/** The same graph without the Identity nodes that name what other nodes compute; itself where there is none. */
export function renameOutputs(graph: Graph): Graph {
  const computed = new Set<Value | null>(graph.nodes.flatMap(({ outputs }) => outputs));
  const taken = new Set<Value>(graph.outputs);
  const renamed = new Map<Value, Value>();
  const nodes = graph.nodes.filter(({ op, inputs: [from], outputs: [to] }) => {
    if (op !== "Identity" || !from || !to || !taken.has(to) || !computed.has(from) || taken.has(from)) return true;
    taken.add(from);
    renamed.set(from, to);
    return false;
  });
  if (renamed.size === 0) return graph;
  const now = (v: Value | null): Value | null => (v && renamed.get(v)) ?? v;
  return {
    ...graph,
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(now), outputs: node.outputs.map(now) })),
  };
}
