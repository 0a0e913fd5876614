/** @file A sheet as a PNG: pictures of many units, the patches of photos that they like, and a few words to each. */

import sharp from "sharp";
import type { Box } from "../data/crop-resize.ts";
import { type Image, imageDims, resize, toBytes8, toRgb } from "../tensor/image.ts";
import { withPngText } from "../tensor/png-text.ts";
import { escaped } from "./page.ts";
import { type SheetLayout, type SheetShape, sheetLayout, shortened, within, wrapped } from "./sheet-layout.ts";

/** One unit. */
export interface SheetCell {
  readonly picture: Image;
  /** Parts of photos, most active first; as many as the sheet has places for, or fewer. */
  readonly patches?: readonly Image[];
  /** Below the picture, the first in bold; what does not fit loses its end. */
  readonly lines: readonly string[];
  /** Crosses the picture out and shows the lines in red. */
  readonly dead?: boolean;
}

export interface SheetPngOptions extends Pick<SheetShape, "columns" | "patches" | "lines"> {
  readonly count: number;
  /** Side of the pictures. */
  readonly pictureSide: number;
  /** Above the sheet, the first line in bold. */
  readonly head: readonly string[];
  /** Text entries of the file. */
  readonly text?: Readonly<Record<string, string>>;
}

const [WHITE, EMPTY] = [255, 240];
/** More letters fit into a line above the sheet when it is not the title. */
const SMALLER = 1.2;

/** The bytes of the PNG. Cells are asked for one after the other and not kept. */
export async function sheetPng(
  cell: (i: number) => Promise<SheetCell> | SheetCell,
  { head, text = {}, ...shape }: SheetPngOptions,
): Promise<Uint8Array> {
  const { headRoom } = sheetLayout({ ...shape, headLines: 0 });
  const above = head.flatMap((line, n) =>
    wrapped(line, n === 0 ? headRoom : headRoom * SMALLER).map((part) => [part, n] as const),
  );
  const layout = sheetLayout({ ...shape, headLines: above.length });
  const { width, height } = layout;
  const pixels = new Uint8Array(3 * width * height).fill(WHITE);
  const words = above.map(([line, of], n) => headText(line, n, of === 0, layout));
  for (let i = 0; i < shape.count; i++) {
    const { picture, patches = [], lines, dead = false } = await cell(i);
    paint(pixels, width, picture, layout.picture(i));
    for (let k = 0; k < (shape.patches ?? 0); k++) {
      const place = layout.patch(i, k);
      fill(pixels, width, place, EMPTY);
      const patch = patches[k];
      if (patch) paint(pixels, width, patch, place);
    }
    words.push(cellText(i, lines, dead, layout));
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="${layout.font}" fill="#222">${words.join("")}</svg>`;
  const png = await sharp(pixels, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .png()
    .toBuffer();
  return withPngText(png, text);
}

function headText(line: string, n: number, first: boolean, { head }: SheetLayout): string {
  const { x, y } = head(n);
  const look = first ? 'font-size="15" font-weight="bold"' : 'font-size="12" fill="#666"';
  return textAt(line, `x="${x}" y="${y}" ${look}`);
}

function cellText(i: number, lines: readonly string[], dead: boolean, { line, picture, room }: SheetLayout): string {
  const words = lines.map((text, n) => {
    const { x, y } = line(i, n);
    const weight = n === 0 ? ' font-weight="bold"' : "";
    return textAt(
      shortened(text, n === 0 ? Math.floor(room * 0.92) : room),
      `x="${x}" y="${y}"${weight}${dead ? ' fill="#b00020"' : ""}`,
    );
  });
  if (!dead) return words.join("");
  const { top, left, height, width } = picture(i);
  const [right, bottom] = [left + width, top + height];
  return `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="#fff" opacity="0.55"/><path d="M${left} ${top}L${right} ${bottom}M${right} ${top}L${left} ${bottom}" stroke="#b00020" stroke-width="2" opacity="0.7"/>${words.join("")}`;
}

const textAt = (text: string, attributes: string): string =>
  `<text ${attributes}>${escaped(text.replace(/\p{Cc}/gu, " "))}</text>`;

function fill(pixels: Uint8Array, width: number, box: Box, grey: number): void {
  for (let y = box.top; y < box.top + box.height; y++)
    pixels.fill(grey, 3 * (y * width + box.left), 3 * (y * width + box.left + box.width));
}

/** The picture in the middle of its place, as large as it fits: enlarged by whole pixels where that comes out even, else smoothly. */
function paint(pixels: Uint8Array, width: number, image: Image, place: Box): void {
  const [, h, w] = imageDims(image);
  const box = within(place, h, w);
  const factor = box.height / h;
  const even = Number.isInteger(factor) && box.width === w * factor;
  const each = even ? factor : 1;
  const bytes = toBytes8(toRgb(even ? image : resize(image, box.height, box.width)));
  const across = box.width / each;
  for (let y = 0; y < box.height; y++)
    for (let x = 0; x < box.width; x++) {
      const from = 3 * (Math.floor(y / each) * across + Math.floor(x / each));
      pixels.set(bytes.subarray(from, from + 3), 3 * ((box.top + y) * width + box.left + x));
    }
}

/** A picture as a data URI for a page, as WebP of nearly no loss; the longer side is shrunk to `most` pixels (default 256). */
export async function pictureUri(image: Image, most = 256): Promise<string> {
  const [, height, width] = imageDims(image);
  const raw = sharp(toBytes8(toRgb(image)), { raw: { width, height, channels: 3 } });
  const small = raw.resize(most, most, { fit: "inside", withoutEnlargement: true });
  const bytes = await small.webp({ quality: 90, smartSubsample: true }).toBuffer();
  return `data:image/webp;base64,${bytes.toString("base64")}`;
}
