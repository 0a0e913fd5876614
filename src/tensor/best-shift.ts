/** @file How much of a photo's layout another picture has: the shift under which the two agree best. */

import { type Image, imageDims, resize, toGrey } from "./image.ts";
import { irfft2, rfft2 } from "./spectrum.ts";

export interface PositionKept {
  /** [down, right] in pixels: how far the picture's contents lie from where they are in the photo. */
  readonly shift: readonly [dy: number, dx: number];
  /** Correlation of brightness under that shift, −1…1, over the part that overlaps; unrelated photos reach 0.2 to 0.6. */
  readonly peak: number;
  /** The same without a shift. */
  readonly inPlace: number;
}

/** Larger pictures are shrunk to this many pixels on their longer side first. */
const SIDE = 128;

/**
 * The shift of at most a quarter of each side with the largest normalised cross-correlation (Lewis 1995). With f the photo,
 * m the picture, s the shift and the sums over the N pixels that overlap:
 *
 *   (Σ f(p) m(p + s) − Σf Σm / N) / √((Σf² − (Σf)² / N) (Σm² − (Σm)² / N))
 *
 * Brightness alone counts, not contrast. Resolution: one pixel, or one of 128 on the longer side of larger pictures.
 * Correlations are 0 where one of the two is flat. The two pictures must be of one size.
 */
export function bestShift(photo: Image, picture: Image): PositionKept {
  const [, h, w] = imageDims(photo);
  if (imageDims(picture).slice(1).join() !== [h, w].join())
    throw new Error(
      `internal: bestShift: expected two pictures of one size, got [${photo.dims}] and [${picture.dims}]`,
    );
  const zoom = Math.min(1, SIDE / Math.max(h, w));
  const [rows, columns] = [h, w].map((n) => Math.max(1, Math.round(n * zoom))) as [number, number];
  const [f, m] = [photo, picture].map((image) => centred(resize(toGrey(image), rows, columns)));
  const products = crossCorrelation(f!, m!, rows, columns);
  const [sumF, sumM] = [sums(f!, rows, columns), sums(m!, rows, columns)];
  const [squaresF, squaresM] = [f!, m!].map((plane) =>
    sums(
      plane.map((x) => x * x),
      rows,
      columns,
    ),
  );

  const at = (dy: number, dx: number): number => {
    const [top, left] = [Math.max(0, -dy), Math.max(0, -dx)];
    const [height, width] = [rows - Math.abs(dy), columns - Math.abs(dx)];
    const N = height * width;
    const [a, aa] = [sumF, squaresF!].map((of) => of(top, left, height, width)) as [number, number];
    const [b, bb] = [sumM, squaresM!].map((of) => of(top + dy, left + dx, height, width)) as [number, number];
    const [varianceA, varianceB] = [aa - (a * a) / N, bb - (b * b) / N];
    if (varianceA < 1e-9 * N || varianceB < 1e-9 * N) return 0;
    return (products(dy, dx) - (a * b) / N) / Math.sqrt(varianceA * varianceB);
  };
  const inPlace = at(0, 0);
  let [best, peak] = [[0, 0], inPlace];
  const [down, across] = [Math.floor(rows / 4), Math.floor(columns / 4)];
  for (let dy = -down; dy <= down; dy++)
    for (let dx = -across; dx <= across; dx++) {
      const c = at(dy, dx);
      if (c > peak + 1e-9) [best, peak] = [[dy, dx], c];
    }
  return { shift: [(best[0]! * h) / rows, (best[1]! * w) / columns], peak, inPlace };
}

function centred({ data }: Image): Float64Array {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  return Float64Array.from(data, (x) => x - mean);
}

/** Σ f(p) m(p + s) for shifts below half the padded size: the inverse transform of F̄ · M, both padded with zeros. */
function crossCorrelation(
  f: Float64Array,
  m: Float64Array,
  rows: number,
  columns: number,
): (dy: number, dx: number) => number {
  const [h, w] = [rows + (rows >> 1), columns + (columns >> 1)];
  const [F, M] = [f, m].map((plane) => {
    const padded = new Float64Array(h * w);
    for (let y = 0; y < rows; y++) padded.set(plane.subarray(y * columns, (y + 1) * columns), y * w);
    return rfft2(padded, h, w);
  });
  const half = (w >> 1) + 1;
  const product = new Float64Array(h * 2 * half);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < half; x++) {
      const [re, im] = [2 * y * half + x, (2 * y + 1) * half + x];
      product[re] = F![re]! * M![re]! + F![im]! * M![im]!;
      product[im] = F![re]! * M![im]! - F![im]! * M![re]!;
    }
  const correlation = irfft2(product, h, w);
  return (dy, dx) => correlation[((dy + h) % h) * w + ((dx + w) % w)]!;
}

/** Sums over rectangles, from a summed-area table. */
function sums(
  plane: Float64Array,
  rows: number,
  columns: number,
): (top: number, left: number, height: number, width: number) => number {
  const stride = columns + 1;
  const table = new Float64Array((rows + 1) * stride);
  for (let y = 0; y < rows; y++) {
    let line = 0;
    for (let x = 0; x < columns; x++) {
      line += plane[y * columns + x]!;
      table[(y + 1) * stride + x + 1] = table[y * stride + x + 1]! + line;
    }
  }
  return (top, left, height, width) => {
    const [upper, lower, right] = [top * stride, (top + height) * stride, left + width];
    return table[lower + right]! - table[upper + right]! - table[lower + left]! + table[upper + left]!;
  };
}
