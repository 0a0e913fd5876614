import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rng } from "../tensor/rng.ts";
import { tensor } from "../tensor/tensor.ts";
import { beta, cutmix, mixup, oneHot } from "./targets.ts";

/** Picture i of `count` is flat with value i; classes are the pictures themselves. */
function batch(count: number, size: number) {
  const pixels = size * size * 3;
  const data = Uint8Array.from({ length: count * pixels }, (_, i) => 20 * Math.floor(i / pixels));
  return {
    images: tensor("uint8", [count, size, size, 3], data),
    targets: oneHot(
      Array.from({ length: count }, (_, i) => i),
      count,
    ),
  };
}

describe("targets", () => {
  test("rows are smoothed one-hot and sum to 1; empty places are 0", () => {
    const rows = oneHot([1, -1], 4, 0.2);
    expect([...rows.data].map((x) => Number(x.toFixed(6)))).toEqual([0.05, 0.85, 0.05, 0.05, 0, 0, 0, 0]);
  });

  test.each([0.2, 1, 3])("Beta(%f, same) has mean 1/2 and variance 1 / (4 (2α + 1))", (alpha) => {
    const random = rng(7);
    const draws = Float64Array.from({ length: 20_000 }, () => beta(random, alpha));
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length;
    expect(draws.every((x) => x >= 0 && x <= 1)).toBe(true);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.015);
    expect(Math.abs(variance * 4 * (2 * alpha + 1) - 1)).toBeLessThan(0.05);
  });

  test("mixup: pixels and targets are mixed by the same share", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 0, max: 999 }), (count, seed) => {
        const mixed = batch(count, 4);
        mixup(mixed, rng(seed), 1);
        for (let i = 0; i < count; i++) {
          const row = mixed.targets.data.subarray(i * count, (i + 1) * count);
          expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
          expect(row[i]).toBeGreaterThanOrEqual(0.5);
          const value = row.reduce((sum, share, c) => sum + share * 20 * c, 0);
          for (const pixel of mixed.images.data.subarray(i * 48, (i + 1) * 48))
            expect(Math.abs(pixel - value)).toBeLessThanOrEqual(0.51);
        }
      }),
    );
  });

  test("CutMix: the share of a class is the share of its pixels", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 0, max: 999 }), (count, seed) => {
        const mixed = batch(count, 8);
        cutmix(mixed, rng(seed), 1);
        for (let i = 0; i < count; i++)
          for (let c = 0; c < count; c++) {
            const pixels = mixed.images.data.subarray(i * 192, (i + 1) * 192).filter((x) => x === 20 * c).length;
            expect(mixed.targets.data[i * count + c]).toBeCloseTo(pixels / 192, 5);
          }
      }),
    );
  });
});
