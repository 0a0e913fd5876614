/** @file How much of a photo's colour another picture has: hue where it was saturated, strength, and the palette as a whole. */

import type { Image } from "./image.ts";
import { oklab } from "./oklab.ts";

export interface ColourKept {
  /** Part of the photo's pixels that are saturated, 0…1; the hue error and the chroma ratio look at these alone. */
  readonly saturated: number;
  /**
   * Mean difference of hue there, in degrees: 0 the same, about 90 what random hues have, 180 all complementary. A pixel
   * that is grey in the picture has no hue and counts 90. NaN for a photo without saturated pixels.
   */
  readonly hueError: number;
  /** Mean chroma of the picture there over that of the photo: 0 grey, 1 as strong, above 1 stronger. NaN as above. */
  readonly chromaRatio: number;
  /**
   * Part of the photo's palette that the picture has, wherever in it, 0…1: Σ min over 18 bins of hue, each a share of the
   * chroma of the saturated pixels, hues between two bins divided. NaN as above, and 0 for a picture without such pixels.
   */
  readonly palette: number;
}

/** Chroma from which a pixel counts as saturated: a quarter of what the gamut's weakest pure hue (cyan) has, 0.155. */
const SATURATED = 0.155 / 4;
/** Below this chroma a hue is rounding noise of 8-bit pictures. */
const GREY = 0.004;
const BINS = 18;

/** Compares pixel by pixel, in Oklab (Ottosson 2020). The two pictures must be of one size. */
export function colourKept(photo: Image, picture: Image): ColourKept {
  const [from, to] = [oklab(photo), oklab(picture)];
  if (from.a.length !== to.a.length)
    throw new Error(
      `internal: colourKept: expected two pictures of one size, got [${photo.dims}] and [${picture.dims}]`,
    );
  let [saturated, error, before, after] = [0, 0, 0, 0];
  for (let p = 0; p < from.a.length; p++) {
    const chroma = Math.hypot(from.a[p]!, from.b[p]!);
    if (chroma < SATURATED) continue;
    const kept = Math.hypot(to.a[p]!, to.b[p]!);
    // The angle between (a, b) and (a', b').
    const cross = from.a[p]! * to.b[p]! - from.b[p]! * to.a[p]!;
    const dot = from.a[p]! * to.a[p]! + from.b[p]! * to.b[p]!;
    saturated++;
    error += kept < GREY ? 90 : (Math.abs(Math.atan2(cross, dot)) * 180) / Math.PI;
    before += chroma;
    after += kept;
  }
  const [wanted, got] = [hues(from), hues(to)];
  return {
    saturated: saturated / from.a.length,
    hueError: error / saturated,
    chromaRatio: after / before,
    palette: saturated === 0 ? Number.NaN : wanted.reduce((sum, x, i) => sum + Math.min(x, got[i]!), 0),
  };
}

/** Shares of the saturated pixels' chroma by hue; all 0 without such pixels. */
function hues({ a, b }: { readonly a: Float64Array; readonly b: Float64Array }): Float64Array {
  const bins = new Float64Array(BINS);
  for (let p = 0; p < a.length; p++) {
    const chroma = Math.hypot(a[p]!, b[p]!);
    if (chroma < SATURATED) continue;
    const at = (Math.atan2(b[p]!, a[p]!) / (2 * Math.PI) + 1) * BINS;
    const part = at % 1;
    bins[Math.floor(at) % BINS]! += (1 - part) * chroma;
    bins[Math.ceil(at) % BINS]! += part * chroma;
  }
  const sum = bins.reduce((x, y) => x + y, 0) || 1;
  return bins.map((x) => x / sum);
}
