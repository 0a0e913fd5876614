/** @file What a pass keeps: the best against sorting, samples against sorted arrays, and never more than it may. */

import { describe, expect, it } from "vitest";
import { distributionOf } from "../tensor/distribution.ts";
import { rng } from "../tensor/rng.ts";
import { Best, Sample } from "./photos-tally.ts";

const units = 7;
const photos = 300;
const random = rng(3);
/** Rounded, so that there are ties. */
const values = Array.from({ length: photos }, () =>
  Float32Array.from({ length: units }, () => Math.round(random.normal() * 20) / 20),
);

describe("the best", () => {
  it("are the first of a stable sort, whatever the order they come in", () => {
    const best = new Best<string>(units, 6);
    values.forEach((row, item) => {
      best.add(item, row, new Float32Array(units).fill(item));
    });
    for (let unit = 0; unit < units; unit++) {
      const sorted = values.map((row, item) => [item, row[unit]!] as const).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      expect(best.entries[unit]!.map((e) => [e.item, e.activation])).toEqual(sorted.slice(0, 6));
      expect(best.entries[unit]!.every((e) => e.at === e.item)).toBe(true);
    }
  });

  it("hold k crops a unit at most, and cut each once", () => {
    const best = new Best<object>(units, 4);
    const alive = new Set<object>();
    let cuts = 0;
    values.forEach((row, item) => {
      best.add(item, row, row);
      best.cut(() => {
        cuts++;
        return {};
      });
      alive.clear();
      for (const entries of best.entries) {
        expect(entries.length).toBeLessThanOrEqual(4);
        for (const { crop } of entries) alive.add(crop!);
      }
      expect(alive.size).toBe(Math.min(item + 1, 4) * units);
    });
    // 4 (1 + ln(300 / 4)) a unit are to be expected of a random order, far fewer than 300.
    expect(cuts / units).toBeLessThan(40);
  });
});

describe("a sample", () => {
  const whole = new Sample(units, photos, 0);
  const part = new Sample(units, 50, 0);
  for (const row of values) {
    whole.add(row);
    part.add(row);
  }

  it("that holds all is the distribution", () => {
    for (let unit = 0; unit < units; unit++) {
      const expected = distributionOf(values.map((row) => row[unit]!));
      const got = whole.distribution(unit);
      expect(got).toMatchObject({ n: photos, max: expected.max, deadFraction: expected.deadFraction });
      expect(got.mean).toBeCloseTo(expected.mean, 10);
      for (const [i, q] of got.quantiles.entries()) expect(q).toBeCloseTo(expected.quantiles[i]!, 6);
    }
  });

  it("keeps no more than it may, with exact counts, mean and ends", () => {
    expect([part.n, part.kept]).toEqual([photos, 50]);
    for (let unit = 0; unit < units; unit++) {
      const [got, all] = [part.distribution(unit), whole.distribution(unit)];
      const { quantiles, ...exact } = got;
      expect(exact).toEqual({ n: all.n, mean: all.mean, max: all.max, deadFraction: all.deadFraction });
      expect([quantiles[0], quantiles[100]]).toEqual([all.quantiles[0], all.quantiles[100]]);
      // The median of 50 has a deviation of 1.25 / √50.
      expect(Math.abs(quantiles[50]! - all.quantiles[50]!)).toBeLessThan(4 * 0.18);
    }
  });

  it("gives early and late photos the same chance", () => {
    const medians = Array.from({ length: 400 }, (_, seed) => {
      const sample = new Sample(1, 10, seed);
      for (let i = 0; i < 40; i++) sample.add(Float32Array.of(i));
      return sample.distribution(0).quantiles[50]!;
    });
    // A median of ten out of 0 … 39 lies at 19.5 ± 4.2.
    const mean = medians.reduce((a, b) => a + b) / 400;
    expect(Math.abs(mean - 19.5)).toBeLessThan((4 * 4.2) / Math.sqrt(400));
  });
});
