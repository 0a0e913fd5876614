/** @file Correlations against closed forms. */

import { describe, expect, it } from "vitest";
import { cosine, pearson, ranks, spearman } from "./correlation.ts";
import { rng } from "./rng.ts";

const random = rng(2);
const numbers = Array.from({ length: 50 }, () => random.normal());

describe("cosine", () => {
  it("is that of the angle", () => {
    expect(cosine([1, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 12);
    expect(cosine([2, -3], [-4, 6])).toBeCloseTo(-1, 12);
    expect(cosine([0, 0], [1, 2])).toBe(0);
  });
});

describe("Pearson's correlation", () => {
  it("does not change under scale and shift", () => {
    expect(
      pearson(
        numbers,
        numbers.map((x) => 3 * x - 7),
      ),
    ).toBeCloseTo(1, 12);
    expect(pearson([5, 5, 5], [1, 2, 3])).toBe(0);
  });
});

describe("ranks", () => {
  it("share places among equals", () => {
    expect([...ranks([10, 0, 0, 7, 0])]).toEqual([5, 2, 2, 4, 2]);
    expect([...ranks([])]).toEqual([]);
  });
});

describe("Spearman's correlation", () => {
  it("sees order alone", () => {
    expect(
      spearman(
        numbers,
        numbers.map((x) => Math.exp(5 * x)),
      ),
    ).toBeCloseTo(1, 12);
    expect(
      spearman(
        numbers,
        numbers.map((x) => -(x ** 3)),
      ),
    ).toBeCloseTo(-1, 12);
  });

  it("is 1 − 6 Σd² / (n (n² − 1)) without ties", () => {
    const [a, b] = [
      [1, 2, 3, 4, 5],
      [2, 1, 4, 3, 5],
    ];
    expect(spearman(a!, b!)).toBeCloseTo(1 - (6 * 4) / (5 * 24), 12);
  });
});
