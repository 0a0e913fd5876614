/** @file Animations in Node: pictures one after another, as WebP or GIF. */

import sharp from "sharp";
import { expect } from "../error.ts";
import { type Image, imageDims, resize, toBytes8, toRgb } from "./image.ts";

export const animationFormats = ["webp", "gif"] as const;
export type AnimationFormat = (typeof animationFormats)[number];

/** The format that a file's name stands for. Throws `InputError` for other names. */
export function animationFormat(path: string): AnimationFormat {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  const format = animationFormats.find((f) => f === extension);
  expect(format, () => `the animation '${path}': expected a name that ends in .${animationFormats.join(" or .")}`);
  return format;
}

export interface AnimationOptions {
  /** Milliseconds that each picture stands; 80 by default. */
  readonly delay?: number;
  /** Milliseconds that the last one stands; 1500 by default. */
  readonly end?: number;
}

/**
 * The pictures in their order, for ever from the beginning; all are brought to the size of the last. WebP is compressed with
 * little loss, GIF has 256 colours a picture.
 */
export async function encodeAnimation(
  frames: readonly Image[],
  format: AnimationFormat,
  { delay = 80, end = 1500 }: AnimationOptions = {},
): Promise<Uint8Array> {
  if (frames.length === 0) throw new Error("internal: animation: expected at least one picture");
  const [, height, width] = imageDims(frames.at(-1)!);
  const raw = frames.map((frame) => Buffer.from(toBytes8(toRgb(resize(frame, height, width)))));
  const pages = Buffer.concat(raw);
  const stacked = sharp(pages, {
    raw: { width, height: height * frames.length, channels: 3, pageHeight: height },
    limitInputPixels: false,
  });
  const options = { delay: frames.map((_, i) => (i === frames.length - 1 ? end : delay)), loop: 0 };
  const encoded = format === "gif" ? stacked.gif(options) : stacked.webp({ ...options, quality: 90 });
  return encoded.toBuffer();
}
