/** @file The image codec in Node: sharp (libvips), and sheets of pictures with captions. */

import sharp from "sharp";
import { type ImageCodec, largestPicture, targetSize, undecodable } from "./codec.ts";
import { type GridOptions, grid } from "./grid.ts";
import { fromBytes8, type Image, imageDims, toBytes8 } from "./image.ts";
import { withPngText } from "./png-text.ts";

const refuse = (error: unknown): never => {
  throw undecodable((error instanceof Error ? error.message : String(error)).split("\n")[0]!);
};

export const decodeImage: ImageCodec["decodeImage"] = async (bytes, options = {}) => {
  if (bytes.length === 0) throw undecodable("the file is empty");
  const facts = await sharp(bytes, { limitInputPixels: false }).metadata().catch(refuse);
  const size = [facts.autoOrient.height, facts.autoOrient.width] as const;
  const target = targetSize(size, options);
  const { data, info } = await sharp(bytes, { failOn: "error", limitInputPixels: largestPicture })
    .autoOrient()
    .flatten({ background: "#ffffff" })
    .resize(target.width, target.height, { fit: "fill", kernel: "linear" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch(refuse);
  const frames = facts.pages ?? 1;
  const notes = frames > 1 ? [`the picture has ${frames} frames: the first is used`] : [];
  const image = fromBytes8(data, { height: info.height, width: info.width, stride: info.channels, channels: 3 });
  return { image, size, notes: [...notes, ...target.notes] };
};

/** The picture as a sharp pipeline of raw 8-bit pixels. */
function pipeline(image: Image) {
  const [c, height, width] = imageDims(image);
  return sharp(toBytes8(image), { raw: { width, height, channels: c as 1 | 2 | 3 | 4 } });
}

export const encodePng: ImageCodec["encodePng"] = async (image, { text = {} } = {}) =>
  withPngText(await pipeline(image).png().toBuffer(), text);

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Breaks text at spaces into lines of at most `room` characters; a longer word loses its middle. */
function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const half = (room - 1) / 2;
    const short = word.length > room ? `${word.slice(0, Math.floor(half))}…${word.slice(-Math.ceil(half))}` : word;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + short.length <= room) lines[lines.length - 1] = `${last} ${short}`;
    else lines.push(short);
  }
  return lines;
}

/**
 * A sheet of pictures with dark captions on white under them, in the system's sans-serif, 9 to 13 px by the width of the
 * pictures. Labels break at line ends and spaces. Below about 64 px of width there is no room to read: enlarge first.
 */
export async function labelledGrid(
  images: readonly Image[],
  labels: readonly string[],
  options: Omit<GridOptions, "caption" | "background"> = {},
): Promise<Image> {
  const cellWidth = Math.max(...images.map((image) => imageDims(image)[2]));
  const font = Math.min(13, Math.max(9, Math.floor(cellWidth / 12)));
  // A sans-serif letter is about 0.6 em wide.
  const room = Math.max(3, Math.floor(cellWidth / (0.6 * font)));
  const lines = labels.map((label) => label.split("\n").flatMap((line) => wrap(line, room)));
  const lineHeight = Math.ceil(font * 1.3);
  const caption = lineHeight * Math.max(...lines.map((l) => l.length), 0) + 4;
  const sheet = grid(images, { ...options, caption });

  const texts = sheet.cells.flatMap((cell, i) =>
    (lines[i] ?? []).map((line, k) => {
      const printable = line.replace(/\p{Cc}/gu, "").replace(/[&<>]/g, (c) => escapes[c]!);
      const baseline = cell.y + cell.height + 2 + lineHeight * k + font;
      return `<text x="${cell.x + cell.width / 2}" y="${baseline}">${printable}</text>`;
    }),
  );
  const [, height, width] = imageDims(sheet.image);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"
    font-family="sans-serif" font-size="${font}" fill="#222" text-anchor="middle">${texts.join("")}</svg>`;
  const data = await pipeline(sheet.image)
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return fromBytes8(data, { height, width, stride: 3 });
}
