/** @file Fourier transforms of real pictures, for graphs as two matrix products, and the slope of a power spectrum. */

import { type Complex, complex, dft } from "./fft.ts";
import { centreCrop, type Image, imageDims } from "./image.ts";

/** Frequencies of the DFT bins of n samples in cycles per sample: 0, 1/n, …, then the negative ones; for even n, bin n/2 is −½. */
export const fftfreq = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, k) => (2 * k < n ? k : k - n) / n);

/** Frequencies of the ⌊n/2⌋ + 1 bins that determine the DFT of n real samples: 0, 1/n, …, up to ½. */
export const rfftfreq = (n: number): Float64Array => Float64Array.from({ length: (n >> 1) + 1 }, (_, k) => k / n);

/** cos(2π k j / n) and sin(2π k j / n), row-major [rows, n], k the row; default all n rows, ⌊n/2⌋ + 1 for a real signal. */
function dftBasis(n: number, rows: number = n): { cos: Float64Array; sin: Float64Array } {
  const angle = (i: number) => (2 * Math.PI * ((Math.floor(i / n) * (i % n)) % n)) / n;
  const length = rows * n;
  return {
    cos: Float64Array.from({ length }, (_, i) => Math.cos(angle(i))),
    sin: Float64Array.from({ length }, (_, i) => Math.sin(angle(i))),
  };
}

/** How often bin k of a half spectrum of n samples stands in the full one: once for 0 and, n even, n/2; else twice. */
export const halfSpectrumWeights = (n: number): Float64Array =>
  Float64Array.from({ length: (n >> 1) + 1 }, (_, k) => (k === 0 || 2 * k === n ? 1 : 2));

/** The two matrices of a transform, row-major. */
export interface TwoMatMuls {
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/**
 * Matrices of the inverse half-spectrum transform. With K = ⌊W/2⌋ + 1 and a spectrum z of dims [H, 2, K] (real, imaginary):
 *
 *   a = left [2H, 2H] · reshape(z, [2H, K])          complex inverse DFT along y, divided by H
 *   x = reshape(a, [H, 2K]) · right [2K, W]          real inverse DFT along x, divided by W
 *
 * x equals numpy.fft.irfft2(z, (H, W)): the imaginary parts that a real picture cannot have are ignored.
 */
export function irfft2Matrices(h: number, w: number): TwoMatMuls {
  const k = (w >> 1) + 1;
  const basis = dftBasis(w, k);
  const weights = halfSpectrumWeights(w);
  const right = new Float64Array(2 * k * w);
  for (let i = 0; i < k * w; i++) {
    const weight = weights[Math.floor(i / w)]! / w;
    right[i] = weight * basis.cos[i]!;
    right[k * w + i] = -weight * basis.sin[i]!;
  }
  return { left: complexDft(h, 1, 1 / h), right };
}

/**
 * Matrices of the half-spectrum transform, numpy.fft.rfft2. With K = ⌊W/2⌋ + 1 and x of dims [H, W]:
 *
 *   a = x · right [W, 2K];   z = left [2H, 2H] · reshape(a, [2H, K]),   dims [H, 2, K] (real, imaginary).
 */
export function rfft2Matrices(h: number, w: number): TwoMatMuls {
  const k = (w >> 1) + 1;
  const basis = dftBasis(w, k);
  const right = new Float64Array(w * 2 * k);
  for (let f = 0; f < k; f++)
    for (let x = 0; x < w; x++) {
      right[x * 2 * k + f] = basis.cos[f * w + x]!;
      right[x * 2 * k + k + f] = -basis.sin[f * w + x]!;
    }
  return { left: complexDft(h, -1, 1), right };
}

// (re + i im) e^{±iθ}: each entry of the DFT matrix becomes the 2 × 2 block [[cos, ∓sin], [±sin, cos]].
function complexDft(n: number, sign: 1 | -1, factor: number): Float64Array {
  const { cos, sin } = dftBasis(n);
  const matrix = new Float64Array(4 * n * n);
  for (let i = 0; i < n * n; i++) {
    const at = 4 * n * Math.floor(i / n) + 2 * (i % n);
    matrix[at] = factor * cos[i]!;
    matrix[at + 1] = -sign * factor * sin[i]!;
    matrix[at + 2 * n] = sign * factor * sin[i]!;
    matrix[at + 2 * n + 1] = factor * cos[i]!;
  }
  return matrix;
}

/** numpy.fft.rfft2 of one plane [h, w] on the host: dims [h, 2, ⌊w/2⌋ + 1], real and imaginary parts. */
export function rfft2(plane: Float64Array, h: number, w: number): Float64Array {
  const half = (w >> 1) + 1;
  const out = new Float64Array(h * 2 * half);
  const across = dft(w, -1);
  for (let y = 0; y < h; y++) {
    const { re, im } = across({ re: plane.subarray(y * w, (y + 1) * w), im: new Float64Array(w) });
    out.set(re.subarray(0, half), 2 * y * half);
    out.set(im.subarray(0, half), (2 * y + 1) * half);
  }
  downwards(out, h, half, dft(h, -1), 1);
  return out;
}

/**
 * numpy.fft.irfft2 of a half spectrum [h, 2, ⌊w/2⌋ + 1] on the host: dims [h, w]. The imaginary parts that a real picture
 * cannot have are ignored.
 */
export function irfft2(spectrum: Float64Array, h: number, w: number): Float64Array {
  const half = (w >> 1) + 1;
  const columns = spectrum.slice();
  downwards(columns, h, half, dft(h, 1), 1 / h);
  const out = new Float64Array(h * w);
  const across = dft(w, 1);
  for (let y = 0; y < h; y++) {
    const line = complex(w);
    for (let k = 0; k < half; k++) {
      const [re, im] = [columns[2 * y * half + k]! / w, columns[(2 * y + 1) * half + k]! / w];
      line.re[k] = re;
      if (k === 0 || 2 * k === w) continue;
      line.im[k] = im;
      line.re[w - k] = re;
      line.im[w - k] = -im;
    }
    out.set(across(line).re, y * w);
  }
  return out;
}

/** Transforms each column of a half spectrum in place. */
function downwards(z: Float64Array, h: number, half: number, transform: (line: Complex) => Complex, factor: number) {
  const column = complex(h);
  for (let k = 0; k < half; k++) {
    for (let y = 0; y < h; y++) {
      column.re[y] = z[2 * y * half + k]!;
      column.im[y] = z[(2 * y + 1) * half + k]!;
    }
    const { re, im } = transform(column);
    for (let y = 0; y < h; y++) {
      z[2 * y * half + k] = re[y]! * factor;
      z[(2 * y + 1) * half + k] = im[y]! * factor;
    }
  }
}

/** Power of a picture by frequency: one ring for each whole number of cycles per side. */
export interface RingPower {
  /** Mean power of the bins in ring r = 0, 1, …, ⌊side / 2⌋; ring 0 holds no more than the window lets through. */
  readonly power: Float64Array;
  /** Bins in each ring. */
  readonly count: Float64Array;
  /** Pixels of the square that was looked at. */
  readonly side: number;
}

/**
 * Power over rings one bin wide, of the mean of the channels in the middle square (at most 256 pixels), minus its mean,
 * under a Hann window.
 */
export function ringPower(image: Image): RingPower {
  const [c, h, w] = imageDims(image);
  const n = Math.min(h, w, 256);
  const { data } = centreCrop(image, n, n);
  const grey = Float64Array.from({ length: n * n }, (_, p) => {
    let sum = 0;
    for (let k = 0; k < c; k++) sum += data[k * n * n + p]!;
    return sum / c;
  });
  const mean = grey.reduce((a, b) => a + b, 0) / grey.length;
  const hann = (i: number) => Math.sin((Math.PI * (i + 0.5)) / n) ** 2;
  const z = rfft2(
    grey.map((v, p) => (v - mean) * hann(Math.floor(p / n)) * hann(p % n)),
    n,
    n,
  );

  const half = (n >> 1) + 1;
  const power = new Float64Array(half);
  const count = new Float64Array(half);
  const weights = halfSpectrumWeights(n);
  for (let y = 0; y < n; y++)
    for (let x = 0; x < half; x++) {
      const ring = Math.round(Math.hypot(Math.min(y, n - y), x));
      if (ring >= half) continue;
      power[ring]! += weights[x]! * (z[2 * y * half + x]! ** 2 + z[(2 * y + 1) * half + x]! ** 2);
      count[ring]! += weights[x]!;
    }
  return { power: power.map((sum, ring) => sum / count[ring]!), count, side: n };
}

/**
 * Slope of log power over log frequency: about −2 for natural photos, 0 for white noise. A least-squares line through
 * the rings 1 … n/2 of `ringPower`. NaN below 4 pixels or for a flat picture.
 */
export function spectrumSlope(image: Image): number {
  const points = Array.from(ringPower(image).power.subarray(1), (power, i) => ({
    x: Math.log(i + 1),
    y: Math.log(power),
  }));
  const meanX = points.reduce((sum, p) => sum + p.x, 0) / points.length;
  const meanY = points.reduce((sum, p) => sum + p.y, 0) / points.length;
  const covariance = points.reduce((sum, p) => sum + (p.x - meanX) * (p.y - meanY), 0);
  return covariance / points.reduce((sum, p) => sum + (p.x - meanX) ** 2, 0);
}
