/** @file Tests of units: places within a layer, and gradients for the raw input. */

import { describe, expect, it } from "vitest";
import { classifier, netBytes, weights } from "../../test/fixtures/nets.ts";
import { InputError } from "../error.ts";
import type { Value } from "../graph/graph.ts";
import { fromNumbers, type Shape, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { findLayer } from "./address.ts";
import { openModel } from "./model.ts";
import { inputGradient, placeUnit } from "./unit.ts";

const model = openModel(netBytes(classifier()));
const picture = weights([1, 3, 8, 8], 9);
const cpu = { device: "cpu" } as const;

const value = (...shape: number[]): Value => ({ name: "v", dtype: "float32", shape });
const place = (shape: Shape, axis: number | undefined, channel?: number, position?: number[]): [number, number][] => [
  ...placeUnit({ layer: model.layers[0]!, channel, position }, value(...shape), axis).indices,
];

describe("placeUnit", () => {
  it("finds channel and position on their axes", () => {
    expect(place([1, 4, 5, 6], 1, 3, [2, 5])).toEqual([
      [1, 3],
      [2, 2],
      [3, 5],
    ]);
    expect(place([1, 5, 6, 4], 3, 3, [2, 5])).toEqual([
      [3, 3],
      [1, 2],
      [2, 5],
    ]);
  });

  it("counts tokens, or places y,x among them behind a class token", () => {
    expect(place([1, 10, 8], 2, 7, [4])).toEqual([
      [2, 7],
      [1, 4],
    ]);
    expect(place([1, 9, 8], 2, 7, [1, 2])).toEqual([
      [2, 7],
      [1, 5],
    ]);
    expect(place([1, 10, 8], 2, 7, [1, 2])).toEqual([
      [2, 7],
      [1, 6],
    ]);
  });

  it.each<[Shape, number | undefined, number | undefined, number[] | undefined, RegExp]>([
    [[1, 4, 5, 6], 1, 4, undefined, /no channel 4: expected 0 to 3/],
    [[1, 4, 5, 6], 1, -1, undefined, /no channel -1: expected 0 to 3/],
    [[1, 4, 5, 6], 1, 0, [5, 0], /no position 5,0: expected 0 to 4/],
    [[1, 4, 5, 6], 1, 0, [5], /expected 2 numbers/],
    [[1, 10], 1, 0, [0, 0], /has no positions/],
    [[1, 12, 8], 2, 0, [0, 0], /expected one number/],
    [[1, 10, 8], 2, 0, [0, 3], /expected 0 to 2/],
    [[], undefined, 0, undefined, /without channels/],
  ])("refuses %j, axis %s, channel %s, position %j", (shape, axis, channel, position, message) => {
    expect(() => place(shape, axis, channel, position)).toThrow(message);
    expect(() => place(shape, axis, channel, position)).toThrow(InputError);
  });
});

describe("inputGradient", () => {
  it("is a convolution's own weights at a position", async () => {
    const { gradient, value, address } = await inputGradient(model, "conv:2@1,1", picture, cpu);
    const w = toNumbers(weights([4, 3, 3, 3]));
    const bias = toNumbers(weights([4], 2));
    const x = toNumbers(picture);
    const expected = new Array<number>(192).fill(0);
    let sum = bias[2]!;
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) {
          const at = (c * 8 + 1 + i) * 8 + 1 + j;
          expected[at] = w[((2 * 3 + c) * 3 + i) * 3 + j]!;
          sum += expected[at]! * x[at]!;
        }
    expect(address).toBe("features.conv:2@1,1");
    expect(gradient.dims).toEqual([1, 3, 8, 8]);
    toNumbers(gradient).forEach((d, i) => {
      expect(d).toBeCloseTo(expected[i]!, 5);
    });
    expect(value).toBeCloseTo(sum, 5);
  });

  it("sums over positions, and over channels, that are left open", async () => {
    const parts = await Promise.all([0, 1, 2, 3].map((c) => inputGradient(model, `act:${c}`, picture, cpu)));
    const whole = await inputGradient(model, "act", picture, cpu);
    expect(whole.value).toBeCloseTo(
      parts.reduce((sum, p) => sum + p.value, 0),
      4,
    );
    toNumbers(whole.gradient).forEach((d, i) => {
      expect(d).toBeCloseTo(
        parts.reduce((sum, p) => sum + toNumbers(p.gradient)[i]!, 0),
        4,
      );
    });
  });

  it("takes the input's size from the input, batches too", async () => {
    const two = weights([2, 3, 6, 10], 5);
    expect((await inputGradient(model, "logits:1", two, cpu)).gradient.dims).toEqual([2, 3, 6, 10]);
  });

  it("takes float64 arrays", async () => {
    const { gradient } = await inputGradient(
      model,
      "logits:1",
      fromNumbers("float64", toNumbers(picture), picture.dims),
      cpu,
    );
    expect(gradient.dtype).toBe("float32");
  });

  it.each<[string, string, Tensor, RegExp]>([
    [
      "an input of other channels",
      "logits:1",
      weights([1, 4, 8, 8]),
      /\[1,4,8,8\], but the net takes float32\[N,3,H,W\]/,
    ],
    ["a channel that is not there", "logits:5", picture, /no channel 5: expected 0 to 4/],
  ])("refuses %s", async (_, address, x, message) => {
    await expect(inputGradient(model, address, x, cpu)).rejects.toThrow(message);
  });

  it("refuses NaN weights only where they are needed", async () => {
    const spec = classifier();
    const broken = openModel(
      netBytes({
        ...spec,
        constants: { ...spec.constants, "fc.weight": fromNumbers("float32", new Array(20).fill(Number.NaN), [5, 4]) },
      }),
    );
    await expect(inputGradient(broken, "logits:1", picture, cpu)).rejects.toThrow(
      /"fc.weight" hold 20 values that are NaN/,
    );
    await expect(inputGradient(broken, "act:1", picture, cpu)).resolves.toBeDefined();
  });

  it("does not need what comes after the unit", async () => {
    const spec = classifier();
    const odd = openModel(
      netBytes({ ...spec, nodes: [...spec.nodes.slice(0, 4), ["NoSuchOp", "odd", "/Flatten_output_0", "out"]] }),
    );
    await expect(inputGradient(odd, "act:1", picture, cpu)).resolves.toBeDefined();
    await expect(inputGradient(odd, "logits:1", picture, cpu)).rejects.toThrow(/'odd' \(NoSuchOp\)/);
  });

  it("finds channels last where the net turns its axes round", async () => {
    const nhwc = openModel(
      netBytes({
        input: [1, 4, 4, 3],
        constants: { w: weights([2, 3, 1, 1]), v: weights([2, 7]) },
        nodes: [
          ["Transpose", "t1", "x", "a", { perm: [0, 3, 1, 2] }],
          ["Conv", "c", "a w", "b"],
          ["Transpose", "t2", "b", "d", { perm: [0, 2, 3, 1] }],
          ["MatMul", "m", "d v", "out"],
        ],
        output: "out",
        outputShape: [1, 4, 4, 7],
      }),
    );
    expect(nhwc.preprocessing.layout).toBe("NHWC");
    const x = weights([1, 4, 4, 3]);
    await expect(inputGradient(nhwc, "b:2", x, cpu)).rejects.toThrow(/no channel 2: expected 0 to 1/);
    await expect(inputGradient(nhwc, "out:7", x, cpu)).rejects.toThrow(/no channel 7: expected 0 to 6/);
    const { gradient } = await inputGradient(nhwc, "out:6@1,2", x, cpu);
    const touched = toNumbers(gradient).flatMap((d, i) => (d === 0 ? [] : [Math.floor(i / 3)]));
    expect(new Set(touched)).toEqual(new Set([4 * 1 + 2]));
    expect(findLayer(nhwc, "m").address).toBe("logits");
  });
});
