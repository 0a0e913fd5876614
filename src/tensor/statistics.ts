/** @file Intervals of confidence: of a mean (Student's t) and of a share (Wilson). */

/** The mean of n measurements, and how well they fix it. */
export interface MeanInterval {
  /** Measurements that count. */
  readonly n: number;
  /** NaN without any. */
  readonly mean: number;
  /** Standard deviation of one measurement, over n − 1; NaN below two. */
  readonly sd: number;
  /** 95 % interval of the mean; from −∞ to ∞ below two measurements. */
  readonly interval: readonly [low: number, high: number];
}

/**
 * Mean with its 95 % interval, mean ± t(n − 1) · sd / √n: right for normal measurements, and close for others from about
 * twenty on. Source: Student 1908. Values that are NaN are measures that do not exist there; they do not count.
 */
export function meanInterval(values: Iterable<number>): MeanInterval {
  const known = [...values].filter((x) => !Number.isNaN(x));
  const n = known.length;
  const mean = known.reduce((sum, x) => sum + x, 0) / n;
  const sd = n < 2 ? Number.NaN : Math.sqrt(known.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
  const half = n < 2 ? Number.POSITIVE_INFINITY : (studentT(n - 1) * sd) / Math.sqrt(n);
  return { n, mean, sd, interval: n === 0 ? [-half, half] : [mean - half, mean + half] };
}

/**
 * The t with P(|T| ≤ t) = `coverage` (default 95 %), for a whole number of degrees of freedom from 1 up. Found by halving;
 * P is a finite sum in θ = atan(t / √ν) (Abramowitz & Stegun 26.7.3 and 26.7.4):
 *
 *   ν odd   2/π · (θ + sin θ · (cos θ + 2/3 cos³ θ + … up to cos^(ν−2) θ))
 *   ν even  sin θ · (1 + 1/2 cos² θ + 1·3/(2·4) cos⁴ θ + … up to cos^(ν−2) θ)
 */
export function studentT(degrees: number, coverage = 0.95): number {
  const odd = degrees % 2;
  const within = (theta: number): number => {
    const [sin, cos] = [Math.sin(theta), Math.cos(theta)];
    let term = odd ? cos : 1;
    let sum = 0;
    for (let power = odd; power <= degrees - 2; power += 2) {
      sum += term;
      term *= (cos * cos * (power + 1)) / (power + 2);
    }
    return odd ? (2 / Math.PI) * (theta + sin * sum) : sin * sum;
  };
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (within(middle) < coverage) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan(low);
}

/** Wilson's score interval of k hits in n trials (1927), for normal quantile z (default 95 %); [0, 1] without trials. */
export function wilson(k: number, n: number, z = 1.959964): [low: number, high: number] {
  if (n === 0) return [0, 1];
  const [p, extra] = [k / n, (z * z) / n];
  const middle = (p + extra / 2) / (1 + extra);
  const half = (z / (1 + extra)) * Math.sqrt((p * (1 - p)) / n + extra / (4 * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
