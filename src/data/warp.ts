/** @file Moves the pixels of a picture by an affine map, bilinearly; beyond the border the nearest pixel is repeated. */

import { blank, type Rgb8 } from "./rgb8.ts";

/** Output (x, y) about the picture's centre shows the source at (a x + b y + c, d x + e y + f) about its centre. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const shear = (x: number, y: number): Affine => [1, x, 0, y, 1, 0];
export const translation = (x: number, y: number): Affine => [1, 0, x, 0, 1, y];

/** By an angle in radians, clockwise as seen (y points down). */
export function rotation(angle: number): Affine {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c, s, 0, -s, c, 0];
}

export function warp({ height, width, data }: Rgb8, [a, b, c, d, e, f]: Affine): Rgb8 {
  const out = blank(height, width);
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++, to += 3) {
      const sx = Math.min(width - 1, Math.max(0, a * (x - cx) + b * (y - cy) + c + cx));
      const sy = Math.min(height - 1, Math.max(0, d * (x - cx) + e * (y - cy) + f + cy));
      const [x0, y0] = [Math.floor(sx), Math.floor(sy)];
      const [fx, fy] = [sx - x0, sy - y0];
      const i00 = 3 * (y0 * width + x0);
      const right = x0 + 1 < width ? 3 : 0;
      const below = y0 + 1 < height ? 3 * width : 0;
      for (let k = 0; k < 3; k++) {
        const i = i00 + k;
        const upper = data[i]! + fx * (data[i + right]! - data[i]!);
        const lower = data[i + below]! + fx * (data[i + below + right]! - data[i + below]!);
        out.data[to + k] = upper + fy * (lower - upper);
      }
    }
  return out;
}
