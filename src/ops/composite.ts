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
  // With u[i] = (1 − f) x[i] + f x[i−1], y[w] = u[w − k]: one picking along rows. u is 0 but for 0 … W, so that between two
  // zeros, as u[−1 … W+1], it answers every index once that is clamped.
  lower: (g, { X, S }) => {
    const [n, c, h, w] = X.shape as [number, number, number, number];
    const shift = g.reshape(S, [n, 1, h, 1]);
    const whole = g.op("Floor", [shift]);
    const fraction = g.sub(shift, whole);
    const x = g.op("Pad", [X, g.ints([0, 0, 0, 2, 0, 0, 0, 2])]);
    const [here, before] = [g.slice(x, [3], [1], [w + 4]), g.slice(x, [3], [0], [w + 3])];
    const u = g.add(g.mul(here, g.sub(1, fraction)), g.mul(before, fraction));
    const column = g.numbers(
      Array.from({ length: w }, (_, i) => i + 1),
      [1, 1, 1, w],
      X.dtype,
    );
    const index = g.cast(g.op("Clip", [g.sub(column, whole), 0, w + 2]), "int32");
    return [g.op("GatherElements", [u, g.expand(index, [n, c, h, w])], { axis: 3 })];
  },
});
