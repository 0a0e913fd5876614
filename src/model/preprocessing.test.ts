/** @file Tests of preprocessing: where it comes from, and that host and graph agree. */

import { describe, expect, it } from "vitest";
import type { Dim } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { compile } from "../runtime/compile.ts";
import { makeImage } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { tensor, toNumbers } from "../tensor/tensor.ts";
import { choosePreprocessing, normalise, type Preprocessing, prepare } from "./preprocessing.ts";

const input = (...shape: Dim[]) => ({ name: "x", dtype: "float32", shape }) as const;

describe("choosePreprocessing", () => {
  it("assumes ImageNet for colour and says so", () => {
    const { preprocessing, source } = choosePreprocessing(input("N", 3, 224, 224), {});
    expect(preprocessing).toEqual({
      layout: "NCHW",
      colour: "RGB",
      range: [0, 1],
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
    expect(source).toMatch(/^ImageNet defaults assumed: .*0\.485/);
  });

  it("sees grey and channels-last inputs", () => {
    expect(choosePreprocessing(input(1, 1, 28, 28), {}).preprocessing).toMatchObject({
      layout: "NCHW",
      colour: "grey",
      mean: [0],
    });
    expect(choosePreprocessing(input(null, 32, 32, 3), {}).preprocessing).toMatchObject({
      layout: "NHWC",
      colour: "RGB",
    });
  });

  it("takes options before the file beside the model before the model itself, part by part", () => {
    const { preprocessing, source } = choosePreprocessing(input("N", 3, 8, 8), {
      flags: { mean: [0.5] },
      sidecar: { mean: [1, 1, 1], std: [0.25, 0.25, 0.25] },
      metadata: { std: [1, 2, 3], colour: "bgr", range: [0, 1] },
    });
    expect(preprocessing).toMatchObject({ mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], colour: "BGR" });
    expect(source).toMatch(/options; .*\.fovea\.json.*; the model file$/);
  });

  it("scales and reorders the assumed numbers with range and colour", () => {
    const { mean, std } = choosePreprocessing(input("N", 3, 8, 8), {
      flags: { range: [0, 255], colour: "BGR" },
    }).preprocessing;
    expect(mean[0]).toBeCloseTo(0.406 * 255);
    expect(std[2]).toBeCloseTo(0.229 * 255);
  });

  it.each([
    [{ colour: "purple" }, /colour must be one of RGB, BGR, grey/],
    [{ std: [0, 1, 1] }, /none of them 0/],
    [{ mean: [1, 2] }, /one number a channel/],
    [{ range: [3, 3] }, /two different numbers/],
    [[], undefined],
    ["RGB", /must be an object/],
  ])("judges %j", (sidecar, message) => {
    const choose = () => choosePreprocessing(input("N", 3, 8, 8), { sidecar });
    if (message) expect(choose).toThrow(message);
    else expect(choose).not.toThrow();
  });
});

const kinds: readonly Preprocessing[] = [
  { layout: "NCHW", colour: "RGB", range: [0, 1], mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4] },
  { layout: "NHWC", colour: "BGR", range: [0, 255], mean: [104, 117, 123], std: [1, 2, 3] },
  { layout: "NCHW", colour: "grey", range: [-1, 1], mean: [0.1], std: [0.5] },
];

describe("prepare and normalise", () => {
  it.each(kinds)("agree for $layout $colour", async (p) => {
    const random = rng(3);
    const picture = makeImage(3, 5, 4, () => random.uniform());
    const host = prepare(picture, p, [5, 4]);
    const g = builderOf();
    g.output(normalise(g, g.input("x", "float32", [1, 3, 5, 4]), p), "y");
    const program = await compile(g.graph, { device: "cpu" });
    const { y } = await program.run({ x: tensor("float32", [1, 3, 5, 4], picture.data) });
    await program.dispose();
    expect(y!.dims).toEqual(host.dims);
    toNumbers(y!).forEach((v, i) => {
      expect(v).toBeCloseTo(toNumbers(host)[i]!, 3);
    });
  });

  it("do what the formula says", () => {
    const red = makeImage(3, 1, 1, (c) => (c === 0 ? 1 : 0));
    const [rgb, bgr, grey] = kinds.map((p) => toNumbers(prepare(red, p, [1, 1])));
    expect(rgb![0]).toBeCloseTo((1 - 0.4) / 0.2);
    expect(bgr!.map(Math.round)).toEqual([-104, -58, 44]);
    expect(grey![0]).toBeCloseTo((-1 + 2 * 0.299 - 0.1) / 0.5);
  });

  it("cover the input and keep the middle", () => {
    const stripes = makeImage(3, 4, 12, (_, _y, x) => (x >= 4 && x < 8 ? 1 : 0));
    const plain: Preprocessing = { layout: "NCHW", colour: "RGB", range: [0, 1], mean: [0, 0, 0], std: [1, 1, 1] };
    expect(toNumbers(prepare(stripes, plain, [4, 4])).every((v) => v === 1)).toBe(true);
  });
});
