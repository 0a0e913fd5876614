/** @file Measures on pictures against pictures whose colours, shifts and spectra are known. */

import { describe, expect, it } from "vitest";
import { bestShift } from "./best-shift.ts";
import { colourKept } from "./colour-kept.ts";
import { type Image, makeImage, resize, toGrey } from "./image.ts";
import { textureKept } from "./octaves.ts";
import { oklab } from "./oklab.ts";
import { rng } from "./rng.ts";
import { pixelSpread } from "./spread.ts";

type Colour = readonly [number, number, number];
const degrees = 180 / Math.PI;
const row = (...colours: readonly Colour[]): Image => makeImage(3, 1, colours.length, (c, _, x) => colours[x]![c]!);

/** The sRGB colour of a point of Oklab given by lightness, chroma and hue in degrees (Ottosson 2020, the inverse). */
function srgb(L: number, chroma: number, hue: number): Colour {
  const [a, b] = [chroma * Math.cos(hue / degrees), chroma * Math.sin(hue / degrees)];
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055)) as unknown as Colour;
}

/** Pixels of 24 hues, alike in lightness and chroma, turned and weakened. */
const wheel = (turn = 0, strength = 1): Image =>
  row(...Array.from({ length: 24 }, (_, i) => srgb(0.7, 0.1 * strength, 15 * i + turn)));

/** Smooth seeded noise: what a photo is to a correlation. */
function clouds(height: number, width: number, seed: number): Image {
  const random = rng(seed);
  const coarse = makeImage(3, Math.ceil(height / 8), Math.ceil(width / 8), () => random.uniform());
  const fine = makeImage(3, height, width, () => random.uniform(0, 0.2));
  const large = resize(coarse, height, width);
  return makeImage(3, height, width, (c, y, x) => {
    const i = (c * height + y) * width + x;
    return 0.8 * large.data[i]! + fine.data[i]!;
  });
}

const window = (image: Image, top: number, left: number, height: number, width: number): Image => {
  const [, h, w] = image.dims as [number, number, number];
  return makeImage(3, height, width, (c, y, x) => image.data[(c * h + top + y) * w + left + x]!);
};

describe("Oklab", () => {
  // CSS Color 4's oklch of the sRGB primaries.
  it.each<[string, Colour, number, number, number]>([
    ["red", [1, 0, 0], 0.62796, 0.25768, 29.234],
    ["green", [0, 1, 0], 0.86644, 0.29483, 142.495],
    ["blue", [0, 0, 1], 0.45201, 0.31321, 264.052],
  ])("has the published lightness, chroma and hue of %s", (_, colour, L, chroma, hue) => {
    const { lightness, a, b } = oklab(row(colour));
    expect(lightness[0]).toBeCloseTo(L, 4);
    expect(Math.hypot(a[0]!, b[0]!)).toBeCloseTo(chroma, 4);
    expect((Math.atan2(b[0]!, a[0]!) * degrees + 360) % 360).toBeCloseTo(hue, 2);
  });

  it("has no chroma for greys", () => {
    const { lightness, a, b } = oklab(makeImage(1, 1, 3, (_, __, x) => x / 2));
    expect([...lightness].map((x) => Math.round(1e4 * x) / 1e4)).toEqual([0, 0.5982, 1]);
    for (const x of [...a, ...b]) expect(Math.abs(x)).toBeLessThan(1e-6);
  });
});

describe("colour kept", () => {
  it("is all of it for the photo itself", () => {
    const own = colourKept(wheel(), wheel());
    expect(own.hueError).toBeLessThan(1e-4);
    expect(own).toMatchObject({ saturated: 1, chromaRatio: 1 });
    expect(own.palette).toBeCloseTo(1, 10);
  });

  it.each([10, 45, 90, 170, -60])("tells a turn of all hues by %d degrees", (turn) => {
    const { hueError, chromaRatio } = colourKept(wheel(), wheel(turn));
    expect(hueError).toBeCloseTo(Math.abs(turn), 2);
    expect(chromaRatio).toBeCloseTo(1, 4);
  });

  it.each([0.3, 0.6, 1.1])("tells chroma of %f of the photo's", (strength) => {
    const { hueError, chromaRatio } = colourKept(wheel(), wheel(0, strength));
    expect(hueError).toBeLessThan(0.01);
    expect(chromaRatio).toBeCloseTo(strength, 4);
  });

  it("counts 90 degrees for pixels that turned grey", () => {
    const { hueError, chromaRatio, palette } = colourKept(wheel(), toGrey(wheel()));
    expect(hueError).toBe(90);
    expect(chromaRatio).toBeLessThan(1e-5);
    expect(palette).toBe(0);
  });

  it("looks at saturated pixels alone", () => {
    const grey: Colour = [0.5, 0.5, 0.5];
    const [red, blue] = [srgb(0.6, 0.15, 30), srgb(0.6, 0.15, 260)];
    const { saturated, hueError } = colourKept(row(red, grey, grey, red), row(red, blue, red, red));
    expect(saturated).toBe(0.5);
    expect(hueError).toBeLessThan(0.01);
    const none = colourKept(row(grey, grey), row(red, blue));
    expect(none).toEqual({ saturated: 0, hueError: Number.NaN, chromaRatio: Number.NaN, palette: Number.NaN });
  });

  it("knows the palette wherever its colours are", () => {
    const [red, blue, green] = [srgb(0.6, 0.12, 30), srgb(0.6, 0.12, 265), srgb(0.6, 0.12, 145)];
    expect(colourKept(row(red, blue, blue), row(blue, blue, red)).palette).toBeCloseTo(1, 5);
    expect(colourKept(row(red, blue), row(red, green)).palette).toBeCloseTo(0.5, 5);
    expect(colourKept(row(red, red), row(green, green)).palette).toBeCloseTo(0, 5);
  });

  it("refuses pictures of two sizes", () => {
    expect(() => colourKept(wheel(), row([1, 0, 0]))).toThrow("internal");
  });
});

describe("best shift", () => {
  const scene = clouds(80, 90, 3);
  it.each([
    [0, 0],
    [5, 0],
    [0, -7],
    [-9, 4],
    [12, 12],
  ])("finds a window moved by %d, %d", (dy, dx) => {
    const photo = window(scene, 15, 20, 48, 52);
    const picture = window(scene, 15 - dy, 20 - dx, 48, 52);
    const { shift, peak, inPlace } = bestShift(photo, picture);
    expect(shift).toEqual([dy, dx]);
    expect(peak).toBeCloseTo(1, 5);
    if (dy || dx) expect(inPlace).toBeLessThan(0.9);
    else expect(inPlace).toBe(peak);
  });

  it("is the largest correlation by direct counting", () => {
    const [photo, picture] = [clouds(12, 16, 4), clouds(12, 16, 5)];
    const [f, m] = [toGrey(photo).data, toGrey(picture).data];
    let best = { shift: [0, 0], peak: -2 };
    for (let dy = -3; dy <= 3; dy++)
      for (let dx = -4; dx <= 4; dx++) {
        const pairs: [number, number][] = [];
        for (let y = 0; y < 12; y++)
          for (let x = 0; x < 16; x++)
            if (y + dy >= 0 && y + dy < 12 && x + dx >= 0 && x + dx < 16)
              pairs.push([f[y * 16 + x]!, m[(y + dy) * 16 + x + dx]!]);
        const mean = (k: 0 | 1): number => pairs.reduce((s, p) => s + p[k], 0) / pairs.length;
        const [a, b] = [mean(0), mean(1)];
        const sum = (of: (p: [number, number]) => number): number => pairs.reduce((s, p) => s + of(p), 0);
        const peak =
          sum(([x, y]) => (x - a) * (y - b)) / Math.sqrt(sum(([x]) => (x - a) ** 2) * sum(([, y]) => (y - b) ** 2));
        if (peak > best.peak) best = { shift: [dy, dx], peak };
      }
    const got = bestShift(photo, picture);
    expect(got.shift).toEqual(best.shift);
    expect(got.peak).toBeCloseTo(best.peak, 6);
  });

  it("does not mind brightness and contrast, and knows a negative", () => {
    const photo = clouds(40, 40, 6);
    const faint = makeImage(3, 40, 40, (c, y, x) => 0.7 + 0.1 * photo.data[(c * 40 + y) * 40 + x]!);
    expect(bestShift(photo, faint)).toMatchObject({ shift: [0, 0] });
    expect(bestShift(photo, faint).peak).toBeCloseTo(1, 4);
    const negative = makeImage(3, 40, 40, (c, y, x) => 1 - photo.data[(c * 40 + y) * 40 + x]!);
    expect(bestShift(photo, negative).inPlace).toBeCloseTo(-1, 5);
  });

  it("counts in pixels of a large picture", () => {
    const large = clouds(300, 300, 7);
    const { shift, peak } = bestShift(window(large, 20, 40, 256, 256), window(large, 30, 20, 256, 256));
    expect(shift).toEqual([-10, 20]);
    expect(peak).toBeGreaterThan(0.98);
  });

  it("is 0 for a flat picture", () => {
    const flat = makeImage(3, 20, 20, () => 0.4);
    expect(bestShift(clouds(20, 20, 8), flat)).toEqual({ shift: [0, 0], peak: 0, inPlace: 0 });
    expect(bestShift(makeImage(3, 1, 1), makeImage(3, 1, 1)).peak).toBe(0);
  });
});

describe("texture kept", () => {
  const random = rng(9);
  const noise = makeImage(1, 64, 64, () => random.normal());
  it("has octaves up to half the pixels, without difference for the photo itself", () => {
    const { bands, distance } = textureKept(noise, noise);
    expect(bands.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [2, 4],
      [4, 8],
      [8, 16],
      [16, 32],
      [32, 33],
    ]);
    expect(distance).toBe(0);
  });

  it("is 20 decibels in every band for ten times the contrast", () => {
    const strong = makeImage(1, 64, 64, (_, y, x) => 10 * noise.data[y * 64 + x]!);
    const { bands, distance } = textureKept(noise, strong);
    for (const { decibels } of bands) expect(decibels).toBeCloseTo(20, 4);
    expect(distance).toBeCloseTo(20, 4);
  });

  it("finds the band that a wave was added to", () => {
    const wave = makeImage(1, 64, 64, (_, y, x) => noise.data[y * 64 + x]! + 4 * Math.cos((2 * Math.PI * 10 * x) / 64));
    const strongest = textureKept(noise, wave).bands.reduce((a, b) => (b.decibels > a.decibels ? b : a));
    expect([strongest.from, strongest.to]).toEqual([8, 16]);
  });

  it("does not mind where things are", () => {
    const mirrored = makeImage(1, 64, 64, (_, y, x) => noise.data[y * 64 + 63 - x]!);
    expect(textureKept(noise, mirrored).distance).toBeLessThan(1e-6);
  });

  it("says minus infinity, and counts 60 decibels, for a picture without any", () => {
    const { bands, distance } = textureKept(
      noise,
      makeImage(1, 64, 64, () => 0.5),
    );
    expect(bands.every(({ decibels }) => decibels === Number.NEGATIVE_INFINITY)).toBe(true);
    expect(distance).toBe(60);
  });
});

describe("spread", () => {
  it("is the standard deviation of each pixel over the pictures", () => {
    const pictures = [0, 0.5, 1].map((v) => makeImage(3, 2, 2, (_, y) => (y === 0 ? 0.3 : v)));
    const { map, mean } = pixelSpread(pictures);
    expect(map.dims).toEqual([1, 2, 2]);
    // 0, ½, 1: squares ¼ + 0 + ¼ over n − 1 = 2.
    expect([...map.data].map((x) => Math.round(1e6 * x) / 1e6)).toEqual([0, 0, 0.5, 0.5]);
    expect(mean).toBeCloseTo(Math.sqrt(0.125), 10);
  });

  it("is the root mean square over channels", () => {
    const pictures = [0, 1].map((v) => makeImage(3, 1, 1, (c) => (c === 0 ? v : 0.2)));
    // Variance ½ in one of three channels.
    expect(pixelSpread(pictures).mean).toBeCloseTo(Math.sqrt(1 / 6), 6);
  });

  it("wants two pictures of one size", () => {
    expect(() => pixelSpread([makeImage(1, 2, 2)])).toThrow("internal");
    expect(() => pixelSpread([makeImage(1, 2, 2), makeImage(1, 2, 3)])).toThrow("internal");
  });
});
