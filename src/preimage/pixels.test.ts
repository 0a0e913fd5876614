/** @file The pixel parametrisation: its noise, and photos to start from. */

import { describe, expect, it } from "vitest";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { makeImage } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, type Tensor, toNumbers } from "../tensor/tensor.ts";
import type { Parametrisation } from "./axes.ts";
import { pixels } from "./pixels.ts";

const mean = [0.485, 0.456, 0.406];

const decoded = async ({ decode }: Parametrisation, theta: Tensor): Promise<Tensor> =>
  (await evaluate({ theta }, (g, v) => ({ image: decode(g, v.theta!) }))).image!;

it("decodes to θ/255 + mean", async () => {
  const theta = fromNumbers("float32", [0, 255, 25.5, -25.5, 51, 0], [1, 3, 1, 2]);
  const image = await decoded(pixels({ size: [1, 2], mean }), theta);
  const expected = [0.485, 1.485, 0.456 + 0.1, 0.456 - 0.1, 0.406 + 0.2, 0.406];
  expect(largestDifference(toNumbers(image), expected)).toBeLessThan(1e-6);
});

describe("noise", () => {
  const { init, shape } = pixels({ size: [40, 50], mean });
  const values = toNumbers(init(rng(4)));

  it("has the amplitude 80/√3 at its 95 % quantile", () => {
    const below = values.filter((x) => Math.abs(x) <= 80 / Math.sqrt(3) + 1e-4).length;
    expect(values.length).toBe(3 * 40 * 50);
    expect(init(rng(4)).dims).toEqual(shape);
    expect(Math.abs(below / values.length - 0.95)).toBeLessThan(1e-3);
  });

  it("is uniform, on both sides of zero", () => {
    const largest = Math.max(...values);
    // The end of a uniform distribution is its 95 % quantile / 0.95; 6000 values come close to both.
    expect(largest / (80 / Math.sqrt(3) / 0.95)).toBeCloseTo(1, 1);
    expect(Math.min(...values) / -largest).toBeCloseTo(1, 1);
    for (let i = -4; i < 4; i++) {
      const share = values.filter((x) => x >= (i * largest) / 4 && x < ((i + 1) * largest) / 4).length / values.length;
      expect(share).toBeGreaterThan(0.105);
      expect(share).toBeLessThan(0.145);
    }
  });

  it("is the same for a seed, another for another", () => {
    expect(toNumbers(init(rng(4)))).toEqual(values);
    expect(toNumbers(init(rng(5)))).not.toEqual(values);
  });

  it("is there for the smallest picture", () => {
    expect(toNumbers(pixels({ size: [1, 1], mean: [0.5] }).init(rng(0))).every(Number.isFinite)).toBe(true);
  });
});

describe("from a photo", () => {
  const photo = uniform("float32", [3, 4, 5]);

  it("reproduces it", async () => {
    const parametrisation = pixels({ size: [4, 5], mean, start: photo });
    const image = await decoded(parametrisation, parametrisation.init(rng(0)));
    expect(image.dims).toEqual([1, 3, 4, 5]);
    // x · 255 / 255 in float32.
    expect(largestDifference(toNumbers(image), toNumbers(photo))).toBeLessThan(1e-6);
  });

  it("has it in the middle of a larger canvas, the border repeated", async () => {
    const parametrisation = pixels({ size: [7, 8], mean, start: photo });
    const image = toNumbers(await decoded(parametrisation, parametrisation.init(rng(0))));
    const inside = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i));
    // Three more than the photo: one before, two after.
    const once = makeImage(3, 7, 8, (c, y, x) => photo.data[(c * 4 + inside(y - 1, 4)) * 5 + inside(x - 1, 5)]!);
    expect(largestDifference(image, once.data)).toBeLessThan(1e-6);
  });

  it("repeats a grey photo in all channels", async () => {
    const grey = uniform("float32", [1, 2, 2]);
    const parametrisation = pixels({ size: [2, 2], mean, start: grey });
    const image = toNumbers(await decoded(parametrisation, parametrisation.init(rng(0))));
    expect(largestDifference(image, [...grey.data, ...grey.data, ...grey.data])).toBeLessThan(1e-6);
  });
});
