/** @file Tests of the random streams: the published sequence, resume, forks, and moments within known bounds. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../error.ts";
import { restore, rng } from "./rng.ts";

const seeds = fc.maxSafeNat();
const words = (seed: number, n: number) => {
  const r = rng(seed);
  return Array.from({ length: n }, () => r.int(0, 2 ** 32));
};

/** Upper bound for χ² with k degrees of freedom that fair numbers pass but for one case in ~10⁶ (Wilson–Hilferty, z = 4.75). */
const chiSquareBound = (k: number) => k * (1 - 2 / (9 * k) + 4.75 * Math.sqrt(2 / (9 * k))) ** 3;
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

describe("the sequence", () => {
  test("is xoshiro128** as published, from the state 1, 2, 3, 4", () => {
    const r = restore({ key: [1, 1, 1, 1], words: [1, 2, 3, 4] });
    // First outputs of the reference C code, as the test vector of Rust's rand_xoshiro gives them.
    const reference = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ];
    expect(reference.map(() => r.int(0, 2 ** 32))).toEqual(reference);
  });

  test("differs between neighbouring, large and word-swapped seeds", () => {
    const some = [0, 1, 2, 3, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 33, Number.MAX_SAFE_INTEGER];
    expect(new Set(some.map((s) => words(s, 2).join())).size).toBe(some.length);
    // First words over consecutive seeds must be as uniform as the words of one stream.
    const counts = new Array<number>(64).fill(0);
    for (let s = 0; s < 6400; s++) counts[rng(s).int(0, 64)]!++;
    expect(chiSquare(counts)).toBeLessThan(chiSquareBound(63));
  });

  test("one flipped seed bit flips about half of the bits drawn", () => {
    fc.assert(
      fc.property(seeds, fc.nat(52), (seed, bit) => {
        const other = Number(BigInt(seed) ^ (1n << BigInt(bit)));
        const a = words(seed, 32);
        const b = words(other, 32);
        const ones = (x: number) => (x >>> 0).toString(2).replaceAll("0", "").length;
        const flipped = a.reduce((n, x, i) => n + ones(x ^ b[i]!), 0);
        // 1024 fair bits: mean 512, deviation 16; six deviations allowed.
        expect(Math.abs(flipped - 512)).toBeLessThan(96);
      }),
    );
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("seed %s is refused", (seed) => {
    expect(() => rng(seed)).toThrow(InputError);
  });
});

describe("numbers", () => {
  test("uniform stays in its range", () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: -1000, max: 1000 }),
        fc.integer({ min: 1, max: 1000 }),
        (seed, lo, width) => {
          const r = rng(seed);
          for (let i = 0; i < 50; i++) {
            const x = r.uniform(lo, lo + width);
            expect(x).toBeGreaterThanOrEqual(lo);
            expect(x).toBeLessThan(lo + width);
          }
        },
      ),
    );
  });

  test.each([1, 2, 20_231])("uniform, fillUniform and int are flat (seed %i)", (seed) => {
    const n = 64_000;
    const r = rng(seed);
    const bins = () => new Array<number>(64).fill(0);
    const [single, filled, ints] = [bins(), bins(), bins()];
    for (let i = 0; i < n; i++) single[Math.floor(r.uniform() * 64)]!++;
    for (const x of r.fillUniform(new Float32Array(n))) filled[Math.floor(x * 64)]!++;
    for (let i = 0; i < n; i++) ints[r.int(-32, 32) + 32]!++;
    for (const counts of [single, filled, ints]) expect(chiSquare(counts)).toBeLessThan(chiSquareBound(63));
  });

  test("int is unbiased where the range does not divide 2³²", () => {
    // With x mod 3·2³⁰ unrejected, the lowest third would come up half of the time.
    const r = rng(5);
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[Math.floor(r.int(0, 3 * 2 ** 30) / 2 ** 30)]!++;
    expect(chiSquare(counts)).toBeLessThan(chiSquareBound(2));
  });

  test("int refuses an empty range as a fault of ours", () => {
    expect(() => rng(1).int(3, 3)).toThrow(/^internal:/);
  });

  test.each([1, 2, 3])("normal numbers have the moments and tails of N(0, 1) (seed %i)", (seed) => {
    const n = 200_000;
    const r = rng(seed);
    const single = Float64Array.from({ length: n }, () => r.normal());
    for (const sample of [Float64Array.from(r.fillNormal(new Float32Array(n))), single]) {
      const moment = (k: number) => sample.reduce((sum, x) => sum + x ** k, 0) / n;
      // Standard errors of the raw moments: √((E x^{2k} − (E x^k)²) / n), five of them allowed.
      expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
      expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
      expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
      expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
      const beyond2 = sample.reduce((count, x) => count + (Math.abs(x) > 2 ? 1 : 0), 0) / n;
      expect(Math.abs(beyond2 - 0.0455)).toBeLessThan(5 * Math.sqrt(0.0455 / n));
    }
  });

  test("neighbours in a filled array are uncorrelated", () => {
    const x = rng(9).fillNormal(new Float32Array(100_001), 3, 2);
    let sum = 0;
    for (let i = 0; i < 100_000; i++) sum += ((x[i]! - 3) / 2) * ((x[i + 1]! - 3) / 2);
    expect(Math.abs(sum / 100_000)).toBeLessThan(5 / Math.sqrt(100_000));
  });
});

describe("state and forks", () => {
  const draw = (r: ReturnType<typeof rng>) => [
    r.uniform(),
    r.normal(),
    r.int(0, 7),
    ...r.fillNormal(new Float32Array(3)),
    ...r.fillUniform(new Float32Array(3)),
    r.fork("x").uniform(),
  ];

  test("a restored generator goes on bit for bit, through JSON", () => {
    fc.assert(
      fc.property(seeds, fc.nat(20), (seed, skip) => {
        const r = rng(seed);
        for (let i = 0; i < skip; i++) r.normal();
        const state = JSON.parse(JSON.stringify(r.state()));
        expect(draw(restore(state))).toEqual(draw(r));
      }),
    );
  });

  test("a fork depends on seed and label, not on what was drawn", () => {
    fc.assert(
      fc.property(seeds, fc.string(), (seed, label) => {
        const used = rng(seed);
        draw(used);
        expect(draw(used.fork(label))).toEqual(draw(rng(seed).fork(label)));
      }),
    );
  });

  test("forks differ by label, by path, by type of label, and from their parent", () => {
    const r = rng(1);
    const all = [r, r.fork("a"), r.fork("b"), r.fork("ab"), r.fork("a").fork("b"), r.fork(1), r.fork("1"), r.fork("")];
    expect(new Set(all.map((s) => s.int(0, 2 ** 32))).size).toBe(all.length);
  });

  test("numbered forks are uncorrelated with one another", () => {
    const first = Array.from({ length: 20_000 }, (_, i) => rng(4).fork(i).uniform() - 0.5);
    let sum = 0;
    for (let i = 0; i + 1 < first.length; i++) sum += first[i]! * first[i + 1]!;
    expect(Math.abs((12 * sum) / first.length)).toBeLessThan(5 / Math.sqrt(first.length));
  });
});
