/** @file A penalty on high spatial frequencies: fine noise is what nets like and photos lack (Olah et al., Distill 2017). */

import { fftfreq, halfSpectrumWeights, rfft2Matrices, rfftfreq } from "../tensor/spectrum.ts";
import type { Regulariser } from "./axes.ts";

export interface FrequencyOptions {
  /** By which power of the frequency the penalty grows: 2 by default, as that of squared differences does. */
  readonly power?: number;
  /** Frequencies up to this one cost nothing, in cycles per pixel; 0 by default, which leaves out the mean alone. */
  readonly above?: number;
  readonly weight?: number;
}

/**
 * R = weight · (1/HW)² Σ_f (2|f|)^power · |X(f)|² over frequencies |f| > above, X the Fourier transform of the picture in 0…1.
 * By Parseval that is the mean square per pixel, summed over channels, of what a filter with the response (2|f|)^{power/2}
 * leaves of the picture; it is 1 at the highest frequency along an axis, ½.
 */
export const highFrequencies =
  ({ power = 2, above = 0, weight = 1 }: FrequencyOptions = {}): Regulariser =>
  (g, image) => {
    const [n, c, h, w] = image.shape as [number, number, number, number];
    const k = Math.floor(w / 2) + 1;
    const { left, right } = rfft2Matrices(h, w);
    const columns = g.matmul(image, g.numbers(right, [w, 2 * k], image.dtype));
    const spectrum = g.matmul(g.numbers(left, [2 * h, 2 * h], image.dtype), g.reshape(columns, [n, c, 2 * h, k]));
    const share = g.numbers(shares(h, w, power, above), [h, 1, k], image.dtype);
    const energy = g.mul(g.square(g.reshape(spectrum, [n, c, h, 2, k])), share);
    return g.mul(g.sum(energy, undefined, false), weight / (h * w) ** 2);
  };

/** (2|f|)^power of each coefficient of a half spectrum, counted as often as it stands in the full one; row-major [h, K]. */
function shares(h: number, w: number, power: number, above: number): number[] {
  const columns = rfftfreq(w);
  const times = halfSpectrumWeights(w);
  return Array.from(fftfreq(h)).flatMap((fy) =>
    Array.from(columns, (fx, k) => {
      const f = Math.hypot(fx, fy);
      return f > above ? times[k]! * (2 * f) ** power : 0;
    }),
  );
}
