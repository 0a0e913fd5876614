/** @file What every host's image codec does: `#image-codec` is sharp in Node and the canvas in a browser. */

import { InputError } from "../error.ts";
import type { Image } from "./image.ts";

export interface DecodeOptions {
  /** Shrink so that the shorter side has this many pixels; a smaller picture keeps its size. Default: keep the size. */
  readonly shorterSide?: number;
  /** Shrink pictures of more pixels than this, and say so in `notes`; default 2²⁴ (4096 × 4096). */
  readonly maxPixels?: number;
}

export interface Decoded {
  /** Three channels, sRGB in 0…1, upright (EXIF orientation applied), colour profile applied, transparency over white. */
  readonly image: Image;
  /** Height and width in the file, upright. */
  readonly size: readonly [height: number, width: number];
  /** What a reader should know: frames left out, size reduced. */
  readonly notes: readonly string[];
}

export interface ImageCodec {
  /**
   * Decodes a photo at 8 bits a channel. Throws `InputError` for bytes that are no picture, damaged, cut short, in a
   * format the host does not know, or larger than `largestPicture`.
   */
  decodeImage(bytes: Uint8Array, options?: DecodeOptions): Promise<Decoded>;
  /** A PNG of 8 bits a channel; values are clamped to 0…1. Text entries (keyword → any Unicode) are stored as iTXt. */
  encodePng(image: Image, options?: { readonly text?: Readonly<Record<string, string>> }): Promise<Uint8Array>;
}

/** Pixels beyond which a picture is refused: 2²⁹, a square of 23,170. */
export const largestPicture = 2 ** 29;

/** The size to decode at, never larger than the file's, and the note that a reduction for memory's sake deserves. */
export function targetSize(
  size: readonly [height: number, width: number],
  { shorterSide = Number.POSITIVE_INFINITY, maxPixels = 2 ** 24 }: DecodeOptions,
): { readonly height: number; readonly width: number; readonly notes: readonly string[] } {
  const [h, w] = size;
  if (h * w > largestPicture)
    throw new InputError(`image: ${w}×${h} pixels are too many: expected at most ${largestPicture}: save it smaller`);
  const wanted = Math.min(1, shorterSide / Math.min(h, w));
  const allowed = Math.sqrt(maxPixels / (h * w));
  const scale = Math.min(wanted, allowed);
  const [height, width] = size.map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const notes = allowed < wanted ? [`the picture of ${w}×${h} pixels was reduced to ${width}×${height}`] : [];
  return { height, width, notes };
}

/** The error for bytes that a host's decoder refused. */
export const undecodable = (reason: string): InputError =>
  new InputError(
    `image: cannot be decoded (${reason}): expected a whole JPEG, PNG, WebP, GIF, AVIF or TIFF: open and save it again`,
  );
