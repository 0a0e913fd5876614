/** @file Gradients on kinks, ties and poles: finite where a finite subgradient exists, and shared among ties without loss. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradient } from "../src/autodiff/gradient.ts";
import type { Builder } from "../src/graph/builder.ts";
import type { Value } from "../src/graph/graph.ts";
import { builderOf } from "../src/ops/builder.ts";
import { compile } from "../src/runtime/compile.ts";
import { fromNumbers, toNumbers } from "../src/tensor/tensor.ts";

type Inputs = Readonly<Record<string, readonly number[]>>;

/** ∂(Σ f)/∂x for every input, in float32. */
async function gradients(inputs: Inputs, f: (g: Builder, x: Record<string, Value>) => Value) {
  const g = builderOf();
  const named = Object.entries(inputs).map(([name, x]) => [name, g.input(name, "float32", [x.length])] as const);
  const values = Object.fromEntries(named);
  gradient(g, f(g, values), Object.values(values)).forEach((dx, i) => {
    g.output(dx, `d${named[i]![0]}`);
  });
  const program = await compile(g.graph, { device: "cpu", threads: 1 });
  const feeds = Object.entries(inputs).map(([name, x]) => [name, fromNumbers("float32", x)]);
  const out = await program.run(Object.fromEntries(feeds));
  await program.dispose();
  // −0 is 0 here.
  return named.map(([name]) => toNumbers(out[`d${name}`]!).map((d) => d + 0));
}

const call =
  (op: string, attributes = {}) =>
  (g: Builder, { x }: Record<string, Value>): Value =>
    g.op(op, [x!], attributes);

describe("one input", () => {
  const cases: [string, number[], (g: Builder, x: Record<string, Value>) => Value, number[]][] = [
    ["Relu is off at 0", [-1, 0, 2], call("Relu"), [0, 0, 1]],
    ["Abs is flat at 0", [-2, 0, 3], call("Abs"), [-1, 0, 1]],
    ["Sqrt at 0", [0, 4], call("Sqrt"), [0, 0.25]],
    ["a length of zero", [0, 0], call("ReduceL2"), [0, 0]],
    ["a length of five", [3, -4], call("ReduceL2"), [0.6, -0.8]],
    ["Clip passes on its bounds", [-2, -1, 0, 1, 2], (g, { x }) => g.op("Clip", [x!, -1, 1]), [0, 1, 1, 1, 0]],
    ["HardSigmoid is flat on its ends", [-2, 0, 2], call("HardSigmoid", { alpha: 0.25, beta: 0.5 }), [0, 0.25, 0]],
    ["Pow 0 at 0", [0, 2], (g, { x }) => g.op("Pow", [x!, 0]), [0, 0]],
    ["Pow 1 at 0", [0, 2], (g, { x }) => g.op("Pow", [x!, 1]), [1, 1]],
    ["Pow 2 at 0 and below", [0, -3], (g, { x }) => g.op("Pow", [x!, 2]), [0, -6]],
    ["Pow 3 below 0", [-2], (g, { x }) => g.op("Pow", [x!, 3]), [12]],
    ["ReduceProd with one zero", [2, 0, 5], call("ReduceProd"), [0, 10, 0]],
    ["ReduceProd with two zeros", [0, 0, 5], call("ReduceProd"), [0, 0, 0]],
    ["ReduceMax shares", [1, 7, 7, 0], call("ReduceMax"), [0, 0.5, 0.5, 0]],
    ["ReduceMin shares", [3, 3, 3], call("ReduceMin"), [1 / 3, 1 / 3, 1 / 3]],
    ["ReduceL1 at 0", [0, -1], call("ReduceL1"), [0, -1]],
    ["Softsign at 0", [0], call("Softsign"), [1]],
  ];
  test.each(cases)("%s", async (_, x, f, expected) => {
    const [dx] = await gradients({ x }, f);
    expect(dx).toHaveLength(expected.length);
    dx!.forEach((d, i) => {
      expect(d).toBeCloseTo(expected[i]!, 6);
    });
  });
});

test("the first of those that tie takes the gradient of Max and Min", async () => {
  const inputs = { a: [1, 5, 2], b: [1, 5, 3], c: [0, 5, 3] };
  expect(await gradients(inputs, (g, x) => g.op("Max", Object.values(x)))).toEqual([
    [1, 1, 0],
    [0, 0, 1],
    [0, 0, 0],
  ]);
  expect(await gradients(inputs, (g, x) => g.op("Min", Object.values(x)))).toEqual([
    [0, 1, 1],
    [0, 0, 0],
    [1, 0, 0],
  ]);
});

test("0 to the power p has the slope 0 in p", async () => {
  const [, dp] = await gradients({ x: [0, 0, -2], p: [0, 2, 2] }, (g, { x, p }) => g.op("Pow", [x!, p!]));
  expect(dp).toEqual([0, 0, 0]);
});

test("ties lose nothing and add nothing", async () => {
  const few = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 5, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(few, few, fc.constantFrom("Max", "Min"), async (a, b, op) => {
      const pair = await gradients({ a, b }, (g, x) => g.op(op, [x.a!, x.b!]));
      pair[0]!.forEach((d, i) => {
        expect(d + pair[1]![i]!).toBe(1);
      });
      const [dx] = await gradients({ x: a }, call(`Reduce${op}`));
      expect(dx!.reduce((sum, d) => sum + d, 0)).toBeCloseTo(1, 6);
      const best = op === "Max" ? Math.max(...a) : Math.min(...a);
      dx!.forEach((d, i) => {
        expect(d > 0).toBe(a[i] === best);
      });
    }),
    { numRuns: 15 },
  );
});
