/** @file Pictures to start from, brought to the size of what is optimised. */

import { type Image, imageDims, makeImage } from "../../tensor/image.ts";

/**
 * The picture in the middle of `size`, its border pixels repeated outwards, or cut to its middle where it is larger. A
 * channel that it does not have is its last one.
 */
export function placed(start: Image, [height, width]: readonly [number, number], channels: number): Image {
  const [own, h, w] = imageDims(start);
  const clamp = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1);
  const [top, left] = [Math.trunc((height - h) / 2), Math.trunc((width - w) / 2)];
  return makeImage(channels, height, width, (c, y, x) => {
    const row = Math.min(c, own - 1) * h + clamp(y - top, h);
    return start.data[row * w + clamp(x - left, w)]!;
  });
}
