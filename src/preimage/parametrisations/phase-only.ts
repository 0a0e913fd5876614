/** @file Pictures as Fourier phases, the magnitudes fixed to those of photos (MaCo: Fel et al. 2023, arXiv 2306.06805). */

import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import { flowerSpectrum } from "../../tensor/flower-spectrum.ts";
import { type Spectrum, spectrumAt } from "../../tensor/natural-spectrum.ts";
import { halfSpectrumWeights } from "../../tensor/spectrum.ts";
import { sizeOf, tensor } from "../../tensor/tensor.ts";
import type { Parametrisation } from "../axes.ts";
import { toPicture } from "./colour.ts";
import { inverseDft } from "./inverse-dft.ts";

export interface PhaseOnlyOptions {
  readonly size: readonly [number, number];
  /** 3 (decorrelated colour) or any other number (each channel by itself). */
  readonly channels: number;
  /** Magnitudes; those of photos of flowers by default. */
  readonly spectrum?: Spectrum;
  /** Standard deviation of a picture's phases, in radians; 1 in MaCo. */
  readonly spread?: number;
  /** Standard deviation of a picture's values before colours are mixed and squashed; 1 in MaCo. */
  readonly contrast?: number;
}

/**
 *   image = σ( M · irfft2(r ⊙ e^{iφ}) ),   φ = spread · (θ − mean θ) / sd θ
 *
 * θ is [N, C, H, K], K = ⌊W/2⌋ + 1, and starts from N(0, 1). r has no mean colour and is scaled to the contrast, which then
 * does not depend on the phases. In the columns that a real picture's spectrum mirrors in itself (frequency 0 along x and, W
 * even, the highest), φ(y) is (φ(y) − φ(−y)) / 2: so the magnitudes are r exactly, which MaCo's own code misses there.
 *
 * Since only the direction of θ counts, steps of a constant size turn the phases less and less.
 */
export function phaseOnly(options: PhaseOnlyOptions): Parametrisation {
  const { size, channels, spectrum = flowerSpectrum, spread = 1, contrast = 1 } = options;
  const [h, w] = size;
  const k = Math.floor(w / 2) + 1;
  const shape = [1, channels, h, k];
  const magnitude = scaledTo(contrast, spectrumAt(spectrum, h, w, channels), [channels, h, w]);
  return {
    shape,
    size,
    init: (random) => tensor("float32", shape, random.fillNormal(new Float32Array(sizeOf(shape)))),
    decode: (g, theta) => {
      const phase = mirrored(g, g.mul(standardised(g, theta), spread), w);
      const r = g.numbers(magnitude, [channels, h, k], theta.dtype);
      const parts = ["Cos", "Sin"].map((op) =>
        g.reshape(g.mul(r, g.op(op, [phase])), [...theta.shape.slice(0, 3), 1, k]),
      );
      return toPicture(g, inverseDft(g, g.concat(parts, 3), w));
    },
  };
}

/** Magnitudes for which the planes together have this standard deviation: by Parseval, var = Σ r² / (hw)², mean over planes. */
function scaledTo(
  deviation: number,
  r: Float64Array,
  [channels, h, w]: readonly [number, number, number],
): Float64Array {
  const counts = halfSpectrumWeights(w);
  const power = r.reduce((sum, x, i) => sum + counts[i % counts.length]! * x * x, 0);
  const own = Math.sqrt(power / channels) / (h * w);
  return r.map((x) => (x * deviation) / (own || 1));
}

/** (θ − mean) / (sd + 1e-5), each picture by itself. */
function standardised(g: Builder, theta: Value): Value {
  const centred = g.sub(theta, g.mean(theta, [1, 2, 3]));
  const deviation = g.sqrt(g.mean(g.square(centred), [1, 2, 3]));
  return g.div(centred, g.add(deviation, 1e-5));
}

/** φ(−y) = −φ(y) in the columns that mirror themselves; the others as they are. */
function mirrored(g: Builder, phase: Value, w: number): Value {
  const [, , h, k] = phase.shape as [number, number, number, number];
  // ½ (I − R), R taking row y to row −y.
  const odd = new Float64Array(h * h);
  for (let y = 0; y < h; y++) {
    odd[y * h + y]! += 0.5;
    odd[y * h + ((h - y) % h)]! -= 0.5;
  }
  const columns = (from: number, to: number): Value => g.slice(phase, [3], [from], [to]);
  const own = (x: number): Value => g.matmul(g.numbers(odd, [h, h], phase.dtype), columns(x, x + 1));
  const last = w % 2 === 0 ? k - 1 : k;
  return g.concat([own(0), ...(last > 1 ? [columns(1, last)] : []), ...(last < k ? [own(last)] : [])], 3);
}
