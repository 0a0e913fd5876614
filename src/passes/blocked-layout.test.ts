/** @file The blocked layout computes what the ordinary one does, and changes layout only where it must. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gradient } from "../autodiff/gradient.ts";
import type { Builder } from "../graph/builder.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { serialise } from "../ops/serialise.ts";
import { blockSize } from "../runtime/block-size.ts";
import { chooseBackend } from "../runtime/choose.ts";
import { rng } from "../tensor/rng.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { batchNormRules, trainBatchNorm } from "../training/batch-norm.ts";
import { blockedLayout } from "./blocked-layout.ts";

const choice = await chooseBackend("cpu");
const size = await blockSize(choice);
const b = size ?? 16;

async function run(graph: Graph): Promise<number[][]> {
  const { backend, ort } = choice;
  const session = await ort.InferenceSession.create(serialise(graph), backend.sessionOptions(1));
  try {
    const random = rng(7);
    const feeds = graph.inputs.map(({ name, shape }) => {
      const values = random.fork(name).fillNormal(new Float32Array(sizeOf(shape)), 0, 0.3);
      return [name, new ort.Tensor("float32", values, shape)] as const;
    });
    const fetched = await session.run(Object.fromEntries(feeds));
    return session.outputNames.map((name) => Array.from(fetched[name]!.data as Float32Array));
  } finally {
    await session.release();
  }
}

/** Both orders give the same numbers, up to the rounding of sums of a few hundred products. */
async function expectSame(graph: Graph): Promise<Graph> {
  const blocked = blockedLayout(graph, b);
  expect(blocked).not.toBe(graph);
  const [expected, got] = [await run(graph), await run(blocked)];
  for (const [i, values] of expected.entries()) {
    const scale = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const worst = values.reduce((most, x, j) => Math.max(most, Math.abs(x - got[i]![j]!)), 0);
    expect(worst).toBeLessThan(1e-4 * scale);
  }
  return blocked;
}

const native = (graph: Graph, op: string): number =>
  graph.nodes.filter((n) => n.op === `com.microsoft.nchwc.${op}`).length;
const input = (g: Builder, name: string, shape: readonly number[]): Value => g.input(name, "float32", shape);
const pads = [1, 1, 1, 1];

it.runIf(process.arch === "x64")("the runtime has such a layout on this machine", () => {
  expect([8, 16]).toContain(size);
});

describe.runIf(size !== undefined)("in blocks", () => {
  it("convolutions of every geometry come out the same, with the adjoints of both operands", async () => {
    const cases = fc.record({
      inputs: fc.constantFrom(1, 3, b, 2 * b),
      outputs: fc.constantFrom(b, 2 * b),
      kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      stride: fc.integer({ min: 1, max: 2 }),
      pad: fc.integer({ min: 0, max: 1 }),
      bias: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ inputs, outputs, kernel, stride, pad, bias }) => {
        const g = builderOf();
        const x = input(g, "x", [2, inputs, 48, 50]);
        const w = input(g, "w", [outputs, inputs, ...kernel]);
        const B = bias ? input(g, "b", [outputs]) : null;
        const y = g.op("Conv", [x, w, B], { strides: [stride, stride], pads: [pad, pad, pad, pad] });
        g.output(y);
        for (const v of gradient(g, g.sum(g.square(y), undefined, false), [x, w])) g.output(v);
        await expectSame(g.graph);
      }),
      { numRuns: 12 },
    );
  });

  it("whole stretches stay in blocks: normalisation, sum and rectifier become part of convolutions", async () => {
    const g = builderOf();
    const x = input(g, "x", [4, b, 16, 16]);
    const [v, w, u] = ["v", "w", "u"].map((name) => input(g, name, [b, b, 3, 3])) as [Value, Value, Value];
    const [scale, B, mean] = ["scale", "B", "mean"].map((name) => input(g, name, [b])) as [Value, Value, Value];
    const normalised = (y: Value): Value => g.op("BatchNormalization", [y, scale, B, mean, g.square(scale)]);
    const first = g.op("Relu", [normalised(g.op("Conv", [x, v], { pads }))]);
    const sum = g.add(normalised(g.op("Conv", [first, w], { pads })), normalised(g.op("Conv", [first, u], { pads })));
    g.output(g.op("Relu", [sum]), "y");
    const blocked = await expectSame(g.graph);
    expect(["ReorderInput", "ReorderOutput", "Conv"].map((op) => native(blocked, op))).toEqual([4, 1, 6]);
    expect(
      blocked.nodes.filter(
        (n) => ["Relu", "Add", "BatchNormalization"].includes(n.op) && n.outputs[0]!.shape.length === 4,
      ),
    ).toEqual([]);
  });

  it("what is used twice is not overwritten", async () => {
    const g = builderOf();
    const x = input(g, "x", [4, b, 16, 16]);
    const w = input(g, "w", [b, b, 3, 3]);
    const y = g.op("Conv", [x, w], { pads });
    const shifted = g.sub(y, input(g, "c", [1, b, 1, 1]));
    g.output(g.add(g.op("Relu", [shifted]), g.add(shifted, y)), "sum");
    g.output(y, "y");
    await expectSame(g.graph);
  });

  it("arithmetic with numbers per channel, means, pools and channels last", async () => {
    const g = builderOf();
    const x = input(g, "x", [4, b, 16, 16]);
    const y = g.op("Conv", [x, input(g, "w", [2 * b, b, 3, 3])], { pads });
    const c = input(g, "c", [1, 2 * b, 1, 1]);
    const positive = g.add(g.square(c), 1);
    for (const [name, v] of Object.entries({
      add: g.add(c, y),
      sub: g.sub(y, c),
      from: g.sub(c, y),
      mul: g.mul(y, g.reshape(c, [2 * b, 1, 1])),
      div: g.div(y, positive),
      over: g.div(c, g.add(g.square(y), 1)),
      scalar: g.sub(1, y),
      columns: g.mul(y, input(g, "row", [16])),
      mean: g.mean(y, [0, 2, 3]),
      total: g.sum(y, [0, 2, 3], false),
      rows: g.sum(y, [3]),
      average: g.op("GlobalAveragePool", [y]),
      largest: g.op("MaxPool", [y], { kernel_shape: [3, 3], strides: [2, 2], pads }),
      last: g.transpose(y, [0, 2, 3, 1]),
      first: g.transpose(y, [1, 0, 2, 3]),
    }))
      g.output(v, name);
    await expectSame(g.graph);
  });

  it("a normalisation in training, and its gradient", async () => {
    const g = builderOf();
    const x = input(g, "x", [4, b, 16, 16]);
    const w = input(g, "w", [b, b, 3, 3]);
    const [scale, B, mean, variance] = ["scale", "B", "mean", "variance"].map((name) => input(g, name, [b])) as [
      Value,
      Value,
      Value,
      Value,
    ];
    const trained = trainBatchNorm(g, { X: g.op("Conv", [x, w], { pads }), scale, B, mean, variance });
    const loss = g.sum(g.mul(g.op("Relu", [trained.y]), x), undefined, false);
    const rules = batchNormRules([trained]);
    for (const v of gradient(g, loss, [x, w, scale, B], { rules })) g.output(v);
    await expectSame(g.graph);
  });
});

describe("stays as it is:", () => {
  const convolution = (make: (g: Builder) => Value): Graph => {
    const g = builderOf();
    g.output(make(g), "y");
    return g.graph;
  };
  it.each([
    [
      "a constant kernel",
      (g: Builder) =>
        g.op("Conv", [input(g, "x", [4, 16, 32, 32]), g.numbers(new Float32Array(2304), [16, 16, 3, 3], "float32")]),
    ],
    ["few positions", (g: Builder) => g.op("Conv", [input(g, "x", [1, 16, 8, 8]), input(g, "w", [16, 16, 3, 3])])],
    [
      "groups",
      (g: Builder) => g.op("Conv", [input(g, "x", [4, 32, 32, 32]), input(g, "w", [32, 16, 3, 3])], { group: 2 }),
    ],
    [
      "channels that fill no blocks",
      (g: Builder) => g.op("Conv", [input(g, "x", [4, 20, 32, 32]), input(g, "w", [20, 20, 3, 3])]),
    ],
    ["one spatial axis", (g: Builder) => g.op("Conv", [input(g, "x", [4, 16, 2000]), input(g, "w", [16, 16, 3])])],
    [
      "float64",
      (g: Builder) => g.op("Conv", [g.input("x", "float64", [4, 16, 32, 32]), g.input("w", "float64", [16, 16, 3, 3])]),
    ],
  ])("%s", (_, make) => {
    const graph = convolution(make);
    expect(blockedLayout(graph, 16)).toBe(graph);
  });
});
