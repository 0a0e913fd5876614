/** @file Resampling along one axis as a matrix: what every output position reads of the input, for all modes of Resize. */

import { type Matrix, zeroMatrix } from "./axis-matrix.ts";
import { range } from "./shapes.ts";

/** How Resize maps one axis; `roi` are the ends of the region of interest, in 0 … 1. */
export interface AxisResize {
  readonly in: number;
  readonly out: number;
  readonly scale: number;
  readonly roi: readonly [number, number];
}

/** The attributes of Resize that decide on weights. */
export interface ResizeMode {
  readonly mode: string;
  readonly coordinate_transformation_mode: string;
  readonly nearest_mode: string;
  readonly cubic_coeff_a: number;
  readonly exclude_outside: number;
  readonly antialias: number;
}

/**
 * Where output position o lies in the input, in pixels whose centres are whole numbers. In float32 as the runtimes
 * compute it, since nearest neighbours depend on the last bit.
 */
function coordinate(o: number, { in: n, out, scale, roi }: AxisResize, mode: string): number {
  const f = Math.fround;
  const halfPixel = () => f(f(f(o + 0.5) / scale) - 0.5);
  switch (mode) {
    case "asymmetric":
      return f(o / scale);
    case "align_corners":
      return out === 1 ? 0 : f(f(o * (n - 1)) / (out - 1));
    case "pytorch_half_pixel":
      return out > 1 ? halfPixel() : 0;
    case "tf_half_pixel_for_nn":
      return f(f(o + 0.5) / scale);
    case "tf_crop_and_resize": {
      const [start, end] = roi;
      if (out === 1) return f(0.5 * (start + end) * (n - 1));
      return f(f(start * (n - 1)) + f(f(f(o * f(end - start)) * (n - 1)) / (out - 1)));
    }
    case "half_pixel_symmetric":
      return f(f((n / 2) * f(1 - f(out / f(scale * n)))) + (o + 0.5) / scale - 0.5);
    default:
      return halfPixel();
  }
}

const nearest: Readonly<Record<string, (x: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
};

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** Keys' cubic convolution kernel with free parameter a (1981). */
const keys =
  (a: number) =>
  (signed: number): number => {
    const x = Math.abs(signed);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  };

/** Y = R X along the axis: [out][in]. Rows of positions outside a crop are zero. */
export function resizeMatrix(axis: AxisResize, a: ResizeMode): Matrix {
  const { in: n, out } = axis;
  const crop = a.coordinate_transformation_mode === "tf_crop_and_resize";
  const m = zeroMatrix(out, n);
  m.forEach((row, o) => {
    const x = coordinate(o, axis, a.coordinate_transformation_mode);
    if (crop && (x < 0 || x > n - 1)) return;
    for (const [i, weight] of taps(x, axis, a)) {
      if (a.exclude_outside && (i < 0 || i >= n)) continue;
      row[Math.min(Math.max(i, 0), n - 1)]! += weight;
    }
    const total = row.reduce((sum, w) => sum + w, 0);
    if (total !== 0) for (const i of row.keys()) row[i]! /= total;
  });
  return m;
}

/** Input positions, also outside, and their weights before these are made to sum to one. */
function taps(x: number, axis: AxisResize, a: ResizeMode): readonly (readonly [number, number])[] {
  if (a.mode === "nearest") return [[(nearest[a.nearest_mode] ?? Math.floor)(x), 1]];
  const [filter, radius] = a.mode === "cubic" ? ([keys(a.cubic_coeff_a), 2] as const) : ([triangle, 1] as const);
  // Antialiasing widens the kernel to the distance of output pixels when shrinking.
  const spread = a.antialias ? Math.max(1, 1 / axis.scale) : 1;
  const first = Math.floor(x - radius * spread) + 1;
  const count = Math.ceil(2 * radius * spread) + 1;
  return range(count).map((k) => [first + k, filter((first + k - x) / spread)] as const);
}
