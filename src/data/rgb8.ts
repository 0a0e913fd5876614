/** @file Pictures as data sets keep them: interleaved 8-bit red, green, blue. */

import { fromBytes8, type Image, imageDims, toBytes8, toRgb } from "../tensor/image.ts";

/** A picture of gamma-encoded sRGB bytes, row-major [height, width, 3]. */
export interface Rgb8 {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** A black picture. */
export const blank = (height: number, width: number): Rgb8 & { readonly data: Uint8ClampedArray } => ({
  height,
  width,
  data: new Uint8ClampedArray(height * width * 3),
});

/** From a float picture [C, H, W] in 0…1; grey is repeated. */
export function toRgb8(image: Image): Rgb8 {
  const [, height, width] = imageDims(image);
  return { height, width, data: toBytes8(toRgb(image)) };
}

/** To a float picture [3, H, W] in 0…1. */
export const fromRgb8 = ({ data, height, width }: Rgb8): Image => fromBytes8(data, { height, width, stride: 3 });
