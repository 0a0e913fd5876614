/** @file Makes small pictures large enough to be looked at, without inventing anything. */

import { type Image, imageDims, makeImage } from "../src/tensor/image.ts";

/** Each pixel repeated a whole number of times, so that the shorter side has at least `atLeast` (default 96) pixels. */
export function enlarge(image: Image, atLeast = 96): Image {
  const [c, h, w] = imageDims(image);
  const k = Math.ceil(atLeast / Math.min(h, w));
  if (k <= 1) return image;
  return makeImage(
    c,
    h * k,
    w * k,
    (channel, y, x) => image.data[(channel * h + Math.floor(y / k)) * w + Math.floor(x / k)]!,
  );
}
