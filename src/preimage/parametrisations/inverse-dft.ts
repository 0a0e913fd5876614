/** @file The inverse Fourier transform in a graph. */

import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import { irfft2Matrices } from "../../tensor/spectrum.ts";

/**
 * Planes [N,C,H,W] of half spectra z [N,C,H,2,K] (real and imaginary part, K = ⌊W/2⌋ + 1), as numpy.fft.irfft2. Two matrix
 * products are the fastest form on every provider.
 */
export function inverseDft(g: Builder, z: Value, w: number): Value {
  const [n, channels, h, , k] = z.shape as [number, number, number, number, number];
  const { left, right } = irfft2Matrices(h, w);
  const columns = g.matmul(g.numbers(left, [2 * h, 2 * h], z.dtype), g.reshape(z, [n, channels, 2 * h, k]));
  return g.matmul(g.reshape(columns, [n, channels, h, 2 * k]), g.numbers(right, [2 * k, w], z.dtype));
}
