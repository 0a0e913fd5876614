/** @file Tests that refused operators have no record, and that the reason reaches the user with the node's name. */

import { expect, test } from "vitest";
import type { SourceGraph } from "../graph/graph.ts";
import { specialise } from "../passes/specialise.ts";
import { recordOf } from "./table.ts";

const calling = (op: string): SourceGraph => {
  const x = { name: "x", dtype: "float32" as const, shape: [1] };
  const y = { name: "y" };
  const node = { op, name: "the node", inputs: [x], outputs: [y], attributes: {} };
  return { name: "net", opset: 17, metadata: {}, inputs: [x], outputs: [y], constants: new Map(), nodes: [node] };
};

test.each([
  ["Bernoulli", /node 'the node' \(Bernoulli\): draws random numbers/],
  ["RandomNormalLike", /draws random numbers/],
  ["Loop", /node 'the node' \(Loop\): holds a graph of its own/],
  ["NoSuchOperator", /node 'the node' \(NoSuchOperator\): fovea has no record/],
  ["toString", /\(toString\): fovea has no record/],
])("%s", (op, message) => {
  expect(recordOf(op)).toBeUndefined();
  expect(() => specialise(calling(op))).toThrow(message);
});
