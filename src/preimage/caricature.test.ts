/** @file Caricaturization on a small net. */

import { describe, expect, it } from "vitest";
import { convNet, convNetSpec, finish } from "../../test/fixtures/conv-nets.ts";
import { netBytes } from "../../test/fixtures/nets.ts";
import { uniform } from "../../test/fixtures/run.ts";
import { InputError } from "../error.ts";
import { openModel } from "../model/model.ts";
import { prepare } from "../model/preprocessing.ts";
import { activation } from "../model/unit.ts";
import { type Image, makeImage } from "../tensor/image.ts";
import { psnr } from "../tensor/similarity.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { caricature } from "./caricature.ts";
import { fitPhoto } from "./encode.ts";
import type { TechniqueOptions } from "./technique.ts";

const quick: TechniqueOptions = { device: "cpu", threads: 1, size: 16, steps: 15, seed: 1 };
const model = convNet();
// Of low contrast, so that the range norm, which draws colours to the mean, is no match for the data term.
const photo = makeImage(3, 20, 24, (c, y, x) => 0.5 + 0.1 * Math.sin(0.4 * x + c) * Math.cos(0.3 * y));

/** Activations of "conv". */
const codeOf = async (image: Image): Promise<number[]> =>
  toNumbers(await activation(model, "conv", prepare(image, model.preprocessing, [16, 16]), { device: "cpu" }));

describe("natural", () => {
  it.each(["conv", "relu", "logits"])("starts from the photo and raises its activation above 1, %s", async (layer) => {
    const { returned } = await finish(caricature(model, photo, layer, quick));
    // The photo itself, but for ·255 / 255 in float32.
    expect(returned.activation.start).toBeCloseTo(1, 3);
    expect(returned.activation.end).toBeGreaterThan(1);
    expect(returned.preset).toBe("natural");
  });

  it("measures the product with the positive part of the photo's code", async () => {
    const { returned } = await finish(caricature(model, photo, "conv", quick));
    const [code, own] = await Promise.all([fitPhoto(model, [16, 16], photo), returned.image].map(codeOf));
    const positive = code!.map((x) => Math.max(x, 0));
    const product = (x: readonly number[]): number => x.reduce((s, v, i) => s + v * positive[i]!, 0);
    expect(Math.min(...code!)).toBeLessThan(-0.1);
    expect(returned.activation.end / (product(own!) / product(positive))).toBeCloseTo(1, 4);
  });

  it("returns the photo when it is not given a step", async () => {
    const { returned } = await finish(caricature(model, photo, "relu", { ...quick, steps: 0 }));
    const expected = fitPhoto(model, [16, 16], photo);
    expect(psnr(returned.image, expected)).toBeGreaterThan(100);
  });

  it("is the same for a seed", async () => {
    const pictures = [1, 1].map(async () =>
      toNumbers((await finish(caricature(model, photo, "relu", quick))).returned.image),
    );
    const [a, b] = await Promise.all(pictures);
    expect(a).toEqual(b);
  });
});

it("lucid starts from noise and becomes like the photo to the layer", async () => {
  const { returned } = await finish(caricature(model, photo, "relu", { ...quick, preset: "lucid" }));
  expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
  expect(returned.preset).toBe("lucid");
});

it("takes photos of one pixel, grey ones, and nets that see grey", async () => {
  const dot = uniform("float32", [3, 1, 1]);
  expect((await finish(caricature(model, dot, "relu", quick))).returned.image.dims).toEqual([3, 16, 16]);
  const grey = makeImage(1, 9, 9, (_, y, x) => 0.5 + 0.1 * Math.sin(x) * Math.cos(y));
  expect((await finish(caricature(model, grey, "relu", quick))).returned.activation.end).toBeGreaterThan(1);
  // About the photo's mean: from the default, black, the range norm would pull it down.
  const preprocessing = { mean: [0.5], std: [0.25] };
  const greyNet = openModel(netBytes(convNetSpec({ channels: 1 })), { preprocessing });
  const { returned } = await finish(caricature(greyNet, photo, "relu", quick));
  expect(returned.image.dims).toEqual([1, 16, 16]);
  expect(returned.activation.end).toBeGreaterThan(1);
});

describe("refuses", () => {
  it("an unknown layer", async () => {
    await expect(finish(caricature(model, photo, "rellu", quick))).rejects.toThrow(/did you mean relu/);
  });

  it.each(["natural", "lucid"] as const)("a layer that the photo leaves silent, %s", async (preset) => {
    const silent = convNet({ constants: { "conv.bias": fromNumbers("float32", [-1000, -1000, -1000, -1000]) } });
    const run = finish(caricature(silent, photo, "relu", { ...quick, preset }));
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(/relu is nowhere active for this photo/);
  });
});
