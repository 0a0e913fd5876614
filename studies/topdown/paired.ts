/** @file The difference of two shares of the same things, with an interval that holds for few of them too. */

import { type MeanInterval, wilson } from "../../src/tensor/statistics.ts";

/**
 * 95 % interval of share(b) − share(a), each of the same n pictures: Newcombe's method 10 (Statistics in Medicine 17, 1998,
 * 2635–2650). Wilson's limits l, u of both shares p, and their correlation φ, which is continuity corrected where it is positive:
 *
 *   p_b − p_a − √(x² − 2φ x y + y²),  x = p_b − l_b,  y = u_a − p_a;   upwards with  x = u_b − p_b,  y = p_a − l_a
 */
export function shareDifference(a: readonly boolean[], b: readonly boolean[]): MeanInterval {
  const n = a.length;
  const count = (inA: boolean, inB: boolean): number => a.filter((hit, i) => hit === inA && b[i] === inB).length;
  const [both, onlyA, onlyB, none] = [count(true, true), count(true, false), count(false, true), count(false, false)];
  const [hitsA, hitsB] = [both + onlyA, both + onlyB];
  const spread = Math.sqrt(hitsA * (n - hitsA) * hitsB * (n - hitsB));
  const together = both * none - onlyA * onlyB;
  const phi = spread === 0 ? 0 : (together > 0 ? Math.max(0, together - n / 2) : together) / spread;
  const [pA, pB] = [hitsA / n, hitsB / n];
  const [[lowA, highA], [lowB, highB]] = [wilson(hitsA, n), wilson(hitsB, n)];
  const reach = (x: number, y: number): number => Math.sqrt(Math.max(0, x * x - 2 * phi * x * y + y * y));
  const mean = pB - pA;
  const sd = n < 2 ? Number.NaN : Math.sqrt(((onlyA + onlyB) / n - mean ** 2) * (n / (n - 1)));
  return n === 0
    ? { n, mean: Number.NaN, sd, interval: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] }
    : { n, mean, sd, interval: [mean - reach(pB - lowB, highA - pA), mean + reach(highB - pB, pA - lowA)] };
}
