/** @file The colour space in which the channels of natural photos are uncorrelated. */

type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];

// Square root of the colour covariance of ImageNet photos, by its singular value decomposition.
// Source: Lucid, lucid/optvis/param/color.py (Olah, Mordvintsev & Schubert 2017).
const root: Matrix3 = [0.26, 0.09, 0.02, 0.27, 0, -0.05, 0.27, -0.09, 0.03];
const largestColumnNorm = Math.max(...[0, 1, 2].map((j) => Math.hypot(root[j]!, root[j + 3]!, root[j + 6]!)));

/** Row-major 3 × 3 matrix M with rgb = M · u for column vectors u of uncorrelated colour; rgb is centred on 0. */
export const rgbFromDecorrelated = root.map((x) => x / largestColumnNorm) as unknown as Matrix3;

/** Row-major inverse: u = M⁻¹ · rgb. */
export const decorrelatedFromRgb = invert(rgbFromDecorrelated);

/** The planes u = M⁻¹ · rgb of a picture in colour, [3, P] row-major, P pixels. */
export function decorrelate(rgb: ArrayLike<number>): Float64Array {
  const pixels = rgb.length / 3;
  const m = decorrelatedFromRgb;
  return Float64Array.from({ length: rgb.length }, (_, i) => {
    const [row, p] = [3 * Math.floor(i / pixels), i % pixels];
    return m[row]! * rgb[p]! + m[row + 1]! * rgb[pixels + p]! + m[row + 2]! * rgb[2 * pixels + p]!;
  });
}

// M⁻¹ = adj(M) / det(M)
function invert([a, b, c, d, e, f, g, h, i]: Matrix3): Matrix3 {
  const [A, B, C] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const det = a * A + b * B + c * C;
  return [
    A / det,
    (c * h - b * i) / det,
    (b * f - c * e) / det,
    B / det,
    (a * i - c * g) / det,
    (c * d - a * f) / det,
    C / det,
    (b * g - a * h) / det,
    (a * e - b * d) / det,
  ];
}
