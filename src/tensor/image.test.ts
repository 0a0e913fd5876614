/** @file Tests of resizing, cropping, byte conversion, the measures and the sheet layout. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grid, strip } from "./grid.ts";
import { centreCrop, fitCrop, fromBytes8, makeImage, resize, toBytes8, toRgb } from "./image.ts";
import { rng } from "./rng.ts";
import { psnr, ssim, totalVariation } from "./similarity.ts";
import { tensor } from "./tensor.ts";

const noise = (channels: number, h: number, w: number, seed = 1) =>
  tensor("float32", [channels, h, w], rng(seed).fillUniform(new Float32Array(channels * h * w)));
const ramp = (h: number, w: number) => makeImage(1, h, w, (_, y, x) => (10 * y + x) / 1000);
const side = fc.integer({ min: 1, max: 20 });

describe("resize", () => {
  test("halving averages 1-3-3-1 along both axes", () => {
    const impulse = makeImage(1, 8, 8, (_, y, x) => (y === 3 && x === 4 ? 1 : 0));
    const { data } = resize(impulse, 4, 4);
    // Row 3 lies 3/8 in output 1 and 1/8 in output 2; column 4 lies 1/8 in output 1 and 3/8 in output 2.
    expect(data[1 * 4 + 1]).toBeCloseTo((3 / 8) * (1 / 8), 6);
    expect(data[1 * 4 + 2]).toBeCloseTo((3 / 8) * (3 / 8), 6);
    expect(data[2 * 4 + 2]).toBeCloseTo((1 / 8) * (3 / 8), 6);
    expect(data[0]).toBe(0);
  });

  test("keeps a flat picture flat, and every value within the source's range", () => {
    fc.assert(
      fc.property(side, side, side, side, (h, w, toH, toW) => {
        for (const x of resize(
          makeImage(3, h, w, () => 0.25),
          toH,
          toW,
        ).data)
          expect(x).toBeCloseTo(0.25, 6);
        const out = resize(noise(3, h, w), toH, toW);
        expect(out.dims).toEqual([3, toH, toW]);
        for (const x of out.data) expect(x >= 0 && x <= 1).toBe(true);
      }),
    );
  });

  test("does not alias: a one-pixel chequerboard becomes grey", () => {
    const out = resize(
      makeImage(1, 64, 64, (_, y, x) => (x + y) % 2),
      16,
      16,
    );
    for (const x of out.data) expect(Math.abs(x - 0.5)).toBeLessThan(0.05);
  });
});

describe("crops", () => {
  test("take the middle, of two middles the upper left one", () => {
    expect([...centreCrop(ramp(5, 4), 3, 2).data].map((x) => Math.round(x * 1000))).toEqual([11, 12, 21, 22, 31, 32]);
    expect([...centreCrop(ramp(2, 2), 1, 1).data]).toEqual([0]);
  });

  test("a crop larger than the picture is a fault of ours", () => {
    expect(() => centreCrop(ramp(2, 2), 3, 1)).toThrow(/^internal:/);
  });

  test("fitCrop gives size × size of any picture, without distortion", () => {
    fc.assert(
      fc.property(side, side, side, (h, w, size) => {
        expect(fitCrop(noise(3, h, w), size).dims).toEqual([3, size, size]);
      }),
    );
    const disc = makeImage(1, 64, 100, (_, y, x) => (Math.hypot(y - 31.5, x - 49.5) < 24 ? 1 : 0));
    const { data } = fitCrop(disc, 32);
    const across = data.slice(16 * 32, 17 * 32).reduce((a, b) => a + b, 0);
    let down = 0;
    for (let y = 0; y < 32; y++) down += data[y * 32 + 16]!;
    expect(across).toBeCloseTo(24, 0);
    expect(down).toBeCloseTo(across, 1);
  });
});

describe("bytes", () => {
  test("interleave channels, clamp, round", () => {
    const image = tensor("float32", [3, 1, 2], Float32Array.from([0, 1, -1, 2, 0.5, Number.NaN]));
    expect([...toBytes8(image)]).toEqual([0, 0, 128, 255, 255, 0]);
  });

  test("all bytes survive the way to floats and back; further channels are dropped", () => {
    const bytes = Uint8Array.from({ length: 256 * 4 }, (_, i) => i >> 2);
    const image = fromBytes8(bytes, { height: 16, width: 16, stride: 4, channels: 3 });
    expect([...toBytes8(image)]).toEqual(Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3)));
  });

  test("what is not opaque lies on white", () => {
    const image = makeImage(4, 1, 3, (c, _, x) => (c < 3 ? 0.2 * (c + 1) : x / 2));
    for (const [i, v] of toRgb(image).data.entries())
      expect(v).toBeCloseTo(1 + ((i % 3) / 2) * (0.2 * (Math.floor(i / 3) + 1) - 1), 6);
    const grey = makeImage(2, 1, 2, (c, _, x) => (c === 0 ? 0.4 : x));
    expect([...toRgb(grey).data]).toEqual([1, 1, 1].flatMap((white) => [white, expect.closeTo(0.4, 6)]));
  });

  test("grey becomes three equal channels", () => {
    expect([...toRgb(ramp(1, 2)).data]).toEqual([0, 0.001, 0, 0.001, 0, 0.001].map(Math.fround));
  });
});

describe("psnr", () => {
  test("20 dB for a difference of 0.1 everywhere, Infinity for none", () => {
    const a = noise(3, 4, 4);
    expect(
      psnr(
        a,
        makeImage(3, 4, 4, (c, y, x) => a.data[c * 16 + y * 4 + x]! + 0.1),
      ),
    ).toBeCloseTo(20, 4);
    expect(psnr(a, a)).toBe(Number.POSITIVE_INFINITY);
    expect(() => psnr(a, noise(3, 4, 5))).toThrow(/^internal:/);
  });
});

describe("ssim", () => {
  test("1 for equal pictures of any size, and symmetric", () => {
    fc.assert(
      fc.property(side, side, (h, w) => {
        const [a, b] = [noise(3, h, w, 1), noise(3, h, w, 2)];
        expect(ssim(a, a)).toBeCloseTo(1, 10);
        expect(ssim(a, b)).toBeCloseTo(ssim(b, a), 10);
        expect(ssim(a, b)).toBeLessThan(1);
      }),
    );
  });

  test("of flat pictures is the luminance term alone", () => {
    const [x, y] = [0.2, 0.6];
    const expected = (2 * x * y + 0.0001) / (x * x + y * y + 0.0001);
    expect(
      ssim(
        makeImage(1, 16, 16, () => x),
        makeImage(1, 16, 16, () => y),
      ),
    ).toBeCloseTo(expected, 5);
  });

  test("of a picture and its negative about the mean is the contrast term with σab = −σ²", () => {
    // A chequerboard of ±d about 1/2: under any window μ ≈ 1/2 and σ² ≈ d², so SSIM ≈ (C₂ − 2d²) / (C₂ + 2d²).
    const d = 0.1;
    const board = (sign: number) => makeImage(1, 32, 32, (_, y, x) => 0.5 + sign * d * ((x + y) % 2 ? 1 : -1));
    expect(ssim(board(1), board(-1))).toBeCloseTo((0.0009 - 2 * d * d) / (0.0009 + 2 * d * d), 2);
  });

  test("falls as noise grows", () => {
    const a = resize(noise(1, 6, 6), 48, 48);
    const n = noise(1, 48, 48, 3);
    const noisy = (s: number) =>
      makeImage(1, 48, 48, (_, y, x) => a.data[y * 48 + x]! + s * (n.data[y * 48 + x]! - 0.5));
    const values = [0, 0.1, 0.3, 1].map((s) => ssim(a, noisy(s)));
    expect(values).toEqual([...values].sort((p, q) => q - p));
    expect(values[3]).toBeLessThan(0.5);
  });
});

describe("total variation", () => {
  test("counts each step once, and is 0 for a flat or tiny picture", () => {
    const edge = makeImage(3, 4, 8, (_, _y, x) => (x < 4 ? 0 : 1));
    expect(totalVariation(edge)).toBeCloseTo(1 / 8, 10);
    expect(totalVariation(makeImage(1, 5, 5, () => 0.7))).toBe(0);
    expect(totalVariation(makeImage(3, 1, 1, () => 1))).toBe(0);
    expect(totalVariation(makeImage(1, 2, 2, (_, y, x) => (x === 0 && y === 0 ? 1 : 0)))).toBeCloseTo(
      Math.SQRT2 / 4,
      6,
    );
  });
});

describe("sheets", () => {
  test("a strip: pictures in the middle of equal cells, white between", () => {
    const sheet = strip([makeImage(1, 2, 2), makeImage(3, 4, 2)], { margin: 1 });
    expect(sheet.dims).toEqual([3, 6, 7]);
    const red = Array.from({ length: 6 }, (_, y) => [...sheet.data.slice(y * 7, y * 7 + 7)].join(""));
    expect(red).toEqual(["1111111", "1111001", "1001001", "1001001", "1111001", "1111111"]);
  });

  test("a grid with captions: cells neither overlap nor leave the sheet, and hold their pictures", () => {
    const count = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(count, count, side, side, fc.nat(5), fc.nat(9), (n, columns, h, w, margin, caption) => {
        const images = Array.from({ length: n }, (_, i) => makeImage(3, h, w, () => i / 10));
        const { image, cells } = grid(images, { columns, margin, caption });
        const [, height, width] = image.dims as [number, number, number];
        const covered = new Set<number>();
        for (const [i, cell] of cells.entries())
          for (let y = cell.y; y < cell.y + h + caption; y++)
            for (let x = cell.x; x < cell.x + w; x++) {
              expect(y < height && x < width && !covered.has(y * width + x)).toBe(true);
              covered.add(y * width + x);
              expect(image.data[y * width + x]).toBe(y < cell.y + h ? Math.fround(i / 10) : 1);
            }
      }),
    );
  });
});
