/** @file The pyramid against its levels, enlarged on the host. */

import { describe, expect, it } from "vitest";
import { evaluate, gradientError, largestDifference, uniform } from "../../../test/fixtures/run.ts";
import { applyRows, resampleRows } from "../../tensor/resample.ts";
import { rng } from "../../tensor/rng.ts";
import { type Tensor, toNumbers } from "../../tensor/tensor.ts";
import type { Parametrisation } from "../axes.ts";
import { laplacian } from "./laplacian.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const decoded = async ({ decode }: Parametrisation, theta: Tensor): Promise<number[]> =>
  toNumbers((await evaluate({ theta }, (g, v) => ({ image: decode(g, v.theta!) }))).image!);

describe.each([
  [8, 12],
  [7, 5],
  [3, 1],
])("%i×%i", (h, w) => {
  it("of one level is the pixels themselves", async () => {
    const p = laplacian({ size: [h, w], channels: 2, levels: 1 });
    const theta = uniform("float32", p.shape, [-2, 2]);
    expect(p.shape).toEqual([1, 2, h * w]);
    expect(largestDifference(await decoded(p, theta), toNumbers(theta).map(sigmoid))).toBeLessThan(1e-6);
  });

  it("is the sum of the levels, enlarged", async () => {
    const p = laplacian({ size: [h, w], channels: 2, levels: 3 });
    const theta = uniform("float32", [2, ...p.shape.slice(1)], [-2, 2]);
    const total = p.shape[2]!;
    const sum = new Float64Array(4 * h * w);
    let at = 0;
    for (const l of [0, 1, 2]) {
      const [lh, lw] = [h, w].map((s) => Math.max(1, s >> l)) as [number, number];
      for (let plane = 0; plane < 4; plane++) {
        const level = theta.data.subarray(plane * total + at, plane * total + at + lh * lw);
        const wide = applyRows(level, resampleRows(w, lw), { outer: lh, inSize: lw, inner: 1 });
        const high = applyRows(wide, resampleRows(h, lh), { outer: 1, inSize: lh, inner: w });
        high.forEach((x, i) => {
          sum[plane * h * w + i]! += x;
        });
      }
      at += lh * lw;
    }
    expect(at).toBe(total);
    expect(largestDifference(await decoded(p, theta), [...sum].map(sigmoid))).toBeLessThan(1e-6);
  });

  it("has the right slope", async () => {
    const { shape, decode } = laplacian({ size: [h, w], channels: 3 });
    const theta = uniform("float64", shape, [-0.5, 0.5]);
    expect(await gradientError(theta, (g, v) => g.square(decode(g, v)))).toBeLessThan(1e-6);
  });
});

it("starts from noise of deviation 0.01, the same for a seed", () => {
  const { init, shape } = laplacian({ size: [64, 64], channels: 3 });
  const [a, b, c] = [init(rng(1)), init(rng(1)), init(rng(2))].map((t) => toNumbers(t));
  expect(shape).toEqual([1, 3, 64 * 64 + 32 * 32 + 16 * 16 + 8 * 8]);
  const deviation = Math.sqrt(a!.reduce((s, x) => s + x * x, 0) / a!.length);
  // Five standard errors: 5 · 0.01 / √(2 · 16320).
  expect(Math.abs(deviation - 0.01)).toBeLessThan(2.8e-4);
  expect(b).toEqual(a);
  expect(c).not.toEqual(a);
});

it.each([0, 1.5, Number.NaN])("refuses %f levels", (levels) => {
  expect(() => laplacian({ size: [8, 8], channels: 3, levels })).toThrow(/whole number of levels/);
});
