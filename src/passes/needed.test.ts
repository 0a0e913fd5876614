/** @file Which nodes are needed, and pruning. */

import { describe, expect, it } from "vitest";
import { net, weights } from "../../test/fixtures/nets.ts";
import { check } from "../graph/check.ts";
import { builderOf } from "../ops/builder.ts";
import { needed, prune } from "./needed.ts";

describe("needed", () => {
  const source = net({
    constants: { w: weights([1]) },
    nodes: [
      ["Relu", "a", "x", "a1"],
      ["Split", "b", "a1", "b1 b2"],
      ["Exp", "side", "x", "c1"],
      ["Add", "d", "b2 w", "d1"],
      ["Neg", "after", "d1", "e1"],
    ],
    output: "e1",
  });
  const value = (name: string) => source.nodes.flatMap((n) => n.outputs).find((v) => v?.name === name)!;
  const names = (...outputs: string[]): string[] => needed(source, outputs.map(value)).map((n) => n.name);

  it("are those that lead there, in their order", () => {
    expect(names("d1")).toEqual(["a", "b", "d"]);
    expect(names("c1")).toEqual(["side"]);
    expect(names("c1", "b1")).toEqual(["a", "b", "side"]);
    expect(names("e1")).toEqual(["a", "b", "d", "after"]);
  });

  it("are none for inputs and constants", () => {
    expect(needed(source, [...source.inputs, ...source.constants.keys()])).toEqual([]);
  });
});

it("prune keeps what outputs need, all inputs, and changes nothing in place", () => {
  const g = builderOf();
  const x = g.input("x", "float32", [2]);
  const unused = g.input("unused", "float32", [3]);
  g.add(g.exp(x), g.numbers([3, 4], [2], "float32"));
  g.output(g.mul(x, g.numbers([1, 2], [2], "float32")), "y");
  const pruned = prune(g.graph);
  expect(pruned.nodes.map((n) => n.op)).toEqual(["Mul", "Identity"]);
  expect(pruned.inputs).toEqual([x, unused]);
  expect(pruned.constants.size).toBe(1);
  expect([g.graph.nodes.length, g.graph.constants.size]).toEqual([4, 2]);
  check(pruned);
});
