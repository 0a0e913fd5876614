/** @file Pictures side by side on one sheet. */

import { type Image, imageDims, makeImage, toRgb } from "./image.ts";

export interface GridOptions {
  /** Pictures in a row; default all of them in one row. */
  readonly columns?: number;
  /** Pixels around and between the pictures; default 4. */
  readonly margin?: number;
  /** Grey of the sheet, 0…1; default 1, white. */
  readonly background?: number;
  /** Pixels left free under each picture; default 0. */
  readonly caption?: number;
}

export interface Grid {
  readonly image: Image;
  /** Upper left corner and size of each picture's cell, in pixels of the sheet. */
  readonly cells: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
}

/** The pictures in rows, each in the middle of a cell as large as the largest of them; the sheet has three channels. */
export function grid(images: readonly Image[], options: GridOptions = {}): Grid {
  const { columns = images.length, margin = 4, background = 1, caption = 0 } = options;
  if (images.length === 0) throw new Error("internal: grid: expected at least one image");
  const height = Math.max(...images.map((image) => imageDims(image)[1]));
  const width = Math.max(...images.map((image) => imageDims(image)[2]));
  const cells = images.map((_, i) => ({
    x: margin + (i % columns) * (width + margin),
    y: margin + Math.floor(i / columns) * (height + caption + margin),
    width,
    height,
  }));

  const rows = Math.ceil(images.length / columns);
  const sheetHeight = margin + rows * (height + caption + margin);
  const sheetWidth = margin + Math.min(columns, images.length) * (width + margin);
  const sheet = makeImage(3, sheetHeight, sheetWidth, () => background);
  for (const [i, image] of images.entries()) {
    const [, h, w] = imageDims(image);
    const { data } = toRgb(image);
    const left = cells[i]!.x + Math.floor((width - w) / 2);
    const top = cells[i]!.y + Math.floor((height - h) / 2);
    for (let k = 0; k < 3; k++)
      for (let y = 0; y < h; y++) {
        const from = (k * h + y) * w;
        sheet.data.set(data.subarray(from, from + w), (k * sheetHeight + top + y) * sheetWidth + left);
      }
  }
  return { image: sheet, cells };
}

/** The pictures in one row. */
export const strip = (images: readonly Image[], options: Omit<GridOptions, "columns" | "caption"> = {}): Image =>
  grid(images, options).image;
