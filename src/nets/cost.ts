/** @file What a net costs before it is trained, and the width at which another costs as much. */

import { builderOf } from "../ops/builder.ts";
import { macsOf } from "../ops/macs.ts";
import { hasGradient } from "../ops/table.ts";
import type { Rng } from "../tensor/rng.ts";
import { isFloat, type Shape } from "../tensor/tensor.ts";
import type { NetBuilder } from "./layers.ts";

export interface Cost {
  /** Numbers in the float constants that gradients flow into, running averages included (as Keras counts; torch leaves them out). */
  readonly parameters: number;
  /** Multiply–accumulates for one picture. */
  readonly macs: number;
}

/** Draws nothing: weights stay 0. */
const still: Rng = {
  uniform: () => 0,
  normal: () => 0,
  int: (lo) => lo,
  fillUniform: (out) => out,
  fillNormal: (out) => out,
  fork: () => still,
  state: () => ({ key: [0, 0, 0, 0], words: [0, 0, 0, 0] }),
};

/** The cost of a net on pictures [N, C, H, W], for one of them. */
export function costOf(build: NetBuilder, [, ...picture]: Shape): Cost {
  const g = builderOf();
  build(g, g.input("image", "float32", [1, ...picture]), still);
  const read = new Set(g.graph.nodes.flatMap(({ op, inputs }) => inputs.filter((_, i) => hasGradient(op, i))));
  const sizes = Array.from(g.graph.constants, ([v, t]) =>
    read.has(v) && isFloat(t.dtype) && t.dims.length > 0 ? t.size : 0,
  );
  return { parameters: sizes.reduce((a, b) => a + b, 0), macs: macsOf(g.graph) };
}

/**
 * The width at which `measure`, which grows in steps and about as its square, comes nearest to `target`: bisected to
 * 1/1000 around a first guess from `start`.
 */
export function widthFor(measure: (width: number) => number, target: number, start: number): number {
  const guess = start * Math.sqrt(target / measure(start));
  let [low, high] = [guess / 1.1, guess * 1.1];
  while (measure(low) > target && low > guess / 1000) low /= 1.1;
  while (measure(high) < target) high *= 1.1;
  while (high - low > low / 1000) {
    const middle = (low + high) / 2;
    if (measure(middle) < target) low = middle;
    else high = middle;
  }
  return target - measure(low) < measure(high) - target ? low : high;
}
