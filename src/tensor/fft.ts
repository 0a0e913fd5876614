/** @file The fast Fourier transform of lines of any length, by prime factors (Cooley & Tukey 1965). */

/** A line of complex numbers. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** A line of zeros. */
export const complex = (n: number): Complex => ({ re: new Float64Array(n), im: new Float64Array(n) });

/**
 * The transform of lines of n numbers, X[k] = Σⱼ x[j] e^{±2πi jk/n}, not divided by n. With n = p m and p prime, the p lines
 * of every p-th number are transformed first, giving Y_q; then, with w = e^{±2πi/n},
 *
 *   X[k + j m] = Σ_q w^{qk} Y_q[k] · w^{qjm},   k < m, j < p.
 */
export function dft(n: number, sign: 1 | -1): (line: Complex) => Complex {
  const cos = Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * i) / n));
  const sin = Float64Array.from({ length: n }, (_, i) => sign * Math.sin((2 * Math.PI * i) / n));
  const primes = factors(n);
  const turned = complex(Math.max(...primes, 1));

  // Writes the transform of `length` numbers, every `stride`-th from `start`, to `to` from `at` on.
  const recurse = (
    x: Complex,
    start: number,
    stride: number,
    length: number,
    level: number,
    to: Complex,
    at: number,
  ) => {
    if (length === 1) {
      to.re[at] = x.re[start]!;
      to.im[at] = x.im[start]!;
      return;
    }
    const p = primes[level]!;
    const m = length / p;
    for (let q = 0; q < p; q++) recurse(x, start + q * stride, stride * p, m, level + 1, to, at + q * m);
    for (let k = 0; k < m; k++) {
      for (let q = 0; q < p; q++) {
        const [from, w] = [at + q * m + k, q * k * stride];
        turned.re[q] = cos[w]! * to.re[from]! - sin[w]! * to.im[from]!;
        turned.im[q] = cos[w]! * to.im[from]! + sin[w]! * to.re[from]!;
      }
      for (let j = 0; j < p; j++) {
        let [re, im] = [0, 0];
        for (let q = 0, w = 0; q < p; q++, w = (w + j * (n / p)) % n) {
          re += cos[w]! * turned.re[q]! - sin[w]! * turned.im[q]!;
          im += cos[w]! * turned.im[q]! + sin[w]! * turned.re[q]!;
        }
        to.re[at + j * m + k] = re;
        to.im[at + j * m + k] = im;
      }
    }
  };
  return (line) => {
    const out = complex(n);
    recurse(line, 0, 1, n, 0, out, 0);
    return out;
  };
}

/** Prime factors from small to large. */
function factors(n: number): number[] {
  for (let p = 2; p * p <= n; p++) if (n % p === 0) return [p, ...factors(n / p)];
  return n > 1 ? [n] : [];
}
