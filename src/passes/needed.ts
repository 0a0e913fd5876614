/** @file Which nodes a question needs: those that lead to the wanted values. */

import { type Graph, type GraphOf, type NodeOf, reads, type Value } from "../graph/graph.ts";

/** The nodes that `outputs` depend on, in their order. */
export function needed<V>(graph: GraphOf<V>, outputs: readonly V[]): NodeOf<V>[] {
  const wanted = new Set(outputs);
  const kept: NodeOf<V>[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some((v) => v !== null && wanted.has(v))) continue;
    for (const v of reads(node)) if (v !== null) wanted.add(v);
    kept.push(node);
  }
  return kept.reverse();
}

/** A graph with only what its outputs need. Inputs stay, used or not. */
export function prune(graph: Graph): Graph {
  const nodes = needed(graph, graph.outputs);
  const used = new Set<Value | null>([...graph.outputs, ...nodes.flatMap((n) => n.inputs)]);
  return { ...graph, nodes, constants: new Map([...graph.constants].filter(([v]) => used.has(v))) };
}
