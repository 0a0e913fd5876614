/** @file Numbers beside a picture that need no net: how active it made its unit, and how natural it looks. */

import { type Distribution, percentile } from "../tensor/distribution.ts";
import type { Image } from "../tensor/image.ts";
import { totalVariation } from "../tensor/similarity.ts";
import { spectrumSlope } from "../tensor/spectrum.ts";
import { type MeanInterval, meanInterval } from "../tensor/statistics.ts";

/** An activation among those that real photos reach. */
export interface Reached {
  readonly activation: number;
  /** Part of the photos that are at most as active, 0…100. */
  readonly percentile: number;
  /** The activation over that of the most active photo; NaN where no photo has one above 0. */
  readonly ratio: number;
}

/**
 * Compares like with like: the mean over positions (what `maximize` raises) with the `mean` of `topPhotos`, the largest
 * with its `peak`. Whether the activation was measured with the run's transforms or without is for the caller to say.
 */
export const reached = (activation: number, photos: Distribution): Reached => ({
  activation,
  percentile: percentile(photos, activation),
  ratio: photos.max > 0 ? activation / photos.max : Number.NaN,
});

/** What tells photos from noise. */
export interface Texture {
  /** Of log power over log frequency: about −2 for photos, 0 for white noise; NaN for a flat picture. */
  readonly spectrumSlope: number;
  /** Mean of √(dx² + dy²) over pixels and channels in 0…1: 0 flat, 0.02 to 0.1 for most photos at 224 px. */
  readonly totalVariation: number;
}

/** Both depend on the size of the picture: compare pictures and photos of one size. */
export const texture = (image: Image): Texture => ({
  spectrumSlope: spectrumSlope(image),
  totalVariation: totalVariation(image),
});

/** The same for photos: their means with 95 % intervals, and the standard deviation from photo to photo. */
export async function photoTexture(
  photos: AsyncIterable<Image> | Iterable<Image>,
): Promise<{ readonly [K in keyof Texture]: MeanInterval }> {
  const all: Texture[] = [];
  for await (const photo of photos) all.push(texture(photo));
  return {
    spectrumSlope: meanInterval(all.map((t) => t.spectrumSlope)),
    totalVariation: meanInterval(all.map((t) => t.totalVariation)),
  };
}
