/** @file Photos as a net sees them, and their codes. */

import { describe, expect, it } from "vitest";
import { convNet } from "../../test/fixtures/conv-nets.ts";
import { largestDifference, uniform } from "../../test/fixtures/run.ts";
import { findLayer } from "../model/address.ts";
import { prepare } from "../model/preprocessing.ts";
import { activation } from "../model/unit.ts";
import { makeImage } from "../tensor/image.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { encode, fitPhoto } from "./encode.ts";
import { netAt } from "./net.ts";

const model = convNet();

describe("fitPhoto", () => {
  const wide = uniform("float32", [3, 4, 8]);

  it("cuts out the middle, without squeezing", () => {
    const middle = makeImage(3, 4, 4, (c, y, x) => wide.data[(c * 4 + y) * 8 + x + 2]!);
    expect(toNumbers(fitPhoto(model, [4, 4], wide))).toEqual(toNumbers(middle));
    const high = uniform("float32", [3, 6, 4]);
    const part = makeImage(3, 4, 4, (c, y, x) => high.data[(c * 6 + y + 1) * 4 + x]!);
    expect(toNumbers(fitPhoto(model, [4, 4], high))).toEqual(toNumbers(part));
  });

  it("enlarges and shrinks photos that are flat to flat ones", () => {
    for (const [h, w] of [
      [1, 1],
      [3, 100],
      [64, 2],
    ] as const) {
      const fitted = fitPhoto(
        model,
        [8, 6],
        makeImage(3, h, w, (c) => 0.2 + c / 10),
      );
      const flat = makeImage(3, 8, 6, (c) => 0.2 + c / 10);
      expect(fitted.dims).toEqual([3, 8, 6]);
      expect(largestDifference(toNumbers(fitted), toNumbers(flat))).toBeLessThan(1e-6);
    }
  });

  it("has as many channels as the net sees", () => {
    const grey = fitPhoto(convNet({ channels: 1 }), [4, 8], wide);
    expect(grey.dims).toEqual([1, 4, 8]);
    const [red, green, blue] = [0, 1, 2].map((c) => wide.data[c * 32 + 5]!);
    expect(grey.data[5]).toBeCloseTo(0.299 * red! + 0.587 * green! + 0.114 * blue!, 5);
    expect(fitPhoto(model, [4, 8], grey).dims).toEqual([3, 4, 8]);
  });
});

it("encode is what the layer computes for the photo", async () => {
  const { value } = findLayer(model, "pool");
  const photo = uniform("float32", [3, 9, 12]);
  const { code, picture } = await encode(model, netAt(model, [value], 8), value, photo, { device: "cpu" });
  const input = prepare(photo, model.preprocessing, [8, 8]);
  const expected = await activation(model, "pool", input, { device: "cpu" });
  expect(code.dims).toEqual([1, 4, 4, 4]);
  expect(picture.dims).toEqual([3, 8, 8]);
  expect(largestDifference(toNumbers(code), toNumbers(expected))).toBeLessThan(1e-5);
});
