/** @file From a map to an order of pixels, and to its top place. */

import { shuffle } from "../data/dataset.ts";
import { type Image, imageDims, resize } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";

/** A map at a picture's size: enlarged linearly where it is smaller. */
export const atSize = (map: Image, height: number, width: number): Float32Array => resize(map, height, width).data;

/** A map that nowhere comes down to 0, such as a mean of probabilities, counted from its least value; others as they are. */
export function aboveLeast(values: Float32Array): Float32Array {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return least > 0 ? values.map((v) => v - least) : values;
}

/**
 * For each pixel its place in the order from most to least important, as a part of all: 0 is the first, 1 − 1/n the last.
 * Pixels that are alike come in a random order, the same for all maps.
 */
export function ranks(values: Float32Array): Float32Array {
  const order = shuffle(
    Int32Array.from(values, (_, i) => i),
    rng(0).fork("order"),
  );
  order.sort((a, b) => values[b]! - values[a]!);
  const out = new Float32Array(values.length);
  for (const [place, i] of order.entries()) out[i] = place / values.length;
  return out;
}

/** The pixel at which a map is largest, at a picture's size: the middle of the largest cell of a smaller map. */
export function topPlace(map: Image, height: number, width: number): readonly [y: number, x: number] {
  const [, h, w] = imageDims(map);
  const at = map.data.reduce((best, v, i) => (v > map.data[best]! ? i : best), 0);
  const [y, x] = [Math.floor(at / w), at % w];
  return [Math.floor(((y + 0.5) * height) / h), Math.floor(((x + 0.5) * width) / w)];
}
