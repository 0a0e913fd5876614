/** @file Where everything on a sheet stands: cells of one size with a picture, patches beside it and lines of text below. */

import type { Box } from "../data/crop-resize.ts";

export interface SheetShape {
  /** Cells. */
  readonly count: number;
  /** Side of the pictures before they are brought to that of the sheet. */
  readonly pictureSide: number;
  /** Patches beside each picture; default 0. */
  readonly patches?: number;
  /** Lines of text below each picture. */
  readonly lines: number;
  /** Lines above the sheet. */
  readonly headLines: number;
  /** Cells in a row; by default so many that the sheet is about 3 : 2. */
  readonly columns?: number;
}

export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  /** Side of a picture as it is shown, in pixels. */
  readonly side: number;
  /** Of the letters, in pixels. */
  readonly font: number;
  readonly lineHeight: number;
  /** Letters that a line below a cell holds, and one above the sheet. */
  readonly room: number;
  readonly headRoom: number;
  readonly columns: number;
  /** The picture of cell i. */
  readonly picture: (i: number) => Box;
  /** The place of its k-th patch, a square. */
  readonly patch: (i: number, k: number) => Box;
  /** Baseline of its n-th line, and where lines begin. */
  readonly line: (i: number, n: number) => { readonly x: number; readonly y: number };
  readonly head: (n: number) => { readonly x: number; readonly y: number };
}

/** Sides that pictures are shown at where there is room. */
const [SMALLEST, LARGEST] = [96, 224];
/** All pictures and patches together take about so many pixels at most, unless that makes them smaller than `TINY`. */
const MOST_PIXELS = 20e6;
const TINY = 48;
const [MARGIN, GAP, WITHIN] = [14, 12, 3];
/** Width of a letter, in parts of its height. */
const LETTER = 0.56;
const HEAD_FONT = 15;

/** Small pictures are shown enlarged by a whole number, large ones shrunk, and all of them smaller where they are many. */
export function sheetLayout({ count, pictureSide, patches = 0, lines, headLines, columns }: SheetShape): SheetLayout {
  const areas = patches > 0 ? 2 : 1;
  const wanted =
    pictureSide < SMALLEST ? pictureSide * Math.ceil(SMALLEST / pictureSide) : Math.min(pictureSide, LARGEST);
  const side = Math.min(wanted, Math.max(TINY, Math.floor(Math.sqrt(MOST_PIXELS / (count * areas)))));
  const font = Math.min(13, Math.max(10, Math.floor((side * areas) / 12)));
  const lineHeight = Math.ceil(font * 1.35);
  const width = side * areas + (areas - 1) * WITHIN;
  const height = side + 2 + lines * lineHeight;
  const across = Math.min(
    count,
    Math.max(1, columns ?? Math.round(Math.sqrt((1.5 * count * (height + GAP)) / (width + GAP)))),
  );
  const top = MARGIN + headLines * Math.ceil(HEAD_FONT * 1.4) + (headLines > 0 ? GAP / 2 : 0);
  const perSide = Math.ceil(Math.sqrt(patches));
  const patchSide = Math.floor((side - (perSide - 1) * WITHIN) / Math.max(1, perSide));
  const corner = (i: number): { readonly x: number; readonly y: number } => ({
    x: MARGIN + (i % across) * (width + GAP),
    y: top + Math.floor(i / across) * (height + GAP),
  });
  const total = 2 * MARGIN + across * (width + GAP) - GAP;
  return {
    width: total,
    height: top + Math.ceil(count / across) * (height + GAP) - GAP + MARGIN,
    side,
    font,
    lineHeight,
    room: Math.max(3, Math.floor(width / (LETTER * font))),
    headRoom: Math.max(12, Math.floor((total - 2 * MARGIN) / (LETTER * HEAD_FONT))),
    columns: across,
    picture: (i) => ({ top: corner(i).y, left: corner(i).x, height: side, width: side }),
    patch: (i, k) => ({
      top: corner(i).y + Math.floor(k / perSide) * (patchSide + WITHIN),
      left: corner(i).x + side + WITHIN + (k % perSide) * (patchSide + WITHIN),
      height: patchSide,
      width: patchSide,
    }),
    line: (i, n) => ({ x: corner(i).x, y: corner(i).y + side + 1 + n * lineHeight + font }),
    head: (n) => ({ x: MARGIN, y: MARGIN + n * Math.ceil(HEAD_FONT * 1.4) + HEAD_FONT }),
  };
}

/** A line that fits, its end left out where it does not. */
export const shortened = (text: string, room: number): string =>
  text.length <= room ? text : `${text.slice(0, room - 1).trimEnd()}…`;

/** Lines of at most so many letters, broken at spaces; a longer word loses its end. */
export function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(shortened(word, Math.floor(room)));
  }
  return lines;
}

/** The largest box of a picture's shape in the middle of a square. */
export function within(place: Box, height: number, width: number): Box {
  const scale = Math.min(place.height / height, place.width / width);
  const [h, w] = [height, width].map((n) => Math.max(1, Math.round(n * scale))) as [number, number];
  return {
    top: place.top + Math.floor((place.height - h) / 2),
    left: place.left + Math.floor((place.width - w) / 2),
    height: h,
    width: w,
  };
}
