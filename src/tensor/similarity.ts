/** @file Measures on pictures: PSNR and SSIM between two, total variation of one. */

import { type Image, imageDims } from "./image.ts";
import { applyRows, type Row } from "./resample.ts";

function sameDims(name: string, a: Image, b: Image): void {
  if (a.dims.join() !== b.dims.join())
    throw new Error(`internal: ${name}: expected two images of one size, got [${a.dims}] and [${b.dims}]`);
}

/** Peak signal-to-noise ratio in dB for a peak of 1: −10 log₁₀ of the mean squared difference; Infinity for equal pictures. */
export function psnr(a: Image, b: Image): number {
  sameDims("psnr", a, b);
  const sum = a.data.reduce((total, x, i) => total + (x - b.data[i]!) ** 2, 0);
  return -10 * Math.log10(sum / a.size);
}

/** Rows of a Gaussian window (σ = 1.5, at most 11 wide, less on shorter lines) at every place where it fits whole. */
function gaussianRows(size: number): Row[] {
  const width = Math.min(11, size);
  const raw = Array.from({ length: width }, (_, i) => Math.exp(-((i - (width - 1) / 2) ** 2) / (2 * 1.5 ** 2)));
  const sum = raw.reduce((a, b) => a + b, 0);
  const weight = raw.map((x) => x / sum);
  return Array.from({ length: size - width + 1 }, (_, o) => ({ index: weight.map((_, k) => o + k), weight }));
}

/**
 * Structural similarity, at most 1, for values in 0…1: mean over window positions and channels of
 *   (2 μa μb + C₁)(2 σab + C₂) / ((μa² + μb² + C₁)(σa² + σb² + C₂)),  C₁ = 0.01², C₂ = 0.03²,
 * with moments under an 11×11 Gaussian window, σ = 1.5. Source: Wang, Bovik, Sheikh & Simoncelli 2004, without their
 * downsampling. On pictures below 11 pixels the window shrinks to the picture.
 */
export function ssim(a: Image, b: Image): number {
  sameDims("ssim", a, b);
  const [c, h, w] = imageDims(a);
  const [down, across] = [gaussianRows(h), gaussianRows(w)];
  const windowMeans = (values: Float64Array): Float64Array =>
    applyRows(applyRows(values, across, { outer: c * h, inSize: w, inner: 1 }), down, {
      outer: c,
      inSize: h,
      inner: across.length,
    });
  const product = (x: Float32Array, y: Float32Array) => Float64Array.from(x, (v, i) => v * y[i]!);

  const meanA = windowMeans(Float64Array.from(a.data));
  const meanB = windowMeans(Float64Array.from(b.data));
  const meanAA = windowMeans(product(a.data, a.data));
  const meanBB = windowMeans(product(b.data, b.data));
  const meanAB = windowMeans(product(a.data, b.data));
  let total = 0;
  for (let i = 0; i < meanA.length; i++) {
    const [x, y] = [meanA[i]!, meanB[i]!];
    const luminance = (2 * x * y + 1e-4) / (x * x + y * y + 1e-4);
    const structure = (2 * (meanAB[i]! - x * y) + 9e-4) / (meanAA[i]! - x * x + meanBB[i]! - y * y + 9e-4);
    total += luminance * structure;
  }
  return total / meanA.length;
}

/** Mean over channels and pixels of √(dx² + dy²), forward differences, the border repeated; 0 for a flat picture. */
export function totalVariation(image: Image): number {
  const [c, h, w] = imageDims(image);
  const { data } = image;
  let total = 0;
  for (let k = 0; k < c; k++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const i = (k * h + y) * w + x;
        const dx = x + 1 < w ? data[i + 1]! - data[i]! : 0;
        const dy = y + 1 < h ? data[i + w]! - data[i]! : 0;
        total += Math.hypot(dx, dy);
      }
  return total / image.size;
}
