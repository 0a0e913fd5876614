/** @file How numbers are distributed: their quantiles, and where among them another number stands. */

/** Many numbers in few, as plain JSON. */
export interface Distribution {
  /** How many there were. */
  readonly n: number;
  readonly mean: number;
  readonly max: number;
  /** The 0 %, 1 %, … 100 % quantiles; the first is the smallest number, the last the largest. */
  readonly quantiles: readonly number[];
  /** Part of them that is 0 or less, 0…1: how often a unit is silent. */
  readonly deadFraction: number;
}

/** Quantile p of sorted numbers, 0 ≤ p ≤ 1, linear between neighbours (numpy's default); NaN without numbers. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const [a = Number.NaN, b = a] = [sorted[below], sorted[below + 1]];
  return at === below ? a : a + (at - below) * (b - a);
}

/** The distribution of some numbers; without any, `n` and `deadFraction` are 0 and all else is NaN. */
export function distributionOf(values: ArrayLike<number>): Distribution {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  return {
    n,
    mean: sorted.reduce((sum, x) => sum + x, 0) / n,
    max: sorted[n - 1] ?? Number.NaN,
    quantiles: percents(sorted),
    deadFraction: n === 0 ? 0 : sorted.filter((x) => x <= 0).length / n,
  };
}

/** The 101 quantiles of sorted numbers. */
export const percents = (sorted: ArrayLike<number>): number[] =>
  Array.from({ length: 101 }, (_, i) => quantile(sorted, i / 100));

/**
 * Which part of the distribution is at most `x`, in percent: 0 below the smallest, 100 from the largest on, linear between
 * quantiles; where many of the numbers are equal to `x`, all of them count. NaN for an empty distribution or x NaN.
 */
export function percentile({ n, quantiles }: Distribution, x: number): number {
  if (n === 0 || Number.isNaN(x)) return Number.NaN;
  const above = quantiles.findIndex((q) => q > x);
  if (above <= 0) return above < 0 ? 100 : 0;
  const [a, b] = [quantiles[above - 1]!, quantiles[above]!];
  return above - 1 + (x - a) / (b - a);
}
