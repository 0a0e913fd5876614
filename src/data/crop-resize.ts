/** @file Cuts a box out of an 8-bit picture and resizes it in one pass, antialiased. */

import { type Row, resampleRows } from "../tensor/resample.ts";
import { blank, type Rgb8 } from "./rgb8.ts";

/** A rectangle in pixels of the source; fractions are allowed. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Rows laid end to end: output o sums weight[k] · source[index[k]] for k from start[o] to start[o + 1]. */
interface Taps {
  readonly start: Int32Array;
  readonly index: Int32Array;
  readonly weight: Float64Array;
}

function flatten(rows: readonly Row[]): Taps {
  const start = new Int32Array(rows.length + 1);
  for (const [o, row] of rows.entries()) start[o + 1] = start[o]! + row.index.length;
  const index = new Int32Array(start[rows.length]!);
  const weight = new Float64Array(start[rows.length]!);
  for (const [o, row] of rows.entries()) {
    index.set(row.index, start[o]!);
    weight.set(row.weight, start[o]!);
  }
  return { start, index, weight };
}

const taps = (out: number, inSize: number, offset: number, length: number): Taps =>
  flatten(resampleRows(out, inSize, { scale: out / length, shift: offset, antialias: true, outside: "renormalise" }));

/**
 * The box, resized to height × width with a triangle kernel that widens when shrinking; at the box's border the pixels
 * around it count as far as the kernel reaches.
 */
export function cropResize(
  { height: inHeight, width: inWidth, data }: Rgb8,
  box: Box,
  height: number,
  width: number,
): Rgb8 {
  const down = taps(height, inHeight, box.top, box.height);
  const across = taps(width, inWidth, box.left, box.width);
  const left = 3 * across.index.reduce((a, b) => Math.min(a, b), inWidth);
  const right = 3 * across.index.reduce((a, b) => Math.max(a, b), 0) + 3;
  const out = blank(height, width);
  const line = new Float64Array(right);
  for (let y = 0, to = 0; y < height; y++) {
    line.fill(0);
    const lastRow = down.start[y + 1]!;
    for (let k = down.start[y]!; k < lastRow; k++) {
      const from = down.index[k]! * inWidth * 3;
      const w = down.weight[k]!;
      for (let i = left; i < right; i++) line[i]! += w * data[from + i]!;
    }
    for (let x = 0; x < width; x++, to += 3) {
      let r = 0;
      let g = 0;
      let b = 0;
      const last = across.start[x + 1]!;
      for (let k = across.start[x]!; k < last; k++) {
        const i = 3 * across.index[k]!;
        const w = across.weight[k]!;
        r += w * line[i]!;
        g += w * line[i + 1]!;
        b += w * line[i + 2]!;
      }
      out.data[to] = r;
      out.data[to + 1] = g;
      out.data[to + 2] = b;
    }
  }
  return out;
}

/**
 * How a picture is shown to a net when nothing is left to chance: the middle square of `portion` of the shorter side
 * (default all of it), resized to size × size.
 */
export function centreSquare(image: Rgb8, size: number, portion = 1): Rgb8 {
  const side = Math.min(image.height, image.width) * portion;
  const box = { top: (image.height - side) / 2, left: (image.width - side) / 2, height: side, width: side };
  return cropResize(image, box, size, size);
}
