/** @file Graphs as text, one line a node; the same graph always prints the same. */

import { Tensor, toNumbers } from "../tensor/tensor.ts";
import type { Attributes, AttributeValue, GraphOf, SourceValue } from "./graph.ts";
import { typeText } from "./graph.ts";
import { uniqueNames } from "./names.ts";

/** Constants of at most this many elements show them. */
const fewElements = 8;

/**
 * ```
 * graph tiny(%x: float32[1,3,8,8]) {
 *   %w: float32[4,3,3,3] = constant
 *   %y: float32[1,4,6,6] = Conv(%x, %w) {strides=[1,1]}
 *   return %y
 * }
 * ```
 * An input or output that is left out prints as `_`; attributes stand in the order of their names.
 */
export function print<V extends SourceValue>(graph: GraphOf<V>): string {
  const names = uniqueNames(graph);
  const use = (value: V | null): string => (value === null ? "_" : `%${names.get(value)}`);
  const define = (value: V | null): string => (value === null ? "_" : `${use(value)}: ${typeText(value)}`);
  const constants = Array.from(graph.constants, ([value, t]) => `${define(value)} = constant${elements(t)}`);
  const nodes = graph.nodes.map(
    ({ op, inputs, outputs, attributes }) =>
      `${outputs.map(define).join(", ")} = ${op}(${inputs.map(use).join(", ")})${attributesText(attributes)}`,
  );
  const body = [...constants, ...nodes, `return ${graph.outputs.map(use).join(", ")}`];
  return [
    `graph ${graph.name}(${graph.inputs.map(define).join(", ")}) {`,
    ...body.map((line) => `  ${line}`),
    "}",
    "",
  ].join("\n");
}

const elements = (t: Tensor): string => (t.size > fewElements ? "" : ` [${toNumbers(t).map(numberText).join(",")}]`);

/** Seven significant digits: what a float32 holds. */
const numberText = (x: number): string => (Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(7))));

const attributesText = (attributes: Attributes): string => {
  const parts = Object.keys(attributes)
    .sort()
    .map((name) => `${name}=${attributeText(attributes[name]!)}`);
  return parts.length > 0 ? ` {${parts.join(", ")}}` : "";
};

function attributeText(value: AttributeValue): string {
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Tensor) return `${typeText({ dtype: value.dtype, shape: value.dims })}${elements(value)}`;
  if ("opaque" in value) return `<${value.opaque}>`;
  return `[${value.map(attributeText).join(",")}]`;
}
