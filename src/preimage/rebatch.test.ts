/** @file Nets that were exported for one picture, shown several: each comes out as it does alone. */

import { describe, expect, it } from "vitest";
import { type NetSpec, netBytes, weights } from "../../test/fixtures/nets.ts";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { findLayer } from "../model/address.ts";
import { openModel } from "../model/model.ts";
import { fromNumbers, type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import { netAt } from "./net.ts";

const ints = (values: readonly number[]): Tensor =>
  tensor("int64", [values.length], BigInt64Array.from(values, BigInt));

const base = { input: [1, 3, 8, 8], output: "out", outputShape: [1, 5] } as const;
const conv = ["Conv", "conv", "x w1", "a", { strides: [4, 4] }] as const;
const w1 = weights([6, 3, 4, 4]);

/** By what they fix. */
const nets: Record<string, NetSpec> = {
  "a flattening to one row": {
    ...base,
    constants: { w1, w2: weights([24, 5], 2), shape: ints([1, 24]) },
    nodes: [conv, ["Reshape", "flat", "a shape", "f"], ["MatMul", "fc", "f w2", "out"]],
  },
  "a flattening whose length is left open": {
    ...base,
    constants: { w1, w2: weights([24, 5], 2), shape: ints([1, -1]) },
    nodes: [conv, ["Reshape", "flat", "a shape", "f"], ["MatMul", "fc", "f w2", "out"]],
  },
  "tokens behind a class token, with positions": {
    ...base,
    constants: {
      w1,
      w2: weights([6, 5], 2),
      shape: ints([1, 6, 4]),
      token: weights([1, 1, 6], 5),
      positions: weights([1, 5, 6], 6),
      first: fromNumbers("int64", [0], []),
    },
    nodes: [
      conv,
      ["Reshape", "rows", "a shape", "r"],
      ["Transpose", "tokens", "r", "t", { perm: [0, 2, 1] }],
      ["Concat", "joined", "token t", "j", { axis: 1 }],
      ["Add", "placed", "j positions", "p"],
      ["Tanh", "act", "p", "h"],
      ["Gather", "class", "h first", "c", { axis: 1 }],
      ["MatMul", "fc", "c w2", "out"],
    ],
  },
  "windows that the batch is folded into": {
    ...base,
    constants: { w1, w2: weights([6, 5], 2), split: ints([2, 6, 2]), join: ints([1, 6, 4]) },
    nodes: [
      conv,
      ["Transpose", "last", "a", "l", { perm: [0, 2, 1, 3] }],
      ["Reshape", "windows", "l split", "s"],
      ["Tanh", "act", "s", "h"],
      ["Reshape", "whole", "h join", "j"],
      ["ReduceMean", "mean", "j", "m", { axes: [2], keepdims: 0 }],
      ["MatMul", "fc", "m w2", "out"],
    ],
  },
};

/** The first axis counts positions here, whatever the batch. */
const sequence: NetSpec = {
  ...base,
  constants: { w1, w2: weights([6, 5], 2), shape: ints([1, 6, 4]), flat: ints([4, 6]) },
  nodes: [
    conv,
    ["Reshape", "rows", "a shape", "r"],
    ["Transpose", "sequence", "r", "t", { perm: [2, 0, 1] }],
    ["Reshape", "positions", "t flat", "o"],
    ["MatMul", "fc", "o w2", "out"],
  ],
};

describe.each([...Object.entries(nets), ["positions in front of the batch", sequence] as const])("%s", (name, spec) => {
  const model = openModel(netBytes(spec));
  const { value } = findLayer(model, "logits");

  it("comes out for each picture as for it alone", async () => {
    const net = netAt(model, [value]);
    expect(net.takesMany!([value])).toBe(name in nets);
    const x = uniform("float32", [3, 3, 8, 8]);
    const alone = (i: number) => fromNumbers("float32", toNumbers(x).slice(i * 192, (i + 1) * 192), [1, 3, 8, 8]);
    const code = async (image: Tensor): Promise<number[]> =>
      toNumbers((await evaluate({ image }, (g, v) => ({ y: net.emit(g, v.image!, [value])[0]! }))).y!);
    const all = await code(x);
    const size = all.length / 3;
    for (const i of [0, 1, 2])
      expect(largestDifference(all.slice(i * size, (i + 1) * size), await code(alone(i)))).toBeLessThan(1e-5);
  });
});
