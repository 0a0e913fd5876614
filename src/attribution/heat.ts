/** @file A map as a picture: what speaks for the class glows over the greyed photo, what speaks against it is blue. */

import { type Image, imageDims, makeImage, toGrey } from "../tensor/image.ts";
import { aboveLeast, atSize } from "./order.ts";

/** Dark red over orange to pale yellow, lighter and lighter, so that it reads in grey too. */
const warm = [
  [0.35, 0.02, 0.12],
  [0.78, 0.16, 0.1],
  [0.98, 0.55, 0.1],
  [1, 0.96, 0.65],
] as const;
const cold = [
  [0.05, 0.1, 0.3],
  [0.15, 0.4, 0.8],
  [0.6, 0.85, 1],
] as const;
/** Of all values this part lies below full glow, so that a few pixels do not outshine all others. */
const FULL = 0.995;

type Colours = readonly (readonly [number, number, number])[];

function along(colours: Colours, t: number, channel: number): number {
  const at = t * (colours.length - 1);
  const i = Math.min(colours.length - 2, Math.floor(at));
  return colours[i]![channel]! + (at - i) * (colours[i + 1]![channel]! - colours[i]![channel]!);
}

/**
 * The map over the photo [C, H, W], as large as the photo; a smaller map is enlarged linearly. The colours' scale is the map's own:
 * full at its 99.5th percentile of |value|; where all is above 0, it begins at the least.
 */
export function heat(map: Image, photo: Image): Image {
  const [, height, width] = imageDims(photo);
  const values = aboveLeast(atSize(map, height, width));
  const sizes = values.map(Math.abs).sort();
  const full = sizes[Math.floor(FULL * (sizes.length - 1))] || sizes.at(-1) || 1;
  const grey = toGrey(photo).data;
  return makeImage(3, height, width, (channel, y, x) => {
    const i = y * width + x;
    const v = Math.max(-1, Math.min(1, values[i]! / full));
    const t = Math.abs(v);
    const colour = along(v < 0 ? cold : warm, t, channel);
    // Little glow leaves the photo to be seen.
    const cover = 0.85 * Math.min(1, 1.6 * t);
    return (1 - cover) * (0.15 + 0.7 * grey[i]!) + cover * colour;
  });
}
