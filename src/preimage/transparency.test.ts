/** @file Opacity from gradients. */

import { expect, it } from "vitest";
import { uniform } from "../../test/fixtures/run.ts";
import { makeImage } from "../tensor/image.ts";
import { opacityOf, withOpacity } from "./transparency.ts";

it("is the mean over channels, cut at the percentile", () => {
  // Means 0, 1, … 10: the 80th percentile is 8.
  const pulls = makeImage(2, 1, 11, (c, _, x) => (c === 0 ? 2 * x : 0));
  const expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8].map((x) => Math.fround(x / 8));
  expect([...opacityOf(pulls).data]).toEqual(expected);
  // Half-way between 2 and 3.
  expect(opacityOf(pulls, { percentile: 25 }).data[1]).toBeCloseTo(1 / 2.5, 6);
});

it("shows what was pulled at even where that is next to nothing, and all of a picture that was not", () => {
  const dot = makeImage(3, 4, 5, (_, y, x) => (y === 2 && x === 1 ? 0.3 : 0));
  expect([...opacityOf(dot).data]).toEqual([...makeImage(1, 4, 5, (_, y, x) => (y === 2 && x === 1 ? 1 : 0)).data]);
  expect(opacityOf(makeImage(3, 2, 2)).data).toEqual(new Float32Array(4).fill(1));
});

it("becomes a further channel", () => {
  const [image, opacity] = [uniform("float32", [3, 2, 2]), uniform("float32", [1, 2, 2], [0, 1], 2)];
  const both = withOpacity(image, opacity);
  expect(both.dims).toEqual([4, 2, 2]);
  expect([...both.data]).toEqual([...image.data, ...opacity.data]);
});
