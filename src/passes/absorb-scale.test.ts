/** @file Tests of absorbing per-channel factors into weights. */

import { expect, test } from "vitest";
import type { Builder } from "../graph/builder.ts";
import { check } from "../graph/check.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { compile } from "../runtime/compile.ts";
import { rng } from "../tensor/rng.ts";
import { type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import { absorbScale } from "./absorb-scale.ts";

const random = rng(3);
const normal = (...dims: readonly number[]): Tensor<"float32"> =>
  tensor("float32", dims, random.fillNormal(new Float32Array(dims.reduce((n, d) => n * d, 1))));

/** op(s ⊙ x, W) on x [2,6,5,5]. */
function graphOf(convolve: (g: Builder, x: Value) => Value, scale: readonly number[]): Graph {
  const g = builderOf();
  const x = g.input("x", "float32", [2, 6, 5, 5]);
  g.output(convolve(g, g.mul(x, g.constant(normal(...scale)))), "y");
  return g.graph;
}

const conv = (group: number) => (g: Builder, x: Value) =>
  g.op("Conv", [x, g.constant(normal(12, 6 / group, 3, 3))], { group, pads: [1, 1, 1, 1] });
const transposed = (group: number) => (g: Builder, x: Value) =>
  g.op("ConvTranspose", [x, g.constant(normal(6, 4, 3, 3))], { group, strides: [2, 2] });

async function run(graph: Graph, x: Tensor): Promise<number[]> {
  const program = await compile(graph);
  const { y } = await program.run({ x });
  await program.dispose();
  return toNumbers(y!);
}

const products = (graph: Graph): number =>
  graph.nodes.filter((n) => n.op === "Mul" && n.outputs[0]!.shape[0] === 2 && n.outputs[0]!.shape[2] === 5).length;

test.each([
  ["Conv", conv(1)],
  ["Conv in 2 groups", conv(2)],
  ["depthwise Conv", conv(6)],
  ["ConvTranspose", transposed(1)],
  ["ConvTranspose in 3 groups", transposed(3)],
])("%s takes up the factor and computes the same", async (_, convolve) => {
  for (const scale of [
    [1, 6, 1, 1],
    [6, 1, 1],
  ]) {
    const graph = graphOf(convolve, scale);
    const absorbed = check(absorbScale(graph));
    expect([products(graph), products(absorbed)]).toEqual([1, 0]);
    const x = normal(2, 6, 5, 5);
    const [expected, got] = [await plainly(graph, x), await run(absorbed, x)];
    // Other roundings: 54 products a sum.
    for (const [i, y] of expected.entries()) expect(Math.abs(got[i]! - y)).toBeLessThan(1e-4);
  }
});

/** Without the pass, which `compile` applies too: a second use of the product keeps it in place. */
async function plainly(graph: Graph, x: Tensor): Promise<number[]> {
  const product = graph.nodes.find((n) => n.op === "Mul")!.outputs[0]!;
  return run({ ...graph, outputs: [...graph.outputs, product] }, x);
}

test.each([
  ["a factor per position", [1, 1, 5, 5]],
  ["one factor for all", [1, 1, 1, 1]],
  ["a factor per picture", [2, 1, 1, 1]],
])("%s stays where it is", (_, scale) => {
  const graph = graphOf(conv(1), scale);
  expect(absorbScale(graph)).toBe(graph);
});

test("a product that somebody else uses stays", () => {
  const g = builderOf();
  const x = g.input("x", "float32", [2, 6, 5, 5]);
  const product = g.mul(x, g.constant(normal(1, 6, 1, 1)));
  g.output(conv(1)(g, product), "y");
  g.output(product, "product");
  expect(absorbScale(g.graph)).toBe(g.graph);
});
