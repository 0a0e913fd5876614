/** @file Class probabilities and judges, on nets whose answers are known. */

import { describe, expect, it } from "vitest";
import { convNet } from "../../test/fixtures/conv-nets.ts";
import { netBytes, type Row } from "../../test/fixtures/nets.ts";
import { largestDifference } from "../../test/fixtures/run.ts";
import { InputError } from "../error.ts";
import { type Model, type ModelOptions, openModel } from "../model/model.ts";
import { type Image, makeImage } from "../tensor/image.ts";
import { fromNumbers } from "../tensor/tensor.ts";
import { agreement, classProbabilities, judge, matchLabels, standing } from "./measure-classes.ts";

const cpu = { device: "cpu", threads: 1 } as const;

interface Made {
  readonly names?: readonly string[];
  /** Which of the input's channels each class sums. */
  readonly sees?: readonly number[];
  readonly side?: number;
  readonly end?: "Softmax" | "Sigmoid" | "LogSoftmax";
  readonly preprocessing?: NonNullable<ModelOptions["preprocessing"]>;
}

/** The logit of a class is the mean of one channel of what the net is given. */
function made({ names, sees = [0, 1, 2], side, end, preprocessing = { mean: [0], std: [1] } }: Made = {}): Model {
  const weights = sees.flatMap((channel) => [0, 1, 2].map((c) => (c === channel ? 1 : 0)));
  const last: Row[] = end ? [[end, "end", "scores", "out", end === "Sigmoid" ? {} : { axis: 1 }]] : [];
  return openModel(
    netBytes({
      input: side ? [1, 3, side, side] : ["N", 3, "H", "W"],
      constants: { w: fromNumbers("float32", weights, [sees.length, 3]) },
      nodes: [
        ["GlobalAveragePool", "pool", "x", "pooled"],
        ["Flatten", "flatten", "pooled", "flat"],
        ["Gemm", "fc", "flat w", end ? "scores" : "out", { transB: 1 }],
        ...last,
      ],
      output: "out",
      outputShape: ["N", sees.length],
    }),
    { name: "made", preprocessing, labels: names && { names, source: "test" } },
  );
}

const flat = (r: number, g: number, b: number, height = 10, width = height): Image =>
  makeImage(3, height, width, (c) => [r, g, b][c]!);
const softmax = (logits: readonly number[]): number[] => {
  const e = logits.map(Math.exp);
  return e.map((x) => x / e.reduce((a, b) => a + b));
};

describe("class probabilities", () => {
  it("are the softmax of logits, at any size", async () => {
    const images = [flat(0.9, 0.1, 0.4), flat(0.2, 0.3, 0.1, 30, 20), flat(0, 1, 1, 1)];
    const got = await classProbabilities(made(), images, cpu);
    const expected = [softmax([0.9, 0.1, 0.4]), softmax([0.2, 0.3, 0.1]), softmax([0, 1, 1])];
    for (const [i, p] of got.entries()) expect(largestDifference(p, expected[i]!)).toBeLessThan(1e-4);
  });

  it.each<["Softmax" | "Sigmoid" | "LogSoftmax", (z: number[]) => number[]]>([
    ["Softmax", softmax],
    ["LogSoftmax", softmax],
    ["Sigmoid", (z) => z.map((x) => 1 / (1 + Math.exp(-x)))],
  ])("are read off behind %s", async (end, of) => {
    const [got] = await classProbabilities(made({ end }), [flat(0.9, 0.1, 0.4)], cpu);
    expect(largestDifference(got!, of([0.9, 0.1, 0.4]))).toBeLessThan(1e-4);
  });

  it("are those of the picture's middle at the net's own size and preprocessing", async () => {
    const model = made({ side: 8, preprocessing: { colour: "BGR", range: [0, 255], mean: [127.5], std: [255] } });
    // Left and right of the middle square there is white, which does not count.
    const wide = makeImage(3, 16, 32, (c, _, x) => (x >= 8 && x < 24 ? [0.8, 0.5, 0.2][c]! : 1));
    const [got] = await classProbabilities(model, [wide], cpu);
    expect(largestDifference(got!, softmax([0.2 - 0.5, 0.5 - 0.5, 0.8 - 0.5]))).toBeLessThan(1e-4);
  });

  it("take grey pictures for a net that sees colours, and colours for one that sees grey", async () => {
    const grey = makeImage(1, 9, 9, () => 0.3);
    const [own] = await classProbabilities(made(), [grey], cpu);
    expect(largestDifference(own!, [1 / 3, 1 / 3, 1 / 3])).toBeLessThan(1e-4);
    const [a, b] = await classProbabilities(convNet({ channels: 1 }), [flat(0.3, 0.3, 0.3), grey], cpu);
    expect(a).toHaveLength(5);
    expect(largestDifference(a!, b!)).toBeLessThan(1e-4);
  });

  it("that are NaN are an error", async () => {
    const broken = made({ preprocessing: { mean: [0], std: [1e-38] } });
    await expect(classProbabilities(broken, [flat(1, 1, 1), flat(0, 0, 0)], cpu)).rejects.toThrow(InputError);
  });
});

describe("a judge", () => {
  const net = made({ names: ["red rose", "green_leaf", "Blue bell"] });

  it("is asked by name, whatever its order, size and preprocessing", async () => {
    const other = made({
      names: ["blue-bell", "red rose, rosa", "green leaf"],
      sees: [0, 2, 1],
      side: 6,
      preprocessing: { colour: "BGR", mean: [0], std: [0.5] },
    });
    expect(matchLabels(net, other)).toEqual([1, 2, 0]);
    // It sees BGR: channel 2 is red. A deviation of a half doubles all.
    const [got] = await judge(net, other, [flat(0.9, 0.3, 0.1, 50)], cpu);
    expect(largestDifference(got!, softmax([1.8, 0.6, 0.2]))).toBeLessThan(1e-4);
  });

  it("pairs classes of one name in their order", () => {
    const [a, b] = [made({ names: ["crane", "crane", "tit"] }), made({ names: ["tit", "crane", "crane"] })];
    expect(matchLabels(a, b)).toEqual([1, 2, 0]);
    expect(matchLabels(a, a)).toEqual([0, 1, 2]);
  });

  it.each<[string, Made, RegExp]>([
    [
      "with another class",
      { names: ["red rose", "green leaf", "tulip"] },
      /^made cannot judge made: it does not know "Blue bell", and it has "tulip" besides: expected a net with the same 3 classes$/,
    ],
    ["with fewer", { names: ["red rose", "blue bell"], sees: [0, 2] }, /it does not know "green_leaf": expected/],
    [
      "with more",
      { names: ["red rose", "green leaf", "blue bell", "tulip"], sees: [0, 1, 2, 0] },
      /made: it has "tulip" besides/,
    ],
    ["without names", {}, /its classes have no names/],
  ])("%s is refused", async (_, other, message) => {
    await expect(judge(net, made(other), [], cpu)).rejects.toThrow(InputError);
    await expect(judge(net, made(other), [], cpu)).rejects.toThrow(message);
  });
});

it("a judge with more classes than names is refused", async () => {
  const names = ["a", "b", "c"];
  const odd = made({ names, sees: [0, 1, 2, 0] });
  await expect(judge(made({ names }), odd, [flat(0, 0, 0)], cpu)).rejects.toThrow(
    /^made has 4 classes, but names for 3: give it the labels/,
  );
});

describe("readings of answers", () => {
  it("say where a class stands", () => {
    expect(standing([0.1, 0.6, 0.3], 2)).toEqual({ probability: 0.3, rank: 2 });
    expect(standing([0.25, 0.25, 0.5], 1)).toEqual({ probability: 0.25, rank: 2 });
  });

  it("say whether photo and picture are the same", () => {
    expect(agreement([0.1, 0.6, 0.3], [0.2, 0.5, 0.3])).toEqual({ agrees: true, target: 1, photo: 0.6, picture: 0.5 });
    expect(agreement([0.1, 0.6, 0.3], [0.2, 0.3, 0.5])).toMatchObject({ agrees: false, target: 1, picture: 0.3 });
  });
});
