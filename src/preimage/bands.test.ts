/** @file Nets whose input has any number of channels: grey, bands that are no colours, and colours with one more. */

import { describe, expect, it } from "vitest";
import { finish } from "../../test/fixtures/conv-nets.ts";
import { netBytes, weights } from "../../test/fixtures/nets.ts";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { type Model, openModel } from "../model/model.ts";
import { normalise, type Preprocessing, prepare } from "../model/preprocessing.ts";
import { makeImage } from "../tensor/image.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { invert } from "./invert.ts";
import { type MaximizeOptions, maximize } from "./maximize.ts";

const SIDE = 12;
const bytesOf = (channels: number): Uint8Array =>
  netBytes({
    input: [1, channels, SIDE, SIDE],
    constants: { w: weights([4, channels, 3, 3]) },
    nodes: [
      ["Conv", "conv", "x w", "a"],
      ["Relu", "relu", "a", "out"],
    ],
    output: "out",
    outputShape: [1, 4, SIDE - 2, SIDE - 2],
  });
const quick: MaximizeOptions = { device: "cpu", threads: 1, steps: 12, seed: 1 };

describe.each([1, 2, 4, 5, 7])("%i channels", (channels) => {
  const model: Model = openModel(bytesOf(channels));

  it("are told from the file", () => {
    expect(model.preprocessing).toMatchObject({ colour: channels === 1 ? "grey" : "bands", layout: "NCHW" });
    expect(model.preprocessing.mean.length).toBe(channels);
  });

  it.each<MaximizeOptions>([
    {},
    { preset: "natural" },
    { preset: "maco" },
    { parametrisation: "laplacian:2,alpha" },
    { parametrisation: "pixels", regularisers: "range,l1:0.1", transparent: true },
  ])("%o", async (options) => {
    const { returned } = await finish(maximize(model, "conv:1", { ...quick, ...options }));
    expect(returned.image.dims).toEqual([channels, SIDE, SIDE]);
    expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
  });
});

describe("bands", () => {
  const preprocessing: Preprocessing = {
    layout: "NCHW",
    colour: "bands",
    range: [0, 10],
    mean: [1, 2, 3, 4],
    std: [1, 2, 4, 8],
  };

  it("are normalised each by itself", async () => {
    const image = uniform("float32", [2, 4, 3, 2]);
    const { y } = await evaluate({ image }, (g, v) => ({ y: normalise(g, v.image!, preprocessing) }));
    const expected = toNumbers(image).map((x, i) => {
      const c = Math.floor(i / 6) % 4;
      return (10 * x - preprocessing.mean[c]!) / preprocessing.std[c]!;
    });
    expect(largestDifference(toNumbers(y!), expected)).toBeLessThan(1e-5);
  });

  it("take as many numbers of mean and deviation as the file has channels, or one for all", () => {
    const opened = (mean: number[]): Model => openModel(bytesOf(4), { preprocessing: { mean } });
    expect(opened([1, 2, 3, 4]).preprocessing).toMatchObject({ mean: [1, 2, 3, 4], std: [1, 1, 1, 1] });
    expect(opened([0.5]).preprocessing.mean).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(() => opened([1, 2, 3])).toThrow(/bands needs 4 numbers for mean, one number a channel, got 3/);
  });

  it("have nothing to do with photos", async () => {
    const photo = makeImage(3, SIDE, SIDE);
    const message = /takes pictures of 5 bands, and a photo has red, green and blue: start from noise/;
    const model = openModel(bytesOf(5));
    await expect(finish(invert(model, photo, "conv", quick))).rejects.toThrow(message);
    await expect(finish(maximize(model, "conv:1", { ...quick, start: photo }))).rejects.toThrow(message);
    expect(() => prepare(photo, model.preprocessing, [SIDE, SIDE])).toThrow(message);
  });
});
