/** @file Pictures to planes and back, and starts from photos, for every parametrisation that takes one. */

import { describe, expect, it } from "vitest";
import { evaluate, largestDifference, uniform } from "../../../test/fixtures/run.ts";
import { makeImage, toBytes8 } from "../../tensor/image.ts";
import { rng } from "../../tensor/rng.ts";
import { tensor, toNumbers } from "../../tensor/tensor.ts";
import { fourier } from "../fourier.ts";
import { fromPicture, toPicture } from "./colour.ts";
import { laplacian } from "./laplacian.ts";
import { placed } from "./start.ts";

const photo = (channels: number) => uniform("float32", [channels, 5, 6], [0.01, 0.99]);

it.each([1, 2, 3, 5])("planes of a picture of %i channels become that picture", async (channels) => {
  const planes = tensor("float32", [1, channels, 5, 6], Float32Array.from(fromPicture(photo(channels))));
  const { image } = await evaluate({ planes }, (g, v) => ({ image: toPicture(g, v.planes!) }));
  expect(largestDifference(toNumbers(image!), photo(channels).data)).toBeLessThan(1e-6);
});

describe.each([
  ["fourier", fourier],
  ["laplacian", laplacian],
] as const)("%s from a photo", (_, parametrisation) => {
  const start = async (options: Parameters<typeof parametrisation>[0]) => {
    const { init, decode, shape } = parametrisation(options);
    const theta = init(rng(1));
    expect(theta.dims).toEqual(shape);
    return (await evaluate({ theta }, (g, v) => ({ image: decode(g, v.theta!) }))).image!;
  };

  it.each([1, 2, 3, 5])("is the photo, %i channels", async (channels) => {
    const image = await start({ size: [5, 6], channels, start: photo(channels) });
    expect(largestDifference(toNumbers(image), photo(channels).data)).toBeLessThan(1e-5);
  });

  it("keeps black and white, but for what 8 bits cannot tell", async () => {
    const hard = makeImage(3, 5, 6, (c, y, x) => (x + y + c) % 2);
    const image = await start({ size: [5, 6], channels: 3, start: hard });
    expect(largestDifference(toNumbers(image), hard.data)).toBeLessThan(1 / 512 + 1e-5);
    expect([...toBytes8(tensor("float32", [3, 5, 6], image.data as Float32Array))]).toEqual([...toBytes8(hard)]);
  });

  it("repeats its border on a larger canvas, and its only channel", async () => {
    const image = await start({ size: [8, 9], channels: 3, start: photo(1) });
    const expected = placed(photo(1), [8, 9], 3);
    expect(largestDifference(toNumbers(image), expected.data)).toBeLessThan(1e-5);
  });

  it("adds noise where it is asked for", async () => {
    const image = await start({ size: [5, 6], channels: 3, start: photo(3), deviation: 0.01 });
    const difference = largestDifference(toNumbers(image), photo(3).data);
    expect(difference).toBeGreaterThan(1e-4);
    expect(difference).toBeLessThan(0.2);
  });
});

it("a picture is put into the middle, or cut to it", () => {
  const grid = makeImage(1, 3, 3, (_, y, x) => 3 * y + x);
  expect([...placed(grid, [1, 1], 1).data]).toEqual([4]);
  expect([...placed(grid, [2, 5], 2).data]).toEqual([0, 0, 1, 2, 2, 3, 3, 4, 5, 5, 0, 0, 1, 2, 2, 3, 3, 4, 5, 5]);
});
