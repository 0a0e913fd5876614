/** @file What an inversion lost of its photo: colour, position, texture. */

import { bestShift, type PositionKept } from "../tensor/best-shift.ts";
import { type ColourKept, colourKept } from "../tensor/colour-kept.ts";
import { type Image, imageDims, makeImage } from "../tensor/image.ts";
import { type TextureKept, textureKept } from "../tensor/octaves.ts";

export interface Kept {
  /** Pixel by pixel, in place. */
  readonly colour: ColourKept;
  /** The same over the part that overlaps under the best shift: what is left of the colours if position does not count. */
  readonly shiftedColour: ColourKept;
  readonly position: PositionKept;
  readonly texture: TextureKept;
}

/** Compares a photo with its pre-image; both of one size, [C, H, W] in 0…1. A grey photo has no hues to keep. */
export function kept(photo: Image, picture: Image): Kept {
  const position = bestShift(photo, picture);
  const [dy, dx] = position.shift.map(Math.round) as [number, number];
  return {
    colour: colourKept(photo, picture),
    shiftedColour: colourKept(part(photo, -dy, -dx), part(picture, dy, dx)),
    position,
    texture: textureKept(photo, picture),
  };
}

/** What is left of a picture when its first dy rows and dx columns are cut off; the last ones for negative numbers. */
function part(image: Image, dy: number, dx: number): Image {
  const [c, h, w] = imageDims(image);
  const [top, left] = [Math.max(0, dy), Math.max(0, dx)];
  return makeImage(c, h - Math.abs(dy), w - Math.abs(dx), (k, y, x) => image.data[(k * h + top + y) * w + left + x]!);
}
