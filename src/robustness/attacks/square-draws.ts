/** @file The random squares of the Square attack: where they lie, and what is in them. */

import type { Rng } from "../../tensor/rng.ts";
import type { Classifier, Row } from "../classifier.ts";
import type { Norm } from "../norms.ts";

type Sizes = Classifier["picture"];

const sign = (random: Rng): number => (random.int(0, 2) ? 1 : -1);

/** What the search begins with: a window over all, and stripes one pixel wide (L∞) or a board of 5 × 5 bumps (L2). */
export function stripes(norm: Norm, random: Rng, picture: Sizes): Row {
  const [channels, height, width] = picture;
  const window = new Float32Array(height * width).fill(1);
  const pattern = new Float32Array(channels * height * width);
  if (norm.name === "linf") {
    for (let c = 0; c < channels; c++)
      for (let x = 0; x < width; x++) {
        const s = sign(random);
        for (let y = 0; y < height; y++) pattern[(c * height + y) * width + x] = s;
      }
    return { window, pattern };
  }
  const side = Math.max(1, Math.floor(Math.min(height, width) / 5));
  const [top, left] = [(height % side) >> 1, (width % side) >> 1];
  for (let y = top; y + side <= height; y += side)
    for (let x = left; x + side <= width; x += side) put(pattern, picture, bumps(side, random), side, y, x, random);
  return { window, pattern, other: new Float32Array(height * width) };
}

/** A square at a random place, with a sign for each channel; in L2 holding a pair of bumps, and another square that is emptied. */
export function windows(norm: Norm, random: Rng, picture: Sizes, side: number): Row {
  const [channels, height, width] = picture;
  const place = (): [number, number] => [random.int(0, height - side + 1), random.int(0, width - side + 1)];
  const window = new Float32Array(height * width);
  const pattern = new Float32Array(channels * height * width);
  const mark = (plane: Float32Array, [y, x]: [number, number]): void => {
    for (let i = 0; i < side; i++) plane.fill(1, (y + i) * width + x, (y + i) * width + x + side);
  };
  const at = place();
  mark(window, at);
  const content = norm.name === "linf" ? new Float32Array(side * side).fill(1) : bumps(side, random);
  put(pattern, picture, content, side, ...at, random);
  if (norm.name === "linf") return { window, pattern };
  const other = new Float32Array(height * width);
  mark(other, place());
  return { window, pattern, other };
}

/** Puts a square into each channel, with a random sign. */
function put(
  pattern: Float32Array,
  [channels, height, width]: Sizes,
  content: Float32Array,
  side: number,
  top: number,
  left: number,
  random: Rng,
): void {
  for (let c = 0; c < channels; c++) {
    const s = sign(random);
    for (let i = 0; i < side; i++)
      for (let j = 0; j < side; j++) pattern[(c * height + top + i) * width + left + j] = s * content[i * side + j]!;
  }
}

/**
 * η of the paper, [side, side] and of length 1: in one half a bump, in the other a pit, left and right or above and below. A
 * bump adds, for k = 0, 1, …, 1 / (k + 1)² to the square of side 2k + 1 about its centre.
 */
export function bumps(side: number, random: Rng): Float32Array {
  const upper = side >> 1;
  const out = new Float32Array(side * side);
  const halves = [
    { rows: upper, from: 0, s: 1 },
    { rows: side - upper, from: upper, s: -1 },
  ];
  for (const { rows, from, s } of halves) {
    const bump = bumpOf(rows, side);
    for (let i = 0; i < bump.length; i++) out[from * side + i] = s * bump[i]!;
  }
  const length = Math.sqrt(out.reduce((sum, x) => sum + x * x, 0)) || 1;
  const lying = random.uniform() > 0.5;
  return out.map((_, i) => (lying ? out[(i % side) * side + Math.floor(i / side)]! : out[i]!) / length);
}

/** Of length 1. */
function bumpOf(rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  const centre = [rows >> 1, columns >> 1] as const;
  for (let k = 0; k <= Math.max(...centre); k++)
    for (let y = Math.max(0, centre[0] - k); y <= Math.min(rows - 1, centre[0] + k); y++)
      for (let x = Math.max(0, centre[1] - k); x <= Math.min(columns - 1, centre[1] + k); x++)
        out[y * columns + x]! += 1 / (k + 1) ** 2;
  const length = Math.sqrt(out.reduce((s, x) => s + x * x, 0)) || 1;
  return out.map((v) => v / length);
}
