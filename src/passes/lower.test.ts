/** @file Lowering: fovea's own operators become standard ones, all else stays. */

import { expect, it } from "vitest";
import { check } from "../graph/check.ts";
import { builderOf } from "../ops/builder.ts";
import { lower } from "./lower.ts";

it("returns a graph of standard operators as it is", () => {
  const g = builderOf();
  g.output(g.exp(g.input("x", "float32", [2])), "y");
  expect(lower(g.graph)).toBe(g.graph);
});

it("leaves only standard operators, under the same names of inputs and outputs", () => {
  const g = builderOf();
  const x = g.input("x", "float32", [1, 2, 3, 4]);
  const by = g.numbers([0.5, -1.25, 2], [1, 3], "float32");
  const sheared = g.op("fovea.Shear", [g.exp(x), by]);
  g.output(g.mul(sheared, g.numbers([2, 3], [2, 1, 1], "float32")), "y");
  g.output(x, "same");
  g.output(g.op("fovea.Shear", [sheared, by]), "twice");
  const before = g.graph.nodes.length;
  const lowered = lower(g.graph);
  expect(lowered.nodes.some((n) => n.op.includes("."))).toBe(false);
  expect(lowered.inputs).toEqual([x]);
  expect(lowered.outputs.map((v) => [v.name, v.shape])).toEqual([
    ["y", [1, 2, 3, 4]],
    ["same", [1, 2, 3, 4]],
    ["twice", [1, 2, 3, 4]],
  ]);
  expect(g.graph.nodes.length).toBe(before);
  check(lowered);
});
