/** @file Inversion on small nets: what a layer keeps comes back. */

import { describe, expect, it } from "vitest";
import { convNet, finish } from "../../test/fixtures/conv-nets.ts";
import { netBytes } from "../../test/fixtures/nets.ts";
import { evaluate } from "../../test/fixtures/run.ts";
import { InputError } from "../error.ts";
import { findLayer } from "../model/address.ts";
import { openModel } from "../model/model.ts";
import { type Image, makeImage } from "../tensor/image.ts";
import { psnr, ssim } from "../tensor/similarity.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { fitPhoto } from "./encode.ts";
import { type InvertOptions, invert } from "./invert.ts";
import { netAt } from "./net.ts";

const quick: InvertOptions = { device: "cpu", threads: 1, size: 16, steps: 35, seed: 1 };
const model = convNet();
const waves = (phase: number): Image =>
  makeImage(3, 16, 16, (c, y, x) => 0.45 + 0.2 * Math.sin(0.4 * x + c + phase) * Math.cos(0.3 * y - phase));
const photo = waves(0);

/** conv 1×1 with an invertible matrix: the code is the picture in other colours. */
const recoloured = openModel(
  netBytes({
    constants: { w: fromNumbers("float32", [1, 0.5, 0, -0.5, 1, 0.25, 0, 0.5, 1], [3, 3, 1, 1]) },
    nodes: [["Conv", "colours", "x w", "out"]],
    output: "out",
    outputShape: ["N", 3, "H", "W"],
  }),
);

const squared = (x: readonly number[]): number => x.reduce((s, v) => s + v * v, 0);

async function codeOf(image: Image, layer: string): Promise<number[]> {
  const { value } = findLayer(model, layer);
  const x = fromNumbers("float32", toNumbers(image), [1, 3, 16, 16]);
  const net = netAt(model, [value], 16);
  return toNumbers((await evaluate({ x }, (g, v) => ({ code: net.emit(g, v.x!, [value])[0]! }))).code!);
}

describe.each(["natural", "lucid"] as const)("%s", (preset) => {
  it.each(["conv", "relu", "pool"])("brings the error of %s below half of the noise's", async (layer) => {
    const { returned } = await finish(invert(model, photo, layer, { ...quick, steps: 120, preset }));
    expect(returned.error.ijcv).toBeLessThan(0.5 * Math.sqrt(-returned.activation.start));
    expect(returned.preset).toBe(preset);
  });

  it("rebuilds the photo from a layer that loses nothing", async () => {
    const { returned } = await finish(invert(recoloured, photo, "colours", { ...quick, steps: 200, preset }));
    const noise = (await finish(invert(recoloured, photo, "colours", { ...quick, steps: 0, preset }))).returned;
    expect(returned.psnr).toBeGreaterThan(28);
    expect(returned.psnr).toBeGreaterThan(noise.psnr + 8);
    expect(returned.ssim).toBeGreaterThan(0.9);
  });
});

it("measures the picture that it returns", async () => {
  const { returned } = await finish(invert(model, photo, "relu", quick));
  const [got, wanted] = [await codeOf(returned.image, "relu"), await codeOf(photo, "relu")];
  const distance = squared(got.map((x, i) => x - wanted[i]!));
  expect(returned.error.ijcv).toBeCloseTo(Math.sqrt(distance / squared(wanted)), 4);
  expect(toNumbers(returned.photo)).toEqual(toNumbers(fitPhoto(model, [16, 16], photo)));
  expect(returned.psnr).toBe(psnr(returned.image, photo));
  expect(returned.ssim).toBe(ssim(returned.image, photo));
  expect(returned.error.cvpr).toBeUndefined();
});

it("has the error of CVPR 2015 with two other photos, relative to the distance of their codes", async () => {
  const others = [waves(1), waves(2), waves(3)];
  const { returned } = await finish(invert(model, photo, "relu", { ...quick, others }));
  const [wanted, a, b, c] = await Promise.all([photo, ...others].map((p) => codeOf(p, "relu")));
  const between = (x: number[], y: number[]): number => squared(x.map((v, i) => v - y[i]!));
  const mean = (between(a!, b!) + between(a!, c!) + between(b!, c!)) / 3;
  expect(returned.error.cvpr! / ((returned.error.ijcv ** 2 * squared(wanted!)) / mean)).toBeCloseTo(1, 4);
  const one = await finish(invert(model, photo, "relu", { ...quick, others: [waves(1)] }));
  expect(one.returned.error).not.toHaveProperty("cvpr");
});

it("minds the code more the larger its weight is", async () => {
  const error = async (codeWeight: number): Promise<number> =>
    (await finish(invert(model, photo, "conv", { ...quick, codeWeight }))).returned.error.ijcv;
  expect(await error(300)).toBeLessThan(await error(0.01));
});

it("lasts 300 + 50 steps for natural and 512 for lucid", async () => {
  const stepsOf = async (preset: "natural" | "lucid"): Promise<number> => {
    const run = invert(model, photo, "conv", { device: "cpu", size: 16, preset });
    const first = await run.next();
    if (first.done) throw new Error("expected a first step");
    await run.return(undefined as never);
    return first.value.steps;
  };
  expect(await stepsOf("natural")).toBe(350);
  expect(await stepsOf("lucid")).toBe(512);
});

it("takes a photo of one pixel", async () => {
  const dot = fromNumbers("float32", [0.2, 0.5, 0.7], [3, 1, 1]);
  const { returned } = await finish(invert(model, dot, "conv", quick));
  expect(returned.photo.dims).toEqual([3, 16, 16]);
  expect(Number.isFinite(returned.error.ijcv)).toBe(true);
});

it("refuses a layer that the photo leaves silent", async () => {
  const silent = convNet({ constants: { "conv.bias": fromNumbers("float32", [-1000, -1000, -1000, -1000]) } });
  const run = finish(invert(silent, photo, "relu", quick));
  await expect(run).rejects.toThrow(InputError);
  await expect(run).rejects.toThrow(/relu is zero everywhere for this photo/);
});
