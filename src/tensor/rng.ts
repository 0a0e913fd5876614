/** @file Seeded random numbers: xoshiro128** streams that fork by label and can be saved and resumed bit for bit. */

import { expect } from "../error.ts";

/** All of a generator, as plain JSON: eight unsigned 32-bit words. */
export interface RngState {
  /** Names the stream, and with it every fork; drawing does not change it. */
  readonly key: readonly [number, number, number, number];
  /** Where the stream stands. */
  readonly words: readonly [number, number, number, number];
}

export interface Rng {
  /** A float64 of 53 random bits in [lo, hi); default [0, 1). */
  uniform(lo?: number, hi?: number): number;
  /** A standard normal float64. */
  normal(): number;
  /** An unbiased integer in [lo, hi); the range holds at most 2³² numbers. */
  int(lo: number, hi: number): number;
  /** Fills with 24-bit uniform numbers; default [0, 1). Rounding to float32 can meet `hi` when `lo` is not 0. Returns `out`. */
  fillUniform(out: Float32Array, lo?: number, hi?: number): Float32Array;
  /** Fills with normal numbers; default mean 0, deviation 1. Returns `out`. */
  fillNormal(out: Float32Array, mean?: number, sd?: number): Float32Array;
  /** An independent stream that depends on this stream's seed and the label alone, not on what was drawn: one label, one stream. */
  fork(label: string | number): Rng;
  /** A snapshot; `restore` goes on from it. */
  state(): RngState;
}

type Words = RngState["words"];

/** A generator for a non-negative safe integer. Throws `InputError` for any other seed. */
export function rng(seed: number): Rng {
  expect(
    Number.isSafeInteger(seed) && seed >= 0,
    () => `seed: expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${seed}: pass e.g. 1`,
  );
  const key = absorb([0x66_6f_76_65, 0x61_2e_72_6e, 0x67_2e_76_31, 0], [seed >>> 0, Math.floor(seed / 2 ** 32)]);
  return stream(key, key);
}

/** The generator that a snapshot was taken of. */
export const restore = (state: RngState): Rng => stream(state.key, state.words);

// MurmurHash3's 32-bit finaliser: a bijection in which each input bit flips each output bit half of the time.
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Hashes words into a key. Two rounds after the last word let every lane depend on every word; a key is never all zero. */
function absorb(key: Words, words: readonly number[]): Words {
  let [a, b, c, d] = key;
  for (const word of [...words, words.length, 0x9e37_79b9]) {
    a = mix(a ^ word);
    b = mix(b + a);
    c = mix(c ^ (b + 0x9e37_79b9));
    d = mix(d + c);
    a = (a ^ d) >>> 0;
  }
  return [a, b, c, (d | 1) >>> 0];
}

// xoshiro128** 1.1 (Blackman & Vigna 2018, "Scrambled linear pseudorandom number generators"), period 2¹²⁸ − 1.
function stream(key: Words, start: Words): Rng {
  let [a, b, c, d] = start;

  const next = (): number => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };

  const unit = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) * 2 ** -53;

  // Marsaglia's polar method: (u, v) uniform in the unit disc, s = u² + v² → u √(−2 ln s / s) and the same of v, both normal.
  let second = 0;
  const normal = (): number => {
    for (;;) {
      const u = 2 * unit() - 1;
      const v = 2 * unit() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const radius = Math.sqrt((-2 * Math.log(s)) / s);
        second = v * radius;
        return u * radius;
      }
    }
  };

  return {
    uniform: (lo = 0, hi = 1) => lo + (hi - lo) * unit(),
    normal,
    int(lo, hi) {
      const count = hi - lo;
      if (!Number.isSafeInteger(lo) || !Number.isInteger(count) || count < 1 || count > 2 ** 32)
        throw new Error(`internal: rng.int: expected 1 to 2³² integers, got [${lo}, ${hi})`);
      const limit = 2 ** 32 - (2 ** 32 % count);
      let x = next();
      while (x >= limit) x = next();
      return lo + (x % count);
    },
    fillUniform(out, lo = 0, hi = 1) {
      const step = (hi - lo) * 2 ** -24;
      for (let i = 0; i < out.length; i++) out[i] = lo + step * (next() >>> 8);
      return out;
    },
    fillNormal(out, mean = 0, sd = 1) {
      for (let i = 0; i < out.length; i += 2) {
        out[i] = mean + sd * normal();
        if (i + 1 < out.length) out[i + 1] = mean + sd * second;
      }
      return out;
    },
    fork(label) {
      const text = `${typeof label}:${label}`;
      const child = absorb(
        key,
        Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)),
      );
      return stream(child, child);
    },
    state: () => ({ key, words: [a >>> 0, b >>> 0, c >>> 0, d >>> 0] }),
  };
}
