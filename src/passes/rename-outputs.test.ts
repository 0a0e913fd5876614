/** @file Outputs take their names without a copy, where a copy is not what was asked for. */

import { expect, it } from "vitest";
import { check } from "../graph/check.ts";
import { builderOf } from "../ops/builder.ts";
import { renameOutputs } from "./rename-outputs.ts";

it("names what is computed, for all that read it", () => {
  const g = builderOf();
  const x = g.input("x", "float32", [2]);
  const e = g.exp(x);
  g.output(e, "next");
  g.output(g.neg(e), "negative");
  const renamed = renameOutputs(g.graph);
  check(renamed);
  expect(renamed.nodes.map(({ op, inputs, outputs }) => [op, inputs[0]!.name, outputs[0]!.name])).toEqual([
    ["Exp", "x", "next"],
    ["Neg", "next", "negative"],
  ]);
  expect(renamed.outputs).toEqual(g.graph.outputs);
});

it("keeps the copies of inputs, constants and of what is an output already", () => {
  const g = builderOf();
  const x = g.input("x", "float32", [2]);
  const e = g.exp(x);
  g.output(x, "same");
  g.output(g.numbers([1, 2], [2], "float32"), "constant");
  g.output(e);
  g.output(e, "once more");
  expect(renameOutputs(g.graph)).toBe(g.graph);
});
