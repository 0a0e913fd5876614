/** @file Tests of the interpolation matrices against hand-made rows and exact reproduction of polynomials. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyRows, type ResampleOptions, resampleMatrix, resampleRows } from "./resample.ts";

/** Sum of each row of a matrix [rows, columns]: how much of an output pixel comes from inside the source. */
const rowSums = (matrix: Float64Array, rows: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, r) =>
    matrix.subarray((r * matrix.length) / rows, ((r + 1) * matrix.length) / rows).reduce((a, b) => a + b, 0),
  );

/** The `shift` under which a sampling with `scale` keeps the centre of the source at the centre of the output. */
const centringShift = (outSize: number, inSize: number, scale: number): number => inSize / 2 - outSize / (2 * scale);

const rows = (out: number, size: number, options?: ResampleOptions) => {
  const m = resampleMatrix(out, size, options);
  return Array.from({ length: out }, (_, o) => [...m.subarray(o * size, (o + 1) * size)]);
};
const sizes = fc.integer({ min: 1, max: 24 });
const modes = fc.constantFrom("linear" as const, "nearest" as const, "cubic" as const);

describe("by hand", () => {
  test("same size is the identity", () => {
    for (const mode of ["linear", "nearest", "cubic"] as const)
      expect(rows(3, 3, { mode })).toEqual([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]);
  });

  test("an integer shift picks pixels: a crop, and a border of each kind", () => {
    expect(rows(2, 4, { scale: 1, shift: 1 })).toEqual([
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ]);
    expect(rows(3, 2, { scale: 1, shift: -1, outside: "edge" })[0]).toEqual([1, 0]);
    expect(rows(3, 2, { scale: 1, shift: -1, outside: "zero" })[0]).toEqual([0, 0]);
    expect(rows(3, 2, { scale: 1, shift: -1, outside: "renormalise" })[0]).toEqual([0, 0]);
  });

  test("doubling samples at quarters", () => {
    expect(rows(4, 2)).toEqual([
      [1, 0],
      [0.75, 0.25],
      [0.25, 0.75],
      [0, 1],
    ]);
    expect(rows(4, 2, { mode: "nearest" })).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
  });

  test("halving: two taps plain, 1-3-3-1 antialiased, 3-3-1 over 7 at a renormalised border", () => {
    expect(rows(4, 8)[1]!.slice(1, 5)).toEqual([0, 0.5, 0.5, 0]);
    expect(rows(4, 8, { antialias: true })[1]!.slice(1, 5)).toEqual([0.125, 0.375, 0.375, 0.125]);
    const border = rows(4, 8, { antialias: true, outside: "renormalise" })[0]!.slice(0, 3);
    for (const [i, n] of [3, 3, 1].entries()) expect(border[i]).toBeCloseTo(n / 7, 12);
  });

  test("cubic half way between pixels: −1, 9, 9, −1 sixteenths", () => {
    expect(rows(1, 4, { scale: 1, shift: 1.5, mode: "cubic" })[0]).toEqual([-1 / 16, 9 / 16, 9 / 16, -1 / 16]);
  });
});

describe("properties", () => {
  test("rows sum to one, whatever the map, when the border is repeated", () => {
    const numbers = fc.tuple(fc.double({ min: 0.2, max: 5, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true }));
    fc.assert(
      fc.property(sizes, sizes, numbers, modes, fc.boolean(), (out, size, [scale, shift], mode, antialias) => {
        const m = resampleMatrix(out, size, { scale, shift, mode, antialias });
        for (const sum of rowSums(m, out)) expect(sum).toBeCloseTo(1, 10);
      }),
    );
  });

  test("a line is reproduced at s(o) inside the source, a parabola by cubic", () => {
    const scales = fc.double({ min: 0.5, max: 3, noNaN: true });
    fc.assert(
      fc.property(scales, fc.double({ min: 4, max: 8, noNaN: true }), fc.constantFrom(1, 2), (scale, shift, power) => {
        const source = Float64Array.from({ length: 32 }, (_, i) => i ** power);
        const options = { scale, shift, mode: power === 1 ? ("linear" as const) : ("cubic" as const) };
        const out = applyRows(source, resampleRows(8, 32, options), { outer: 1, inSize: 32, inner: 1 });
        for (const [o, value] of out.entries()) {
          const s = (o + 0.5) / scale - 0.5 + shift;
          if (s < 29) expect(value).toBeCloseTo(s ** power, 8);
        }
      }),
    );
  });

  test("padding with a constant through row sums equals sampling the padded line", () => {
    const [c, pad, size] = [0.5, 6, 5];
    const source = [0.1, 0.9, 0.3, 0.7, 0.2];
    const padded = [...new Array<number>(pad).fill(c), ...source, ...new Array<number>(pad).fill(c)];
    fc.assert(
      fc.property(
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: 0.8, max: 2, noNaN: true }),
        (shift, scale) => {
          const m = resampleMatrix(size, size, { scale, shift, outside: "zero" });
          const inside = rowSums(m, size);
          const long = resampleRows(size, padded.length, { scale, shift: shift + pad });
          const expected = applyRows(padded, long, { outer: 1, inSize: padded.length, inner: 1 });
          for (let o = 0; o < size; o++) {
            const value = source.reduce((sum, x, i) => sum + m[o * size + i]! * x, 0) + c * (1 - inside[o]!);
            expect(value).toBeCloseTo(expected[o]!, 10);
          }
        },
      ),
    );
  });

  test("a centring shift is symmetric", () => {
    fc.assert(
      fc.property(sizes, sizes, fc.double({ min: 0.5, max: 2, noNaN: true }), (out, size, scale) => {
        const m = rows(out, size, { scale, shift: centringShift(out, size, scale), outside: "zero" });
        for (let o = 0; o < out; o++)
          for (let i = 0; i < size; i++) expect(m[o]![i]).toBeCloseTo(m[out - 1 - o]![size - 1 - i]!, 8);
      }),
    );
  });

  test("sparse rows on any axis agree with the dense matrix", () => {
    fc.assert(
      fc.property(
        sizes,
        sizes,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        (out, size, outer, inner) => {
          const data = Float64Array.from({ length: outer * size * inner }, (_, i) => Math.sin(i));
          const got = applyRows(data, resampleRows(out, size), { outer, inSize: size, inner });
          const m = resampleMatrix(out, size);
          for (let n = 0; n < outer; n++)
            for (let o = 0; o < out; o++)
              for (let j = 0; j < inner; j++) {
                let sum = 0;
                for (let i = 0; i < size; i++) sum += m[o * size + i]! * data[(n * size + i) * inner + j]!;
                expect(got[(n * out + o) * inner + j]).toBeCloseTo(sum, 10);
              }
        },
      ),
    );
  });
});
