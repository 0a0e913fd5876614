/** @file The text of a graph. */

import { expect, it } from "vitest";
import { fromNumbers, type Tensor, zeros } from "../tensor/tensor.ts";
import type { SourceGraph, SourceValue } from "./graph.ts";
import { print } from "./print.ts";

it("prints one line a node, with types, attributes in order, and names that differ", () => {
  const x: SourceValue = { name: "x", dtype: "float32", shape: ["N", 3, null] };
  const w: SourceValue = { name: "w", dtype: "float32", shape: [3, 4] };
  const s: SourceValue = { name: "w", dtype: "float16", shape: [2] };
  const t: SourceValue = { name: "" };
  const y: SourceValue = { name: "y", dtype: "float32" };
  const graph: SourceGraph = {
    name: "small",
    opset: 17,
    metadata: {},
    inputs: [x],
    outputs: [y],
    constants: new Map<SourceValue, Tensor>([
      [w, zeros("float32", [3, 4])],
      [s, fromNumbers("float16", [0.1, -2])],
    ]),
    nodes: [
      {
        op: "Conv",
        name: "",
        inputs: [x, w, null, s],
        outputs: [t, null],
        attributes: { strides: [2, 2], alpha: Math.fround(0.1), auto_pad: "VALID", body: { opaque: "graph" } },
      },
      { op: "Relu", name: "r", inputs: [t], outputs: [y], attributes: { value: fromNumbers("int64", [7], []) } },
    ],
  };
  const text = `graph small(%x: float32[N,3,?]) {
  %w: float32[3,4] = constant
  %w_1: float16[2] = constant [0.09997559,-2]
  %v: ?[…], _ = Conv(%x, %w, _, %w_1) {alpha=0.1, auto_pad="VALID", body=<graph>, strides=[2,2]}
  %y: float32[…] = Relu(%v) {value=int64[] [7]}
  return %y
}
`;
  expect(print(graph)).toBe(text);
  expect(print(graph)).toBe(text);
});
