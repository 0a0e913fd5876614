/** @file Interpolation along one axis as a linear map: sparse rows for the host, dense matrices for graphs. */

export interface ResampleOptions {
  /** Output pixels per source pixel; default outSize / inSize, which maps edge to edge. */
  readonly scale?: number;
  /** Added to the sampled coordinate, in source pixels; default 0. With scale 1, the first source pixel of a crop. */
  readonly shift?: number;
  /** Interpolation kernel; default linear (a triangle). Cubic is Keys (1981) with a = −1/2; nearest takes the pixel that holds the point. */
  readonly mode?: "linear" | "nearest" | "cubic";
  /** Widens the kernel by 1/scale when shrinking, so that every source pixel counts (as Pillow does); no effect on nearest. Default false. */
  readonly antialias?: boolean;
  /**
   * What lies beyond the source: `edge` repeats the border pixel; `zero` is black, and for a padding of any other
   * constant c add c · (1 − row sum) along one axis, c · (1 − rowSumsY ⊗ rowSumsX) for an image; `renormalise` takes the
   * mean of what lies inside (a row with nothing inside is all zero). Default edge.
   */
  readonly outside?: "edge" | "zero" | "renormalise";
}

/** One output element: Σ weight[k] · source[index[k]]. */
export interface Row {
  readonly index: readonly number[];
  readonly weight: readonly number[];
}

const kernels = {
  linear: { radius: 1, at: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  cubic: {
    radius: 2,
    // w(x) = (a+2)|x|³ − (a+3)x² + 1 for |x| ≤ 1, a|x|³ − 5ax² + 8a|x| − 4a for |x| < 2, with a = −1/2
    at(x: number) {
      const t = Math.abs(x);
      if (t >= 2) return 0;
      return t <= 1 ? (1.5 * t - 2.5) * t * t + 1 : ((-0.5 * t + 2.5) * t - 4) * t + 2;
    },
  },
};

/**
 * The rows that sample a line of `inSize` pixels at `outSize` points. Pixel i is centred on coordinate i; output o samples
 * s(o) = (o + ½) / scale − ½ + shift.
 */
export function resampleRows(outSize: number, inSize: number, options: ResampleOptions = {}): Row[] {
  const { scale = outSize / inSize, shift = 0, mode = "linear", antialias = false, outside = "edge" } = options;
  return Array.from({ length: outSize }, (_, o) => {
    const centre = (o + 0.5) / scale - 0.5 + shift;
    const taps = mode === "nearest" ? [Math.floor(centre + 0.5)] : [];
    const weights = mode === "nearest" ? [1] : [];
    if (mode !== "nearest") {
      const { radius, at } = kernels[mode];
      const stretch = antialias ? Math.max(1, 1 / scale) : 1;
      for (let i = Math.ceil(centre - radius * stretch); i <= centre + radius * stretch; i++) {
        taps.push(i);
        weights.push(at((i - centre) / stretch));
      }
    }

    const index: number[] = [];
    const weight: number[] = [];
    let total = 0;
    for (const [k, i] of taps.entries()) {
      const inside = i >= 0 && i < inSize;
      if (inside || outside !== "renormalise") total += weights[k]!;
      if (weights[k] === 0 || !(inside || outside === "edge")) continue;
      index.push(Math.min(Math.max(i, 0), inSize - 1));
      weight.push(weights[k]!);
    }
    return { index, weight: weight.map((w) => w / total) };
  });
}

/** The same map as a dense matrix [outSize, inSize], row-major: along x, X · Rᵀ; along y, R · X. */
export function resampleMatrix(outSize: number, inSize: number, options: ResampleOptions = {}): Float64Array {
  const matrix = new Float64Array(outSize * inSize);
  for (const [o, { index, weight }] of resampleRows(outSize, inSize, options).entries())
    for (const [k, i] of index.entries()) matrix[o * inSize + i]! += weight[k]!;
  return matrix;
}

/** Applies rows along the middle axis of [outer, inSize, inner] on the host, giving [outer, rows.length, inner]. */
export function applyRows(
  data: ArrayLike<number>,
  rows: readonly Row[],
  { outer, inSize, inner }: { outer: number; inSize: number; inner: number },
): Float64Array {
  const out = new Float64Array(outer * rows.length * inner);
  for (let n = 0; n < outer; n++)
    for (let o = 0; o < rows.length; o++) {
      const { index, weight } = rows[o]!;
      const to = (n * rows.length + o) * inner;
      for (let k = 0; k < index.length; k++) {
        const from = (n * inSize + index[k]!) * inner;
        const w = weight[k]!;
        for (let j = 0; j < inner; j++) out[to + j]! += w * data[from + j]!;
      }
    }
  return out;
}
