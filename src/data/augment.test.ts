import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitCrop } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { cutout, flip, randomErase, randomResizedCrop, randomShift } from "./augment.ts";
import { type Augmentation, augment, augmentations, checkAugmentation } from "./augmentation.ts";
import { applyColour, brightness, compose, contrast, hue, meanGrey, saturation } from "./colour.ts";
import { centreSquare, cropResize } from "./crop-resize.ts";
import { operations } from "./rand-augment.ts";
import { blank, fromRgb8, type Rgb8, toRgb8 } from "./rgb8.ts";
import { rotation, shear, translation, warp } from "./warp.ts";

/** Noise that neighbours share a little, so that resampling matters. */
function picture(height: number, width: number, seed = 1): Rgb8 {
  const random = rng(seed);
  const out = blank(height, width);
  for (let i = 0; i < out.data.length; i++)
    out.data[i] = random.uniform(0, 128) + (i % 3 === 0 ? 100 : 0) + (i % width) / 4;
  return out;
}
const flat = (height: number, width: number, r: number, g: number, b: number): Rgb8 => {
  const out = blank(height, width);
  for (let p = 0; p < height * width; p++) out.data.set([r, g, b], 3 * p);
  return out;
};
function largest(a: Rgb8, b: Rgb8): number {
  expect([a.height, a.width]).toEqual([b.height, b.width]);
  return Math.max(...Array.from(a.data, (x, i) => Math.abs(x - b.data[i]!)));
}
const side = fc.integer({ min: 3, max: 40 });

describe("crop and resize", () => {
  test("the middle square is what the float path of the other verbs gives", () => {
    fc.assert(
      fc.property(side, side, side, (h, w, size) => {
        // Only even margins: fitCrop rounds its crop to whole pixels.
        const square = picture(h, h);
        expect(largest(centreSquare(square, size), toRgb8(fitCrop(fromRgb8(square), size)))).toBeLessThanOrEqual(1);
        const image = picture(w, h);
        const same = centreSquare(image, Math.min(w, h));
        if ((Math.max(w, h) - Math.min(w, h)) % 2 === 0)
          expect(largest(same, toRgb8(fitCrop(fromRgb8(image), Math.min(w, h))))).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("a box of whole pixels at its own size is cut out", () => {
    const image = picture(10, 12);
    const cut = cropResize(image, { top: 2, left: 5, height: 4, width: 6 }, 4, 6);
    for (let y = 0; y < 4; y++)
      expect([...cut.data.subarray(y * 18, (y + 1) * 18)]).toEqual([
        ...image.data.subarray(((y + 2) * 12 + 5) * 3, ((y + 2) * 12 + 11) * 3),
      ]);
  });

  test("a flat picture stays flat, whatever the box", () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 0, max: 99 }), (h, w, seed) => {
        const out = randomResizedCrop(flat(h, w, 10, 200, 77), rng(seed), 9, { area: [0.05, 1] });
        expect(largest(out, flat(9, 9, 10, 200, 77))).toBe(0);
      }),
    );
  });

  test("random boxes keep to the area asked for", () => {
    // On a ramp the crop's spread is its width.
    const ramp = blank(64, 64);
    for (let p = 0; p < 64 * 64; p++) ramp.data.set([4 * (p % 64), 4 * Math.floor(p / 64), 0], 3 * p);
    const random = rng(3);
    for (let i = 0; i < 50; i++) {
      const { data } = randomResizedCrop(ramp, random, 32, { area: [0.25, 0.36], ratio: [1, 1] });
      const width = (((data[3 * 31]! - data[0]!) / 31) * 32) / 4;
      expect(width).toBeGreaterThan(0.5 * 64 - 1);
      expect(width).toBeLessThan(0.6 * 64 + 1);
    }
  });
});

describe("geometry", () => {
  const image = picture(9, 13);

  test("flipping twice gives the picture back; once, its mirror image", () => {
    expect(flip(flip(image))).toEqual(image);
    expect([...flip(image).data.subarray(0, 3)]).toEqual([...image.data.subarray(36, 39)]);
  });

  test("the identity and whole shifts move no value", () => {
    expect(warp(image, translation(0, 0)).data).toEqual(image.data);
    const moved = warp(image, translation(2, 1));
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 11; x++) expect(moved.data[3 * (y * 13 + x)]).toBe(image.data[3 * ((y + 1) * 13 + x + 2)]);
    expect(moved.data[3 * (8 * 13 + 12)]).toBe(image.data[3 * (8 * 13 + 12)]);
  });

  test("a quarter turn of a square is exact", () => {
    const square = picture(8, 8);
    const turned = warp(square, rotation(Math.PI / 2));
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++)
        expect(Math.abs(turned.data[3 * (y * 8 + x)]! - square.data[3 * ((7 - x) * 8 + y)]!)).toBeLessThanOrEqual(1);
  });

  test("a shear moves rows against each other", () => {
    const bar = blank(9, 9);
    for (let y = 0; y < 9; y++) bar.data.set([255, 255, 255], 3 * (y * 9 + 4));
    const leaning = warp(bar, shear(1, 0));
    const at = (y: number): number => leaning.data.subarray(27 * y, 27 * (y + 1)).indexOf(255) / 3;
    expect([at(2), at(4), at(6)]).toEqual([6, 4, 2]);
  });

  test("erasing fills one box with the mean colour; cutout a square", () => {
    const noisy = picture(20, 20);
    const mean = [0, 1, 2].map(
      (k) => Array.from({ length: 400 }, (_, p) => noisy.data[3 * p + k]!).reduce((a, b) => a + b) / 400,
    );
    const square = cutout(noisy, rng(5), 0.4);
    const box = randomErase(noisy, rng(5), { probability: 1, area: [0.1, 0.2] });
    for (const [out, most] of [
      [square, 64],
      [box, 100],
    ] as const) {
      const changed = [...Array(400).keys()].filter((p) =>
        [0, 1, 2].some((k) => out.data[3 * p + k] !== noisy.data[3 * p + k]),
      );
      const rows = changed.map((p) => Math.floor(p / 20));
      const columns = changed.map((p) => p % 20);
      const spanned = (at: number[]): number => Math.max(...at) - Math.min(...at) + 1;
      expect(spanned(rows) * spanned(columns)).toBe(changed.length);
      expect(changed.length).toBeGreaterThan(15);
      expect(changed.length).toBeLessThanOrEqual(most);
      for (const p of changed)
        for (const k of [0, 1, 2]) expect(Math.abs(out.data[3 * p + k]! - mean[k]!)).toBeLessThanOrEqual(0.5);
    }
    expect(randomErase(noisy, rng(1), { probability: 0 })).toBe(noisy);
  });
});

describe("colour", () => {
  const image = picture(12, 12);

  test("factor 1 and a whole turn change nothing; factors 0 are black, the mean grey and grey", () => {
    for (const matrix of [brightness(1), contrast(1, 99), saturation(1), hue(0), hue(1), compose(hue(0.2), hue(-0.2))])
      expect(largest(applyColour(image, matrix), image)).toBeLessThanOrEqual(1);
    expect(largest(applyColour(image, brightness(0)), blank(12, 12))).toBe(0);
    const grey = meanGrey(image);
    expect(largest(applyColour(image, contrast(0, grey)), flat(12, 12, grey, grey, grey))).toBe(0);
    const faded = applyColour(image, saturation(0)).data;
    for (let i = 0; i < faded.length; i += 3) expect([faded[i + 1], faded[i + 2]]).toEqual([faded[i], faded[i]]);
  });

  test("turning the hue keeps greys and luma", () => {
    expect(largest(applyColour(flat(2, 2, 90, 90, 90), hue(0.37)), flat(2, 2, 90, 90, 90))).toBe(0);
    const muted = flat(2, 2, 140, 120, 100);
    const turned = applyColour(muted, hue(0.5));
    expect(Math.abs(meanGrey(turned) - meanGrey(muted))).toBeLessThan(1);
    expect(turned.data[0]).toBeLessThan(turned.data[2]!);
  });

  test("a composition is one after the other", () => {
    const both = applyColour(image, compose(saturation(0.5), brightness(0.8)));
    const each = applyColour(applyColour(image, brightness(0.8)), saturation(0.5));
    expect(largest(both, each)).toBeLessThanOrEqual(1);
  });
});

describe("RandAugment", () => {
  test("every operation keeps the size and the source, and does nothing at strength 0 unless it says so", () => {
    const image = picture(16, 16);
    const before = image.data.slice();
    const always = new Set(["autoContrast", "equalize"]);
    for (const [name, operation] of Object.entries(operations)) {
      const weak = operation(image, 0, rng(1));
      if (!always.has(name)) expect(largest(weak, image), name).toBeLessThanOrEqual(1);
      const strong = operation(image, 1, rng(1));
      expect([strong.height, strong.width], name).toEqual([16, 16]);
      if (name !== "identity") expect(largest(strong, image), name).toBeGreaterThan(10);
      expect(image.data, name).toEqual(before);
    }
  });

  test("the tables do what their names say", () => {
    const dark = flat(1, 3, 0, 0, 0);
    dark.data.set([100, 0, 0, 110, 0, 0, 120, 0, 0]);
    expect([0, 3, 6].map((i) => operations.autoContrast(dark).data[i])).toEqual([0, 128, 255]);
    expect([0, 3, 6].map((i) => operations.equalize(dark).data[i])).toEqual([0, 128, 255]);
    expect([0, 3, 6].map((i) => operations.posterize(dark, 1).data[i])).toEqual([96, 96, 112]);
    expect([0, 3, 6].map((i) => operations.solarize(dark, 0.55).data[i])).toEqual([100, 110, 135]);
  });
});

describe("a whole augmentation", () => {
  test("the stream decides; without options it is the middle square", () => {
    const image = picture(30, 40);
    for (const [name, options] of Object.entries(augmentations) as [string, Augmentation][]) {
      const out = augment(image, rng(1).fork(2), 16, options);
      expect(augment(image, rng(1).fork(2), 16, options), name).toEqual(out);
      expect(out.data, name).toHaveLength(16 * 16 * 3);
      if (name !== "none") expect(augment(image, rng(1).fork(3), 16, options), name).not.toEqual(out);
    }
    expect(augment(image, rng(1), 16, {})).toEqual(centreSquare(image, 16));
    expect(randomShift(image, rng(1), 0)).toEqual(image);
  });

  test("options that make no sense are refused", () => {
    expect(() => checkAugmentation({ crop: { area: [0.5, 0.2] } })).toThrow("crop.area: expected two numbers");
    expect(() => checkAugmentation({ crop: { area: [0.5, 2] } })).toThrow("up to 1, got 0.5, 2");
    expect(() => checkAugmentation({ flip: 2 })).toThrow("flip: expected a number from 0 to 1, got 2");
    expect(() => checkAugmentation({ mixup: 0 })).toThrow("mixup: expected an α above 0");
    for (const options of Object.values(augmentations)) expect(() => checkAugmentation(options)).not.toThrow();
  });
});
