/** @file From numbers for each colour of each pixel to one number a pixel. */

import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";

/** maxᶜ |v|, [N, C, H, W] → [N, 1, H, W]. */
export const largestOfColours = (g: Builder, v: Value): Value =>
  g.op("ReduceMax", [g.op("Abs", [v]), g.ints([1])], { keepdims: 1 });

/** Σᶜ v, [N, C, H, W] → [N, 1, H, W]. */
export const sumOfColours = (g: Builder, v: Value): Value => g.sum(v, [1]);

/** The mean colour as pictures that broadcast, [1, C, 1, 1]. */
export const plain = (g: Builder, colour: readonly number[]): Value =>
  g.numbers(colour, [1, colour.length, 1, 1], "float32");
