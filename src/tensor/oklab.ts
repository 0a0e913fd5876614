/** @file The colour space Oklab, in which distances and hue angles come near to what people see. */

import { type Image, imageDims, toRgb } from "./image.ts";

/** Lightness 0…1 and the two opponent colours of each pixel, row by row; chroma is √(a² + b²), hue atan2(b, a). */
export interface Oklab {
  readonly lightness: Float64Array;
  /** Green (−) to red (+); sRGB reaches from −0.24 to 0.28. */
  readonly a: Float64Array;
  /** Blue (−) to yellow (+); −0.32 to 0.2. */
  readonly b: Float64Array;
}

/** sRGB's transfer curve, undone (IEC 61966-2-1). */
const linear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

/** Source: Ottosson 2020, "A perceptual color space for image processing". Values of the picture are clamped to 0…1. */
export function oklab(image: Image): Oklab {
  const [, h, w] = imageDims(image);
  const { data } = toRgb(image);
  const area = h * w;
  const [lightness, a, b] = [new Float64Array(area), new Float64Array(area), new Float64Array(area)];
  const channel = (p: number): number => linear(Math.min(Math.max(data[p]!, 0), 1));
  for (let p = 0; p < area; p++) {
    const [red, green, blue] = [channel(p), channel(p + area), channel(p + 2 * area)];
    const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
    const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
    const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
    lightness[p] = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
    a[p] = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
    b[p] = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  }
  return { lightness, a, b };
}
