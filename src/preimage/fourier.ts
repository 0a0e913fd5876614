/** @file Pictures as Fourier coefficients with decorrelated colours (Olah, Mordvintsev & Schubert, Distill 2017; Lucid). */

import { rgbFromDecorrelated } from "../tensor/colour.ts";
import { fftfreq, irfft2Matrices, rfftfreq } from "../tensor/spectrum.ts";
import { sizeOf, tensor } from "../tensor/tensor.ts";
import type { Parametrisation } from "./axes.ts";

export interface FourierOptions {
  readonly size: readonly [number, number];
  /** 3 (decorrelated colour) or 1 (grey). */
  readonly channels: number;
  readonly batch?: number;
  /** Standard deviation of the coefficients at the start; 0.01. */
  readonly deviation?: number;
  /** Power of the frequency by which coefficients are scaled down; 1. */
  readonly decay?: number;
}

/**
 *   image = σ( M · irfft2(s ⊙ θ) / 4 ),   s(f) = √(wh) / max(f, 1/max(w, h))^decay
 *
 * θ is [N, C, H, 2, K] (real and imaginary part, K = ⌊W/2⌋ + 1), M mixes decorrelated colours into RGB. The two matrix
 * products of the inverse transform are the fastest form on every provider.
 */
export function fourier({ size, channels, batch = 1, deviation = 0.01, decay = 1 }: FourierOptions): Parametrisation {
  const [h, w] = size;
  const k = Math.floor(w / 2) + 1;
  const shape = [batch, channels, h, 2, k];
  return {
    shape,
    size,
    init: (random) => tensor("float32", shape, random.fillNormal(new Float32Array(sizeOf(shape)), 0, deviation)),
    decode: (g, theta) => {
      const { left, right } = irfft2Matrices(h, w);
      const scaled = g.mul(theta, g.numbers(spectrumScale(h, w, decay), [h, 1, k], theta.dtype));
      const columns = g.matmul(
        g.numbers(left, [2 * h, 2 * h], theta.dtype),
        g.reshape(scaled, [batch, channels, 2 * h, k]),
      );
      const image = g.matmul(
        g.reshape(columns, [batch, channels, h, 2 * k]),
        g.numbers(
          right.map((x) => x / 4),
          [2 * k, w],
          theta.dtype,
        ),
      );
      if (channels !== 3) return g.op("Sigmoid", [image]);
      const mixed = g.matmul(g.numbers(rgbFromDecorrelated, [3, 3], theta.dtype), g.reshape(image, [batch, 3, h * w]));
      return g.op("Sigmoid", [g.reshape(mixed, [batch, 3, h, w])]);
    },
  };
}

/** √(wh) / max(f, 1/max(w, h))^decay for every coefficient of a half spectrum, row-major [h, K]. */
export function spectrumScale(h: number, w: number, decay: number): number[] {
  const columns = rfftfreq(w);
  return Array.from(fftfreq(h)).flatMap((fy) =>
    Array.from(columns, (fx) => Math.sqrt(w * h) / Math.max(Math.hypot(fx, fy), 1 / Math.max(w, h)) ** decay),
  );
}
