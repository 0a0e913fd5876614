/** @file How much of a photo's texture another picture has: power by octaves of frequency. */

import type { Image } from "./image.ts";
import { type RingPower, ringPower } from "./spectrum.ts";

export interface OctaveBand {
  /** Cycles per side of the picture, from (included) … to (excluded): 1–2, 2–4, …; the last ends at half the pixels. */
  readonly from: number;
  readonly to: number;
  /** Power of the picture over that of the photo, in decibels: 0 the same, −10 a tenth; ±∞ where one of them has none. */
  readonly decibels: number;
}

export interface TextureKept {
  /** From coarse to fine. */
  readonly bands: readonly OctaveBand[];
  /** Root mean square of the bands' decibels, each cut at ±60: 0 the same spectrum; 10 means ten times more or less power. */
  readonly distance: number;
}

const MOST = 60;

/**
 * Compares the power spectra of two pictures of one size (see `ringPower`: brightness, middle square, Hann window). Where
 * in the picture the texture lies does not matter, nor which way it runs.
 */
export function textureKept(photo: Image, picture: Image): TextureKept {
  const [from, to] = [ringPower(photo), ringPower(picture)];
  if (from.side !== to.side)
    throw new Error(
      `internal: textureKept: expected two pictures of one size, got [${photo.dims}] and [${picture.dims}]`,
    );
  const last = from.side >> 1;
  const bands: OctaveBand[] = [];
  for (let low = 1; low <= last; low *= 2) {
    const high = Math.min(2 * low, last + 1);
    const ratio = bandPower(to, low, high) / bandPower(from, low, high);
    bands.push({ from: low, to: high, decibels: Number.isNaN(ratio) ? 0 : 10 * Math.log10(ratio) });
  }
  const squares = bands.map(({ decibels }) => Math.max(-MOST, Math.min(MOST, decibels)) ** 2);
  return { bands, distance: Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / squares.length) };
}

/** Sum over the bins of rings low … high − 1. What is left of a flat picture by rounding counts as none. */
function bandPower({ power, count, side }: RingPower, low: number, high: number): number {
  let sum = 0;
  for (let ring = low; ring < high; ring++) sum += power[ring]! * count[ring]!;
  return sum > 1e-12 * side ** 2 ? sum : 0;
}
