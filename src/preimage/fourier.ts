/** @file Pictures as Fourier coefficients with decorrelated colours (Olah, Mordvintsev & Schubert, Distill 2017; Lucid). */

import type { Image } from "../tensor/image.ts";
import { fftfreq, rfft2, rfftfreq } from "../tensor/spectrum.ts";
import { sizeOf, tensor } from "../tensor/tensor.ts";
import type { Parametrisation } from "./axes.ts";
import { fromPicture, toPicture } from "./parametrisations/colour.ts";
import { inverseDft } from "./parametrisations/inverse-dft.ts";
import { placed } from "./parametrisations/start.ts";

export interface FourierOptions {
  readonly size: readonly [number, number];
  /** 3 (decorrelated colour) or any other number (each channel by itself). */
  readonly channels: number;
  /** Standard deviation of the noise in the coefficients at the start; 0.01, and 0 with a picture to start from. */
  readonly deviation?: number;
  /** Power of the frequency by which coefficients are scaled down; 1. */
  readonly decay?: number;
  /**
   * Picture to start from; its border is repeated, or cut away, where it has not the size. It comes back exactly but for
   * values within 1/512 of black and white, which are put there.
   */
  readonly start?: Image;
}

/** Lucid's own scale of the planes before the sigmoid. */
const GAIN = 1 / 4;

/**
 *   image = σ( M · irfft2(s ⊙ θ) / 4 ),   s(f) = √(wh) / max(f, 1/max(w, h))^decay
 *
 * θ is [N, C, H, 2, K] (real and imaginary part, K = ⌊W/2⌋ + 1), M mixes decorrelated colours into RGB.
 */
export function fourier(options: FourierOptions): Parametrisation {
  const { size, channels, decay = 1, start, deviation = start ? 0 : 0.01 } = options;
  const [h, w] = size;
  const k = Math.floor(w / 2) + 1;
  const shape = [1, channels, h, 2, k];
  const scale = spectrumScale(h, w, decay).map((s) => GAIN * s);
  return {
    shape,
    size,
    init: (random) => {
      const theta = random.fillNormal(new Float32Array(sizeOf(shape)), 0, deviation);
      if (start)
        coefficients(placed(start, size, channels), scale).forEach((x, i) => {
          theta[i]! += x;
        });
      return tensor("float32", shape, theta);
    },
    decode: (g, theta) => toPicture(g, inverseDft(g, g.mul(theta, g.numbers(scale, [h, 1, k], theta.dtype)), w)),
  };
}

/** θ of a picture: rfft2(M⁻¹ σ⁻¹(image)) / scale. */
function coefficients(image: Image, scale: readonly number[]): Float64Array {
  const [channels, h, w] = image.dims as [number, number, number];
  const planes = fromPicture(image);
  const k = Math.floor(w / 2) + 1;
  const theta = new Float64Array(channels * h * 2 * k);
  for (let c = 0; c < channels; c++) theta.set(rfft2(planes.subarray(c * h * w, (c + 1) * h * w), h, w), c * h * 2 * k);
  return theta.map((z, i) => z / scale[(Math.floor(i / (2 * k)) % h) * k + (i % k)]!);
}

/** √(wh) / max(f, 1/max(w, h))^decay for every coefficient of a half spectrum, row-major [h, K]. */
export function spectrumScale(h: number, w: number, decay: number): number[] {
  const columns = rfftfreq(w);
  return Array.from(fftfreq(h)).flatMap((fy) =>
    Array.from(columns, (fx) => Math.sqrt(w * h) / Math.max(Math.hypot(fx, fy), 1 / Math.max(w, h)) ** decay),
  );
}
