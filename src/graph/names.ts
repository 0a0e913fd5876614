/** @file Names for the values of a graph, where each is an object and two may be called the same. */

import type { GraphOf, SourceValue } from "./graph.ts";

/** Every value of a graph once: inputs, outputs, constants, then results in the order of the nodes. */
export function* valuesOf<V>(graph: GraphOf<V>): Generator<V> {
  const seen = new Set<V>();
  const all = [
    graph.inputs,
    graph.outputs,
    graph.constants.keys(),
    ...graph.nodes.flatMap((node) => [node.inputs, node.outputs]),
  ];
  for (const values of all)
    for (const value of values)
      if (value !== null && !seen.has(value)) {
        seen.add(value);
        yield value;
      }
}

/**
 * One name for each value: its own where that is free, else with `_1`, `_2` … behind; `v` for a value without one. Inputs
 * and outputs choose first. The same graph gets the same names.
 */
export function uniqueNames<V extends SourceValue>(graph: GraphOf<V>): Map<V, string> {
  const names = new Map<V, string>();
  const taken = new Set<string>();
  const suffix = new Map<string, number>();
  for (const value of valuesOf(graph)) {
    const base = value.name || "v";
    let name = base;
    while (taken.has(name)) {
      const n = (suffix.get(base) ?? 0) + 1;
      suffix.set(base, n);
      name = `${base}_${n}`;
    }
    taken.add(name);
    names.set(value, name);
  }
  return names;
}
