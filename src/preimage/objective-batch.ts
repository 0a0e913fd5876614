/** @file What ties the pictures of a batch together: alignment of neighbours, and weights that go from the first to the last. */

import { sizeOf } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";
import { eachView } from "./objective-gram.ts";

/** Pictures up to this far apart are compared. */
const REACH = 4;

/**
 * −½ Σ mean((aᵢ − aⱼ)²) / decay^|i − j| over the pictures j at most 4 places from picture i in the batch: neighbours should
 * look alike and have their parts in the same places (Lucid's `alignment`, of which each of two pictures bears half). Views
 * are compared one by one. For a picture alone it is 0.
 */
export const alignment =
  (decay = 2): Objective =>
  (g, [a], views = 1) => {
    const shown = a!.shape[0]!;
    const pictures = shown / views;
    const distances = Array.from({ length: Math.min(REACH, pictures - 1) }, (_, i) => i + 1);
    if (distances.length === 0) return g.expand(g.scalar(0, a!.dtype), [shown]);
    const flat = g.reshape(a!, [pictures, sizeOf(a!.shape) / pictures]);
    const pairs = distances.flatMap((d) => Array.from({ length: pictures - d }, (_, i) => ({ i, j: i + d, d })));
    const means = distances.map((d) => {
      const difference = g.sub(g.slice(flat, [0], [d], [pictures]), g.slice(flat, [0], [0], [pictures - d]));
      return g.mean(g.square(difference), [1], false);
    });
    const shares = pairs.flatMap(({ i, j, d }) =>
      Array.from({ length: pictures }, (_, n) => (n === i || n === j ? -0.5 / decay ** d : 0)),
    );
    const borne = g.matmul(
      g.reshape(g.concat(means, 0), [1, pairs.length]),
      g.numbers(shares, [pairs.length, pictures], a!.dtype),
    );
    return eachView(g, g.reshape(borne, [pictures]), views);
  };

/** 0 for the first picture of a batch, 1 for the last, evenly between; once for each view. A picture alone has 0. */
export const alongBatch = (shown: number, views: number): number[] =>
  Array.from({ length: shown }, (_, i) => Math.floor(i / views) / Math.max(1, shown / views - 1));
