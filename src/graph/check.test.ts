/** @file What the checker lets through and what it finds. */

import { expect, it } from "vitest";
import { zeros } from "../tensor/tensor.ts";
import { check } from "./check.ts";
import type { Graph, Node, Value } from "./graph.ts";

const value = (name: string, shape: readonly number[] = [2]): Value => ({ name, dtype: "float32", shape });
const [x, w, a, y] = [value("x"), value("w"), value("a"), value("y")];
const node = (op: string, inputs: (Value | null)[], outputs: (Value | null)[]): Node => ({
  op,
  name: "",
  inputs,
  outputs,
  attributes: {},
});
const good: Graph = {
  name: "g",
  inputs: [x],
  outputs: [y],
  constants: new Map([[w, zeros("float32", [2])]]),
  nodes: [node("A", [x, null, w], [a, null]), node("B", [a], [y])],
};

it("returns a good graph", () => {
  expect(check(good)).toBe(good);
});

it.each<[string, Partial<Graph>, RegExp]>([
  ["use before definition", { nodes: [...good.nodes].reverse() }, /B reads %a before/],
  ["a cycle", { nodes: [node("A", [y], [a]), node("B", [a], [y])] }, /A reads %y before/],
  ["two definitions", { nodes: [...good.nodes, node("C", [x], [y])] }, /%y is defined twice.*C/],
  ["an input that is a constant", { inputs: [x, w] }, /%w is defined twice/],
  ["an output from nowhere", { outputs: [value("z")] }, /output %z is never defined/],
  ["an output listed twice", { outputs: [y, y] }, /output %y is listed twice/],
  [
    "a constant of another shape",
    { constants: new Map([[w, zeros("float32", [3])]]) },
    /float32\[2\] holds float32\[3\]/,
  ],
  ["a constant of another type", { constants: new Map([[w, zeros("int32", [2])]]) }, /float32\[2\] holds int32\[2\]/],
  ["a broken size", { inputs: [x, value("b", [1.5])] }, /%b.*float32\[1\.5\]/],
  ["a negative size", { inputs: [x, value("b", [-1])] }, /%b.*float32\[-1\]/],
])("finds %s", (_, change, message) => {
  expect(() => check({ ...good, ...change })).toThrow(/^internal: graph g: /);
  expect(() => check({ ...good, ...change })).toThrow(message);
});
