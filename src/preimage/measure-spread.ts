/** @file Where a layer does not care: how far restarts differ, pixel by pixel, as a picture in colours that all layers share. */

import { type Image, imageDims, makeImage } from "../tensor/image.ts";

/** Standard deviation, in 0…1, from which the map is at its lightest: that of pixels that are uniform noise is √(1/12) = 0.289. */
export const SPREAD_FULL = 0.3;

/** Black over violet, red and orange to pale yellow: lighter and lighter, so that it reads in grey too. */
const colours = [
  [0, 0, 0],
  [0.33, 0.06, 0.43],
  [0.73, 0.21, 0.33],
  [0.98, 0.55, 0.04],
  [0.99, 1, 0.64],
] as const;

/** The colour of a spread, one channel of three; from black for 0 to pale yellow for `SPREAD_FULL` and more. */
function colourAt(spread: number, channel: number): number {
  const at = Math.min(1, Math.max(0, spread / SPREAD_FULL)) * (colours.length - 1);
  const i = Math.min(colours.length - 2, Math.floor(at));
  return colours[i]![channel]! + (at - i) * (colours[i + 1]![channel]! - colours[i]![channel]!);
}

/** The map of `pixelSpread`, [1, H, W], in colours, [3, H, W]. */
export function spreadPicture(map: Image): Image {
  const [, height, width] = imageDims(map);
  return makeImage(3, height, width, (channel, y, x) => colourAt(map.data[y * width + x]!, channel));
}

/** The colours of the map from 0, below, to `SPREAD_FULL`, above: a bar in the middle of a white picture. */
export const spreadLegend = (height: number, width: number): Image =>
  makeImage(3, height, width, (channel, y, x) =>
    Math.abs(x - width / 2) > width / 8 ? 1 : colourAt(SPREAD_FULL * (1 - y / Math.max(1, height - 1)), channel),
  );
