/** @file fovea's own operators: one gradient rule of their own, standard operators once lowered. */

import { op } from "./op.ts";

/**
 * Shears an image: moves every row of X [N,C,H,W] along itself by its own, fractional number of pixels, S [N,H].
 *
 *   y[n,c,h,w] = (1 − f) x[n,c,h,w−k] + f x[n,c,h,w−k−1],   k = ⌊S[n,h]⌋, f = S[n,h] − k,   zero outside.
 *
 * The adjoint moves the rows back: with −S = (−k−1) + (1−f), a shear by −S is exactly the transpose of a shear by S, so no
 * scatter is needed. S itself has no gradient. Three shears make a rotation (Paeth 1986).
 */
export const Shear = op({
  inputs: ["X", "S"],
  infer: ({ X }) => [X],
  vjp: { X: ({ g, dy, S }) => g.op("fovea.Shear", [dy, g.neg(S)]) },
  lower: (g, { X, S }) => {
    const [n, c, h, w] = X.shape as [number, number, number, number];
    const column = g.numbers(
      Array.from({ length: w }, (_, i) => i),
      [1, 1, 1, w],
      X.dtype,
    );
    const shift = g.reshape(S, [n, 1, h, 1]);
    const whole = g.op("Floor", [shift]);
    const fraction = g.sub(shift, whole);
    const from = g.sub(column, whole);
    /** Row element at a column, zero outside. */
    const at = (place: typeof from): typeof from => {
      const clamped = g.op("Clip", [place, 0, w - 1]);
      const inside = g.mask(g.op("Abs", [g.sub(place, clamped)]), "Less", 0.5);
      const index = g.expand(g.cast(clamped, "int32"), [n, c, h, w]);
      return g.mul(g.op("GatherElements", [X, index], { axis: 3 }), inside);
    };
    return [g.add(g.mul(at(from), g.sub(1, fraction)), g.mul(at(g.sub(from, 1)), fraction))];
  },
});
