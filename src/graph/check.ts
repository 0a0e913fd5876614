/** @file The checker: whether a graph is one, for tests and for the ends of passes. */

import type { GraphOf, SourceValue } from "./graph.ts";
import { typeText } from "./graph.ts";

/**
 * Returns the graph if every value is defined once and before its use (so there is no cycle), every output exists and is
 * listed once, shapes are whole numbers, and constants have their values' types. Throws an `internal:` error otherwise.
 */
export function check<V extends SourceValue, G extends GraphOf<V>>(graph: G & GraphOf<V>): G {
  const fail = (message: string): never => {
    throw new Error(`internal: graph ${graph.name}: ${message}`);
  };
  const defined = new Set<V>();
  const define = (value: V, by: string): void => {
    if (defined.has(value)) fail(`%${value.name} is defined twice, the second time by ${by}`);
    for (const d of value.shape ?? [])
      if (typeof d === "number" && !(Number.isSafeInteger(d) && d >= 0))
        fail(`%${value.name}, defined by ${by}, has the shape ${typeText(value)}`);
    defined.add(value);
  };

  for (const value of graph.inputs) define(value, "the inputs");
  for (const [value, t] of graph.constants) {
    define(value, "the constants");
    const type = { dtype: value.dtype ?? t.dtype, shape: value.shape ?? t.dims };
    const held = { dtype: t.dtype, shape: t.dims };
    if (typeText(type) !== typeText(held)) fail(`constant %${value.name}: ${typeText(type)} holds ${typeText(held)}`);
  }
  for (const node of graph.nodes) {
    const by = `${node.op}${node.name ? ` "${node.name}"` : ""}`;
    for (const value of node.inputs)
      if (value !== null && !defined.has(value)) fail(`${by} reads %${value.name} before it is defined`);
    for (const value of node.outputs) if (value !== null) define(value, by);
  }
  const outputs = new Set<V>();
  for (const value of graph.outputs) {
    if (!defined.has(value)) fail(`the output %${value.name} is never defined`);
    if (outputs.has(value)) fail(`the output %${value.name} is listed twice`);
    outputs.add(value);
  }
  return graph;
}
