/** @file How far several pictures of the same thing differ, pixel by pixel. */

import { type Image, imageDims, makeImage } from "./image.ts";

export interface Spread {
  /** Standard deviation of each pixel, [1, H, W]: root mean square over the channels, in units of the pictures (0…1). */
  readonly map: Image;
  /** Root mean square of the map: 0 where all pictures are equal, at most about 0.7 (half of them black, half white). */
  readonly mean: number;
}

/**
 * Spread over restarts: σ²(p) = Σᵢ ‖xᵢ(p) − x̄(p)‖² / ((n − 1) C). Where it is large, what the pictures were optimised
 * for does not say how the pixel should look (compare Mahendran & Vedaldi, IJCV 2016, on the diversity of pre-images).
 *
 * Takes n ≥ 2 pictures of one size.
 */
export function pixelSpread(images: readonly Image[]): Spread {
  const [c, h, w] = imageDims(images[0]!);
  if (images.length < 2 || images.some((image) => image.dims.join() !== images[0]!.dims.join()))
    throw new Error(`internal: pixelSpread: expected two pictures or more of one size, got ${images.length}`);
  const area = h * w;
  const variance = new Float64Array(area);
  for (let i = 0; i < c * area; i++) {
    const mean = images.reduce((sum, { data }) => sum + data[i]!, 0) / images.length;
    const squares = images.reduce((sum, { data }) => sum + (data[i]! - mean) ** 2, 0);
    variance[i % area]! += squares / ((images.length - 1) * c);
  }
  return {
    map: makeImage(1, h, w, (_, y, x) => Math.sqrt(variance[y * w + x]!)),
    mean: Math.sqrt(variance.reduce((sum, v) => sum + v, 0) / area),
  };
}
