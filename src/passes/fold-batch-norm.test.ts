/** @file Folding of batch normalisations: where it may and where it must not happen, and that nothing changes. */

import { expect, test } from "vitest";
import { net, type Row, weights } from "../../test/fixtures/nets.ts";
import { check } from "../graph/check.ts";
import type { SourceGraph } from "../graph/graph.ts";
import { compile } from "../runtime/compile.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { specialise } from "./specialise.ts";

const constants = {
  w: weights([4, 3, 3, 3]),
  b: weights([4], 2),
  scale: weights([4], 3),
  shift: weights([4], 4),
  mean: weights([4], 5),
  variance: fromNumbers("float32", [0.5, 1, 2, 0.01]),
};
const chain = (...nodes: readonly Row[]): SourceGraph => net({ constants, nodes, output: "out", input: [2, 3, 6, 6] });
const norm = (from: string, to: string): Row => [
  "BatchNormalization",
  "bn",
  `${from} scale shift mean variance`,
  to,
  { epsilon: 1e-3 },
];
const ops = (source: SourceGraph): string[] => check(foldBatchNorm(source)).nodes.map((n) => n.op);

test.each(["x w", "x w b"])("the values stay, convolution %s", async (inputs) => {
  const source = chain(["Conv", "conv", inputs, "y", { strides: [2, 2] }], norm("y", "z"), [
    "Relu",
    "relu",
    "z",
    "out",
  ]);
  expect(ops(source)).toEqual(["Conv", "Relu"]);
  const x = weights([2, 3, 6, 6], 9);
  const run = async (s: SourceGraph): Promise<number[]> => {
    const program = await compile(specialise(s).graph, { device: "cpu", threads: 1 });
    const { out } = await program.run({ x });
    await program.dispose();
    return toNumbers(out!);
  };
  const [a, b] = [await run(source), await run(foldBatchNorm(source))];
  a.forEach((v, i) => {
    expect(b[i]).toBeCloseTo(v, 4);
  });
});

test("a convolution that something else reads too stays as it is", () => {
  const source = chain(["Conv", "conv", "x w", "y"], norm("y", "z"), ["Add", "add", "z y", "out"]);
  expect(ops(source)).toEqual(["Conv", "BatchNormalization", "Add"]);
});

test("a normalisation behind something else stays as it is", () => {
  const source = chain(["Conv", "conv", "x w", "y"], ["Relu", "relu", "y", "r"], norm("r", "out"));
  expect(ops(source)).toEqual(["Conv", "Relu", "BatchNormalization"]);
});

test("a weight that two convolutions share is folded for each", () => {
  const source = chain(
    ["Conv", "one", "x w", "y"],
    norm("y", "z"),
    ["Conv", "two", "x w", "v"],
    ["Add", "add", "z v", "out"],
  );
  const folded = foldBatchNorm(source);
  expect(ops(source)).toEqual(["Conv", "Conv", "Add"]);
  const [one, two] = folded.nodes.map((n) => folded.constants.get(n.inputs[1]!));
  expect(two).toBe(constants.w);
  expect(one).not.toBe(constants.w);
});
