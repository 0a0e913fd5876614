/** @file Intervals against published tables. */

import { describe, expect, it } from "vitest";
import { rng } from "./rng.ts";
import { meanInterval, studentT, wilson } from "./statistics.ts";

describe("Student's t", () => {
  // Two-sided 95 % column of the usual table (Fisher & Yates), and 99 % for 5.
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [9, 2.262],
    [19, 2.093],
    [30, 2.042],
    [120, 1.98],
  ])("with %d degrees of freedom is %f", (degrees, t) => {
    expect(studentT(degrees)).toBeCloseTo(t, 3);
  });

  it("takes another coverage, and goes to the normal's", () => {
    expect(studentT(5, 0.99)).toBeCloseTo(4.032, 3);
    expect(studentT(100_000)).toBeCloseTo(1.96, 3);
  });
});

describe("the mean's interval", () => {
  it("is that of a worked example", () => {
    // 4, 6, 8: mean 6, sd 2, 4.3027 · 2 / √3 = 4.9683.
    const { n, mean, sd, interval } = meanInterval([4, 6, 8]);
    expect([n, mean, sd]).toEqual([3, 6, 2]);
    expect(interval[0]).toBeCloseTo(6 - 4.9683, 3);
    expect(interval[1]).toBeCloseTo(6 + 4.9683, 3);
  });

  it("holds the true mean in about 95 % of experiments", () => {
    const random = rng(5);
    const hits = Array.from({ length: 2000 }, () => {
      const [low, high] = meanInterval(Array.from({ length: 6 }, () => 3 + random.normal())).interval;
      return low <= 3 && 3 <= high;
    }).filter(Boolean).length;
    // 1900 ± 4 standard deviations of a binomial, seed 5.
    expect(Math.abs(hits - 1900)).toBeLessThan(40);
  });

  it("says nothing for fewer than two, and passes over what is not there", () => {
    expect(meanInterval([7]).interval).toEqual([-Infinity, Infinity]);
    expect(meanInterval([])).toMatchObject({ n: 0, mean: Number.NaN, interval: [-Infinity, Infinity] });
    expect(meanInterval([Number.NaN, 4, 6, Number.NaN, 8])).toEqual(meanInterval([4, 6, 8]));
    expect(meanInterval([2, 2, 2]).interval).toEqual([2, 2]);
  });
});

it("Wilson's interval has the published figures", () => {
  // Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29.
  const cases = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const;
  for (const [k, n, low, high] of cases) {
    expect(wilson(k, n)[0]).toBeCloseTo(low, 4);
    expect(wilson(k, n)[1]).toBeCloseTo(high, 4);
  }
});
