/** @file RandAugment: a few operations drawn from a fixed set, all of one strength (Cubuk et al. 2020). */

import type { Rng } from "../tensor/rng.ts";
import { applyColour, applyTables, brightness, contrast, histograms, meanGrey, saturation } from "./colour.ts";
import { blank, type Rgb8 } from "./rgb8.ts";
import { rotation, shear, translation, warp } from "./warp.ts";

/** Strength in 0…1; operations with a direction draw it from `random`. */
export type Operation = (image: Rgb8, strength: number, random: Rng) => Rgb8;

const sign = (random: Rng): number => (random.uniform() < 0.5 ? -1 : 1);
const table = (value: (x: number) => number): Uint8ClampedArray =>
  Uint8ClampedArray.from({ length: 256 }, (_, x) => value(x));
const enhance = (strength: number, random: Rng): number => 1 + 0.9 * strength * sign(random);

/**
 * The operations by name. Full strength: shear 0.3, shift 0.45 of a side, 30°, factors 0.1 or 1.9, 4 bits, inversion of
 * all.
 */
export const operations = {
  identity: (image) => image,
  shearX: (image, s, random) => warp(image, shear(0.3 * s * sign(random), 0)),
  shearY: (image, s, random) => warp(image, shear(0, 0.3 * s * sign(random))),
  translateX: (image, s, random) => warp(image, translation(0.45 * s * image.width * sign(random), 0)),
  translateY: (image, s, random) => warp(image, translation(0, 0.45 * s * image.height * sign(random))),
  rotate: (image, s, random) => warp(image, rotation(((30 * Math.PI) / 180) * s * sign(random))),
  brightness: (image, s, random) => applyColour(image, brightness(enhance(s, random))),
  contrast: (image, s, random) => applyColour(image, contrast(enhance(s, random), meanGrey(image))),
  colour: (image, s, random) => applyColour(image, saturation(enhance(s, random))),
  sharpness: (image, s, random) => sharpen(image, enhance(s, random)),
  posterize: (image, s) => {
    const dropped = Math.round(4 * s);
    return applyTables(image, [table((x) => (x >> dropped) << dropped)]);
  },
  solarize: (image, s) => {
    const threshold = 255 * (1 - s);
    return applyTables(image, [table((x) => (x > threshold ? 255 - x : x))]);
  },
  autoContrast: (image) => applyTables(image, histograms(image).map(stretching)),
  equalize: (image) => applyTables(image, histograms(image).map(equalizing)),
} as const satisfies Record<string, Operation>;

const list: readonly Operation[] = Object.values(operations);

/** Applies `count` operations, drawn with replacement, of one strength in 0…1. */
export function randAugment(
  image: Rgb8,
  random: Rng,
  { count = 2, strength = 0.3 }: { readonly count?: number; readonly strength?: number } = {},
): Rgb8 {
  let out = image;
  for (let i = 0; i < count; i++) out = list[random.int(0, list.length)]!(out, strength, random);
  return out;
}

// x ↦ 255 (x − lowest) / (highest − lowest)
function stretching(histogram: Uint32Array): Uint8ClampedArray {
  const lowest = histogram.findIndex((count) => count > 0);
  const highest = histogram.findLastIndex((count) => count > 0);
  const scale = highest > lowest ? 255 / (highest - lowest) : 1;
  return table((x) => (highest > lowest ? (x - lowest) * scale : x));
}

// x ↦ 255 · (pixels below x) / (pixels below the highest value present): the lowest value becomes 0, the highest 255
function equalizing(histogram: Uint32Array): Uint8ClampedArray {
  const highest = histogram.findLastIndex((count) => count > 0);
  const total = histogram.reduce((a, b) => a + b, 0) - histogram[highest]!;
  const tableOut = new Uint8ClampedArray(256);
  for (let x = 0, below = 0; x < 256; x++) {
    tableOut[x] = total === 0 ? x : (255 * below) / total;
    below += histogram[x]!;
  }
  return tableOut;
}

/** Factor 0 is smoothed by [1 1 1; 1 5 1; 1 1 1] / 13, 1 the picture itself; the border stays. */
function sharpen({ height, width, data }: Rgb8, factor: number): Rgb8 {
  const out = blank(height, width);
  out.data.set(data);
  const line = 3 * width;
  for (let y = 1; y < height - 1; y++)
    for (let i = y * line + 3; i < (y + 1) * line - 3; i++) {
      const above = data[i - line - 3]! + data[i - line]! + data[i - line + 3]!;
      const below = data[i + line - 3]! + data[i + line]! + data[i + line + 3]!;
      const smooth = (above + below + data[i - 3]! + 5 * data[i]! + data[i + 3]!) / 13;
      out.data[i] = smooth + factor * (data[i]! - smooth);
    }
  return out;
}
