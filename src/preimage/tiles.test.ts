/** @file Tiles: they cover the picture wherever they lie, and what is cut out goes back where it was. */

import { describe, expect, it } from "vitest";
import { uniform } from "../../test/fixtures/run.ts";
import { rng } from "../tensor/rng.ts";
import { cut, paste, tilesAlong, tiling } from "./tiles.ts";

const random = rng(7);
const cases = Array.from({ length: 30 }, () => {
  const of = [random.int(1, 20), random.int(1, 20)] as const;
  const size = [random.int(1, of[0] + 1), random.int(1, of[1] + 1)] as const;
  const shift = [random.int(-40, 40), random.int(-40, 40)] as const;
  return { of, size, shift };
});

describe.each(cases)("$size of $of, moved by $shift", ({ of, size, shift }) => {
  const all = tiling(of, size, shift);
  const picture = uniform("float32", [1, 2, ...of]);

  it("cover every pixel, with as few as can", () => {
    const covered = new Float32Array(2 * of[0] * of[1]).fill(Number.NaN);
    paste(cut(picture, all), all, covered);
    expect([...covered]).toEqual([...picture.data]);
    expect(all.corners.length).toBe(tilesAlong(of[0], size[0]) * tilesAlong(of[1], size[1]));
  });

  it("show the picture round its borders", () => {
    const tiles = cut(picture, all);
    expect(tiles.dims).toEqual([all.corners.length, 2, ...size]);
    const [h, w] = size;
    for (const [i, [top, left]] of all.corners.entries())
      for (const [c, y, x] of [
        [0, 0, 0],
        [1, h - 1, w - 1],
        [1, 0, w - 1],
      ] as const) {
        const at = (c * of[0] + ((top + y) % of[0])) * of[1] + ((left + x) % of[1]);
        expect(tiles.data[((i * 2 + c) * h + y) * w + x]).toBe(picture.data[at]);
      }
  });
});

it("lie in the corner and evenly where they are not moved", () => {
  expect(tiling([5, 10], [5, 4]).corners).toEqual([
    [0, 0],
    [0, 3],
    [0, 6],
  ]);
  expect(tiling([4, 4], [4, 4]).corners).toEqual([[0, 0]]);
});
