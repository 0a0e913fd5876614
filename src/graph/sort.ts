/** @file Topological order of nodes, keeping the given order wherever it is one already. */

import { InputError } from "../error.ts";
import { type NodeOf, reads } from "./graph.ts";

/** How messages name a node: `Conv "conv1"`. */
export const nodeText = ({ op, name }: { readonly op: string; readonly name: string }): string =>
  `the node ${op}${name ? ` "${name}"` : ""}`;

interface Visit<V> {
  readonly node: NodeOf<V>;
  readonly reads: readonly (V | null)[];
  next: number;
}

/**
 * Depth-first order: each node right after those that it reads from.
 *
 * Throws an `InputError` that names the nodes of a cycle.
 */
export function sortNodes<V>(nodes: readonly NodeOf<V>[]): NodeOf<V>[] {
  const producer = new Map<V, NodeOf<V>>();
  for (const node of nodes) for (const value of node.outputs) if (value !== null) producer.set(value, node);
  const sorted: NodeOf<V>[] = [];
  const state = new Map<NodeOf<V>, "open" | "done">();
  for (const root of nodes) {
    if (state.has(root)) continue;
    const stack: Visit<V>[] = [{ node: root, reads: reads(root), next: 0 }];
    state.set(root, "open");
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (top.next === top.reads.length) {
        state.set(top.node, "done");
        sorted.push(top.node);
        stack.pop();
        continue;
      }
      const value = top.reads[top.next++];
      const before = value == null ? undefined : producer.get(value);
      if (!before || state.get(before) === "done") continue;
      if (state.get(before) === "open") {
        const open = stack.map((visit) => visit.node);
        throw cycle(open.slice(open.indexOf(before)));
      }
      state.set(before, "open");
      stack.push({ node: before, reads: reads(before), next: 0 });
    }
  }
  return sorted;
}

/** `loop` runs from a node to what it waits for, and so on round. */
function cycle<V>(loop: readonly NodeOf<V>[]): InputError {
  const shown = loop.slice(0, 4).map(nodeText).join(", which waits for ");
  const rest = loop.length > 4 ? `, and ${loop.length - 4} more` : "";
  return new InputError(`the graph runs in a circle: ${shown} waits for itself${rest}: export the model again`);
}
