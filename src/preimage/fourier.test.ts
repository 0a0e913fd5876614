/** @file The Fourier parametrisation against the inverse transform, the colour matrix and the sigmoid written out. */

import { describe, expect, it } from "vitest";
import { evaluate, gradientError, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { rng } from "../tensor/rng.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { fourier, spectrumScale } from "./fourier.ts";

const root = [
  [0.26, 0.09, 0.02],
  [0.27, 0, -0.05],
  [0.27, -0.09, 0.03],
];
const largestColumn = Math.max(...[0, 1, 2].map((j) => Math.hypot(...root.map((row) => row[j]!))));

/** Cycles a pixel of DFT bin k of n. */
const frequency = (k: number, n: number): number => Math.min(k, n - k) / n;

/** One plane by the definition: sum over all bins of the full spectrum that the half one (real, imaginary) stands for. */
function plane(half: (y: number, part: number, k: number) => number, h: number, w: number): number[] {
  const out: number[] = [];
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let fy = 0; fy < h; fy++)
        for (let fx = 0; fx <= w / 2; fx++) {
          const f = Math.max(Math.hypot(frequency(fy, h), frequency(fx, w)), 1 / Math.max(w, h));
          const scale = Math.sqrt(w * h) / f / 4;
          const angle = 2 * Math.PI * ((fy * y) / h + (fx * x) / w);
          const twice = fx === 0 || 2 * fx === w ? 1 : 2;
          sum += twice * scale * (half(fy, 0, fx) * Math.cos(angle) - half(fy, 1, fx) * Math.sin(angle));
        }
      out.push(sum / (h * w));
    }
  return out;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe.each([
  [6, 8],
  [5, 7],
  [4, 5],
])("%i×%i", (h, w) => {
  const k = Math.floor(w / 2) + 1;
  const planes = (theta: readonly number[], channels: number): number[][] =>
    Array.from({ length: channels }, (_, c) => plane((y, part, f) => theta[((c * h + y) * 2 + part) * k + f]!, h, w));

  it("decodes colour pictures: inverse transform, colour matrix, sigmoid", async () => {
    const { shape, decode } = fourier({ size: [h, w], channels: 3 });
    expect(shape).toEqual([1, 3, h, 2, k]);
    const theta = uniform("float32", shape, [-0.1, 0.1]);
    const { image } = await evaluate({ theta }, (g, v) => ({ image: decode(g, v.theta!) }));
    const u = planes(toNumbers(theta), 3);
    const expected = root.flatMap((row) =>
      u[0]!.map((_, p) => sigmoid(row.reduce((s, m, j) => s + (m / largestColumn) * u[j]![p]!, 0))),
    );
    expect(image!.dims).toEqual([1, 3, h, w]);
    // Sums of some hundred float32 products below 10.
    expect(largestDifference(toNumbers(image!), expected)).toBeLessThan(1e-5);
  });

  it("decodes grey pictures without the colour matrix", async () => {
    const { shape, decode } = fourier({ size: [h, w], channels: 1 });
    const theta = uniform("float32", shape, [-0.1, 0.1]);
    const { image } = await evaluate({ theta }, (g, v) => ({ image: decode(g, v.theta!) }));
    expect(largestDifference(toNumbers(image!), planes(toNumbers(theta), 1)[0]!.map(sigmoid))).toBeLessThan(1e-5);
  });

  it("has the right slope", async () => {
    const { shape, decode } = fourier({ size: [h, w], channels: 3 });
    const theta = uniform("float64", shape, [-0.1, 0.1]);
    expect(await gradientError(theta, (g, v) => g.square(decode(g, v)))).toBeLessThan(1e-6);
  });
});

it("starts with coefficients of deviation 0.01, the same for a seed", () => {
  const { init, shape } = fourier({ size: [64, 64], channels: 3 });
  const [a, b, c] = [init(rng(1)), init(rng(1)), init(rng(2))].map((t) => toNumbers(t));
  const n = a!.length;
  const mean = a!.reduce((s, x) => s + x, 0) / n;
  const deviation = Math.sqrt(a!.reduce((s, x) => s + x * x, 0) / n);
  expect(n).toBe(3 * 64 * 2 * 33);
  expect(init(rng(1)).dims).toEqual(shape);
  // Five standard errors: 0.01 · 5 / √12672.
  expect(Math.abs(mean)).toBeLessThan(4.5e-4);
  expect(Math.abs(deviation - 0.01)).toBeLessThan(4.5e-4);
  expect(b).toEqual(a);
  expect(c).not.toEqual(a);
});

it("scales by the power of the frequency that is asked for", () => {
  const [one, two] = [spectrumScale(8, 8, 1), spectrumScale(8, 8, 2)];
  // Bin (0, 2) has a quarter of a cycle a pixel; bin (0, 0) counts as 1/8.
  expect([one[2], two[2]]).toEqual([8 * 4, 8 * 16]);
  expect([one[0], two[0]]).toEqual([8 * 8, 8 * 64]);
});

it("decodes each picture of a batch by itself", async () => {
  const single = fourier({ size: [4, 6], channels: 3 });
  const theta = uniform("float32", [2, ...single.shape.slice(1)], [-0.1, 0.1]);
  const both = await evaluate({ theta }, (g, v) => ({ image: single.decode(g, v.theta!) }));
  const parts = await evaluate({ theta }, (g, v) => ({
    first: single.decode(g, g.slice(v.theta!, [0], [0], [1])),
    second: single.decode(g, g.slice(v.theta!, [0], [1], [2])),
  }));
  const joined = [...toNumbers(parts.first!), ...toNumbers(parts.second!)];
  expect(largestDifference(toNumbers(both.image!), joined)).toBeLessThan(1e-6);
});
