/** @file The usual chance changes of a training picture, each a function of the picture and a random stream. */

import type { Rng } from "../tensor/rng.ts";
import { applyColour, brightness, type ColourMatrix, compose, contrast, hue, meanGrey, saturation } from "./colour.ts";
import { centreSquare, cropResize } from "./crop-resize.ts";
import { blank, type Rgb8 } from "./rgb8.ts";
import { translation, warp } from "./warp.ts";

/** A range to draw from. */
export type Range = readonly [lo: number, hi: number];

const logUniform = (random: Rng, [lo, hi]: Range): number => Math.exp(random.uniform(Math.log(lo), Math.log(hi)));

/**
 * A box of a chance area (part of the picture's), width-to-height ratio and place, resized to size × size; of ten draws
 * the first that fits, else the middle square (Szegedy et al. 2015).
 */
export function randomResizedCrop(
  image: Rgb8,
  random: Rng,
  size: number,
  { area = [0.25, 1], ratio = [3 / 4, 4 / 3] }: { readonly area?: Range; readonly ratio?: Range } = {},
): Rgb8 {
  for (let attempt = 0; attempt < 10; attempt++) {
    const target = random.uniform(...area) * image.height * image.width;
    const aspect = logUniform(random, ratio);
    const width = Math.sqrt(target * aspect);
    const height = Math.sqrt(target / aspect);
    if (width > image.width || height > image.height) continue;
    const top = random.uniform(0, image.height - height);
    const left = random.uniform(0, image.width - width);
    return cropResize(image, { top, left, height, width }, size, size);
  }
  return centreSquare(image, size);
}

/** Mirrors left and right. */
export function flip({ height, width, data }: Rgb8): Rgb8 {
  const out = blank(height, width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      const to = 3 * (y * width + width - 1 - x);
      for (let k = 0; k < 3; k++) out.data[to + k] = data[from + k]!;
    }
  return out;
}

export const randomFlip = (image: Rgb8, random: Rng, probability = 0.5): Rgb8 =>
  random.uniform() < probability ? flip(image) : image;

/** Moves the picture by whole pixels, each way at most `part` of a side; the border is repeated. */
export function randomShift(image: Rgb8, random: Rng, part = 0.1): Rgb8 {
  const draw = (side: number): number => Math.round(random.uniform(-part, part) * side);
  return warp(image, translation(draw(image.width), draw(image.height)));
}

/** How far brightness, contrast and saturation may go from 1, and hue from 0 in turns of the colour circle. */
export interface Jitter {
  readonly brightness?: number;
  readonly contrast?: number;
  readonly saturation?: number;
  readonly hue?: number;
}

/** All four in this order in one matrix: values beyond 0…255 in between are not clipped. */
export function colourJitter(image: Rgb8, random: Rng, jitter: Jitter): Rgb8 {
  const factor = (by = 0): number => random.uniform(Math.max(0, 1 - by), 1 + by);
  const bright = factor(jitter.brightness);
  const steps: ColourMatrix[] = [
    brightness(bright),
    contrast(factor(jitter.contrast), bright * meanGrey(image)),
    saturation(factor(jitter.saturation)),
    hue(random.uniform(-(jitter.hue ?? 0), jitter.hue ?? 0)),
  ];
  return applyColour(
    image,
    steps.reduce((done, next) => compose(next, done)),
  );
}

/** Fills a chance box with the picture's mean colour (random erasing, Zhong et al. 2020). */
export function randomErase(
  image: Rgb8,
  random: Rng,
  {
    probability = 0.25,
    area = [0.02, 0.33],
    ratio = [0.3, 3.3],
  }: { readonly probability?: number; readonly area?: Range; readonly ratio?: Range } = {},
): Rgb8 {
  if (random.uniform() >= probability) return image;
  const target = random.uniform(...area) * image.height * image.width;
  const aspect = logUniform(random, ratio);
  const width = Math.min(image.width, Math.round(Math.sqrt(target * aspect)));
  const height = Math.min(image.height, Math.round(Math.sqrt(target / aspect)));
  const top = random.int(0, image.height - height + 1);
  const left = random.int(0, image.width - width + 1);
  return fillBox(image, { top, left, height, width });
}

/**
 * Fills a square of `part` of the shorter side, centred anywhere, with the mean colour (cutout, DeVries & Taylor 2017).
 */
export function cutout(image: Rgb8, random: Rng, part = 0.5): Rgb8 {
  const side = Math.round(part * Math.min(image.height, image.width));
  const top = random.int(0, image.height) - Math.floor(side / 2);
  const left = random.int(0, image.width) - Math.floor(side / 2);
  return fillBox(image, { top, left, height: side, width: side });
}

function fillBox(
  { height, width, data }: Rgb8,
  box: { readonly top: number; readonly left: number; readonly height: number; readonly width: number },
): Rgb8 {
  const mean = [0, 0, 0];
  for (let i = 0; i < data.length; i += 3) for (let k = 0; k < 3; k++) mean[k]! += data[i + k]!;
  const colour = mean.map((sum) => sum / (height * width));
  const out = { height, width, data: new Uint8ClampedArray(data) };
  for (let y = Math.max(0, box.top); y < Math.min(height, box.top + box.height); y++)
    for (let x = Math.max(0, box.left); x < Math.min(width, box.left + box.width); x++)
      out.data.set(colour, 3 * (y * width + x));
  return out;
}
