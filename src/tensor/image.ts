/** @file Pictures on the host: float tensors [C, H, W] with sRGB values in 0…1; resizing, cropping, 8-bit bytes. */

import { applyRows, resampleRows } from "./resample.ts";
import { type Tensor, tensor } from "./tensor.ts";

/**
 * A picture: dims [C, H, W] with C = 1 (grey) or 3 (red, green, blue), gamma-encoded sRGB in 0…1; 2 or 4 with opacity as
 * the last channel.
 */
export type Image = Tensor<"float32">;

/** [C, H, W] of a picture. */
export function imageDims(image: Image): readonly [channels: number, height: number, width: number] {
  const [c, h, w] = image.dims;
  if (image.dims.length !== 3 || c === undefined || h === undefined || w === undefined)
    throw new Error(`internal: image: expected dims [C, H, W], got [${image.dims}]`);
  return [c, h, w];
}

/** A picture whose value at (channel, y, x) is `value`; default all 0. */
export function makeImage(
  channels: number,
  height: number,
  width: number,
  value: (channel: number, y: number, x: number) => number = () => 0,
): Image {
  const data = new Float32Array(channels * height * width);
  for (let c = 0, i = 0; c < channels; c++)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[i++] = value(c, y, x);
  return tensor("float32", [channels, height, width], data);
}

/** Bilinear resize with half-pixel centres, antialiased when shrinking: what Pillow's BILINEAR does. */
export function resize(image: Image, height: number, width: number): Image {
  const [c, h, w] = imageDims(image);
  if (h === height && w === width) return image;
  const rows = (out: number, size: number) => resampleRows(out, size, { antialias: true, outside: "renormalise" });
  const across = applyRows(image.data, rows(width, w), { outer: c * h, inSize: w, inner: 1 });
  const down = applyRows(across, rows(height, h), { outer: c, inSize: h, inner: width });
  return tensor("float32", [c, height, width], Float32Array.from(down));
}

/** The middle height × width pixels; of two middles, the upper left one. The picture must be at least that large. */
export function centreCrop(image: Image, height: number, width: number): Image {
  const [c, h, w] = imageDims(image);
  if (height > h || width > w)
    throw new Error(`internal: centreCrop: expected at least ${height}×${width}, got ${h}×${w}`);
  const top = Math.floor((h - height) / 2);
  const left = Math.floor((w - width) / 2);
  return makeImage(c, height, width, (k, y, x) => image.data[(k * h + top + y) * w + left + x]!);
}

/** Resizes until the picture covers height × width (a square by default), without distortion, and crops the middle. */
export function fitCrop(image: Image, height: number, width = height): Image {
  const [, h, w] = imageDims(image);
  const scale = Math.max(height / h, width / w);
  const resized = resize(image, Math.max(height, Math.round(h * scale)), Math.max(width, Math.round(w * scale)));
  return centreCrop(resized, height, width);
}

/** Three channels: a grey picture is repeated, one with opacity laid on white, one in colour returned as it is. */
export function toRgb(image: Image): Image {
  const [c, h, w] = imageDims(image);
  if (c === 3) return image;
  const at = (channel: number, y: number, x: number): number => image.data[(channel * h + y) * w + x]!;
  return makeImage(3, h, w, (k, y, x) => {
    const value = at(c < 3 ? 0 : k, y, x);
    return c % 2 === 0 ? 1 + at(c - 1, y, x) * (value - 1) : value;
  });
}

/** Weights of red, green and blue in grey (ITU-R BT.601, as Pillow's "L"). */
export const luma = [0.299, 0.587, 0.114] as const;

/** One channel: Σ luma · colour; a grey picture is returned as it is. */
export function toGrey(image: Image): Image {
  const [c, h, w] = imageDims(image);
  const at = (channel: number, i: number): number => luma[channel]! * image.data[channel * h * w + i]!;
  return c === 1 ? image : makeImage(1, h, w, (_, y, x) => at(0, y * w + x) + at(1, y * w + x) + at(2, y * w + x));
}

/** Interleaved bytes [H, W, C], clamped to 0…255 and rounded to nearest even; NaN gives 0. */
export function toBytes8(image: Image): Uint8ClampedArray<ArrayBuffer> {
  const [c, h, w] = imageDims(image);
  const { data } = image;
  const bytes = new Uint8ClampedArray(data.length);
  for (let k = 0, from = 0; k < c; k++) for (let p = 0; p < h * w; p++) bytes[p * c + k] = 255 * data[from++]!;
  return bytes;
}

/** A picture of interleaved bytes [height, width, stride], of which the first `channels` (default all) are kept. */
export function fromBytes8(
  bytes: ArrayLike<number>,
  { height, width, stride, channels = stride }: { height: number; width: number; stride: number; channels?: number },
): Image {
  const out = new Float32Array(channels * height * width);
  for (let k = 0, to = 0; k < channels; k++)
    for (let p = 0; p < height * width; p++) out[to++] = bytes[p * stride + k]! / 255;
  return tensor("float32", [channels, height, width], out);
}
