/** @file Quantiles and percentiles against counting. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distributionOf, percentile, quantile } from "./distribution.ts";

describe("quantile", () => {
  it("is linear between the sorted numbers", () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((p) => quantile([1, 2, 4], p))).toEqual([1, 1.5, 2, 3.6, 4]);
    expect(quantile([3], 0.7)).toBe(3);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("distribution", () => {
  it("says count, mean, extremes and how many are not above 0", () => {
    const d = distributionOf([3, -1, 0, 0, 8]);
    expect(d).toMatchObject({ n: 5, mean: 2, max: 8, deadFraction: 0.6 });
    expect(d.quantiles).toHaveLength(101);
    expect([d.quantiles[0], d.quantiles[50], d.quantiles[100]]).toEqual([-1, 0, 8]);
  });

  it("survives JSON", () => {
    const d = distributionOf([1, 5, 2]);
    expect(percentile(JSON.parse(JSON.stringify(d)), 2)).toBe(percentile(d, 2));
  });

  it("of nothing has no quantiles", () => {
    const d = distributionOf([]);
    expect(d).toMatchObject({ n: 0, deadFraction: 0 });
    expect(percentile(d, 1)).toBeNaN();
  });
});

describe("percentile", () => {
  it("is 0 below all, 100 from the largest on, and counts ties in", () => {
    const d = distributionOf([0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    expect([-0.1, 4, 9].map((x) => percentile(d, x))).toEqual([0, 100, 100]);
    // Six of ten; quantiles run from the first to the last of them: 5/9 = 55.6 %.
    expect(Math.abs(percentile(d, 0) - 60)).toBeLessThan(6);
    expect(percentile(d, Number.NaN)).toBeNaN();
  });

  it("comes within a percent of counting, for many numbers", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 300, maxLength: 400 }),
        fc.double({ min: -100, max: 100, noNaN: true }),
        (values, x) => {
          const counted = (100 * values.filter((v) => v <= x).length) / values.length;
          expect(Math.abs(percentile(distributionOf(values), x) - counted)).toBeLessThan(1.5);
        },
      ),
      { numRuns: 50 },
    );
  });
});
