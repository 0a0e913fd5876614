/** @file Modules that have one result: their name stands for the layer that gives it. */

import type { SourceNode, SourceValue } from "../graph/graph.ts";
import type { LayerPath } from "./layer-paths.ts";

/**
 * For each node the modules whose only result it is: all that is used outside of `layer3.1` comes from its last Relu, so
 * `layer3.1` means that. A block (a module with a number for a name) comes first, the outermost if there are several;
 * then the others, innermost first.
 */
export function scopeExits(
  nodes: readonly SourceNode[],
  paths: ReadonlyMap<SourceNode, LayerPath>,
  outputs: readonly SourceValue[],
): Map<SourceNode, string[]> {
  const producer = new Map<SourceValue, SourceNode>();
  for (const node of nodes) for (const v of node.outputs) if (v) producer.set(v, node);
  const exits = new Map<string, Set<SourceNode>>();
  const leaves = (from: SourceNode, to: LayerPath): void => {
    const path = paths.get(from)!;
    for (let depth = path.length - 1; depth > 0 && !sameScope(path, to, depth); depth--) {
      const scope = path.slice(0, depth).join(".");
      exits.set(scope, (exits.get(scope) ?? new Set()).add(from));
    }
  };
  for (const node of nodes)
    for (const v of node.inputs) {
      const from = v && producer.get(v);
      if (from) leaves(from, paths.get(node)!);
    }
  for (const v of outputs) {
    const from = producer.get(v);
    if (from) leaves(from, []);
  }

  const own = new Set([...paths.values()].map((path) => path.join(".")));
  const found = new Map<SourceNode, string[]>();
  for (const [scope, from] of exits) {
    const [node] = from;
    if (node && from.size === 1 && !own.has(scope)) found.set(node, [...(found.get(node) ?? []), scope]);
  }
  for (const scopes of found.values()) {
    const inwards = scopes.sort((a, b) => a.length - b.length);
    const block = inwards.find((scope) => /(^|\.)\d+$/.test(scope));
    scopes.reverse();
    if (block) scopes.unshift(...scopes.splice(scopes.indexOf(block), 1));
  }
  return found;
}

const sameScope = (a: LayerPath, b: LayerPath, depth: number): boolean =>
  b.length > depth && a.slice(0, depth).every((part, i) => part === b[i]);
