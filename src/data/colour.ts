/** @file Changes of colour: everything linear in the colours as one 3 × 4 matrix a pixel, and look-up tables. */

import { luma } from "../tensor/image.ts";
import { blank, type Rgb8 } from "./rgb8.ts";

/** Row-major 3 × 4: rgb ↦ M[:, 0…2] · rgb + M[:, 3], in units of 0…255. */
export type ColourMatrix = readonly number[];

/** First `b`, then `a`. */
export function compose(a: ColourMatrix, b: ColourMatrix): ColourMatrix {
  return Array.from({ length: 12 }, (_, i) => {
    const [row, column] = [4 * Math.floor(i / 4), i % 4];
    const sum = a[row]! * b[column]! + a[row + 1]! * b[column + 4]! + a[row + 2]! * b[column + 8]!;
    return column === 3 ? sum + a[row + 3]! : sum;
  });
}

// x ↦ towards + factor · (x − towards)
const blend = (factor: number, towards: number): ColourMatrix =>
  [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => (row === column ? factor : 0)).concat((1 - factor) * towards));

/** Factor 0 is black, 1 the picture itself. */
export const brightness = (factor: number): ColourMatrix => blend(factor, 0);

/** Factor 0 is the picture's mean grey everywhere, 1 the picture itself. */
export const contrast = (factor: number, meanGrey: number): ColourMatrix => blend(factor, meanGrey);

/** Factor 0 is grey, 1 the picture itself. */
export const saturation = (factor: number): ColourMatrix =>
  [0, 1, 2].flatMap((row) => [
    ...luma.map((weight, column) => (1 - factor) * weight + (row === column ? factor : 0)),
    0,
  ]);

// The chroma axes of YIQ; each sums to 0, so that adding grey changes neither.
const chroma = { i: [0.596, -0.274, -0.322], q: [0.211, -0.523, 0.312] } as const;

/**
 * The colour of luma 0 with chroma (i, q). Without green, i₀ r + i₂ b = i and q₀ r + q₂ b = q; taking off the luma of
 * that from all three leaves the chroma as it is.
 */
function fromChroma(i: number, q: number): readonly [r: number, g: number, b: number] {
  const { i: I, q: Q } = chroma;
  const det = I[0] * Q[2] - I[2] * Q[0];
  const r = (i * Q[2] - q * I[2]) / det;
  const b = (I[0] * q - Q[0] * i) / det;
  const grey = luma[0] * r + luma[2] * b;
  return [r - grey, -grey, b - grey];
}

/** Turns hues by a part of the colour circle, as a rotation of the YIQ chroma; luma and greys stay what they are. */
export function hue(turn: number): ColourMatrix {
  const [c, s] = [Math.cos(2 * Math.PI * turn), Math.sin(2 * Math.PI * turn)];
  const columns = [0, 1, 2].map((k) => {
    const [i, q] = [chroma.i[k]!, chroma.q[k]!];
    return fromChroma(c * i - s * q, s * i + c * q).map((colour) => colour + luma[k]!);
  });
  return [0, 1, 2].flatMap((row) => [...columns.map((column) => column[row]!), 0]);
}

/** Mean over pixels of Σ luma · colour, 0…255. */
export function meanGrey({ data }: Rgb8): number {
  let [r, g, b] = [0, 0, 0];
  for (let i = 0; i < data.length; i += 3) {
    r += data[i]!;
    g += data[i + 1]!;
    b += data[i + 2]!;
  }
  return (luma[0] * r + luma[1] * g + luma[2] * b) / (data.length / 3);
}

export function applyColour({ height, width, data }: Rgb8, matrix: ColourMatrix): Rgb8 {
  const [a, b, c, d, e, f, g, h, i, j, k, l] = matrix as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const out = blank(height, width);
  for (let p = 0; p < data.length; p += 3) {
    const [red, green, blue] = [data[p]!, data[p + 1]!, data[p + 2]!];
    out.data[p] = a * red + b * green + c * blue + d;
    out.data[p + 1] = e * red + f * green + g * blue + h;
    out.data[p + 2] = i * red + j * green + k * blue + l;
  }
  return out;
}

/** Sends each byte through its channel's table. */
export function applyTables({ height, width, data }: Rgb8, tables: readonly ArrayLike<number>[]): Rgb8 {
  const [red, green, blue] = [tables[0]!, tables[1] ?? tables[0]!, tables[2] ?? tables[0]!];
  const out = blank(height, width);
  for (let p = 0; p < data.length; p += 3) {
    out.data[p] = red[data[p]!]!;
    out.data[p + 1] = green[data[p + 1]!]!;
    out.data[p + 2] = blue[data[p + 2]!]!;
  }
  return out;
}

/** How often each value 0…255 occurs, for each channel. */
export function histograms({ data }: Rgb8): readonly Uint32Array[] {
  const counts = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
  for (let p = 0; p < data.length; p += 3) {
    counts[0][data[p]!]!++;
    counts[1][data[p + 1]!]!++;
    counts[2][data[p + 2]!]!++;
  }
  return counts;
}
