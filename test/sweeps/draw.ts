/** @file Random shapes, axes and index lists that several sweeps draw from. */

import * as fc from "fast-check";

/** A shape of some rank, with extents from 1 to `most`. */
export const shape = (minRank: number, maxRank: number, most = 4): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: most }), { minLength: minRank, maxLength: maxRank });

/** An axis of a tensor of this rank, counted from either end. */
export const axisOf = (rank: number): fc.Arbitrary<number> => fc.integer({ min: -rank, max: rank - 1 });

/** Distinct axes, counted from either end, in any order. */
export const axesOf = (rank: number, minLength = 0): fc.Arbitrary<number[]> =>
  fc
    .shuffledSubarray(
      Array.from({ length: rank }, (_, i) => i),
      { minLength },
    )
    .chain((axes) => fc.tuple(...axes.map((a) => fc.constantFrom(a, a - rank))));

/** `count` indices into an extent, counted from either end. */
export const indicesOf = (extent: number, count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: -extent, max: extent - 1 }), { minLength: count, maxLength: count });

export const sizeOf = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

/** A one-axis int64 operand. */
export const ints = (values: readonly number[]) => ({ shape: [values.length], values, dtype: "int64" as const });
