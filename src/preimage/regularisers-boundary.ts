/** @file A penalty on what happens at the border of pictures (Lucid, `penalize_boundary_complexity`). */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Regulariser } from "./axes.ts";

export interface BoundaryOptions {
  /** Pixels that the border is wide. */
  readonly width: number;
  /** What the border should be. */
  readonly value: number;
}

/**
 * Σ over the border of (blur(x) − x)² + 0.8 (x − value)², one number for each of [N,C,H,W]: [N]. The blur is the weighted
 * mean of 5 × 5 pixels, the outermost of them with half the weight, as far as they lie inside.
 */
export function boundaryComplexity(g: Builder, x: Value, { width, value }: BoundaryOptions): Value {
  const [, , h, w] = x.shape as [number, number, number, number];
  const rough = g.square(g.sub(blurred(g, x), x));
  const off = g.mul(g.square(g.sub(x, value)), 0.8);
  const inside = (i: number, n: number): boolean => i >= width && i < n - width;
  const frame = Array.from({ length: h * w }, (_, i) => (inside(Math.floor(i / w), h) && inside(i % w, w) ? 0 : 1));
  return g.sum(g.mul(g.add(rough, off), g.numbers(frame, [h, w], x.dtype)), [1, 2, 3], false);
}

/** R = weight · (what `boundaryComplexity` gives, summed over the pictures); 20 pixels wide, mid-grey, in Lucid. */
export const boundaryPenalty =
  ({
    width = 20,
    value = 0.5,
    weight = 1,
  }: Partial<BoundaryOptions> & { readonly weight?: number } = {}): Regulariser =>
  (g, image) =>
    g.mul(g.sum(boundaryComplexity(g, image, { width, value }), undefined, false), weight);

/*
 * A 5 × 5 kernel of ones whose rim is ½ is half a 5 × 5 and half a 3 × 3 box, and a box is the product of two band
 * matrices:  K ∗ x = ½ B₅ x B₅ᵀ + ½ B₃ x B₃ᵀ.
 */
function blurred(g: Builder, x: Value): Value {
  const [, , h, w] = x.shape as [number, number, number, number];
  const box = (radius: number): Value => {
    const [rows, columns] = [h, w].map((n) => g.numbers(band(n, radius), [n, n], x.dtype));
    return g.matmul(g.matmul(rows!, x), columns!);
  };
  const total = Array.from({ length: h * w }, (_, i) =>
    [1, 2].reduce((sum, r) => sum + reach(Math.floor(i / w), h, r) * reach(i % w, w, r), 0),
  );
  return g.div(g.add(box(1), box(2)), g.numbers(total, [h, w], x.dtype));
}

/** n × n, 1 where row and column are at most `radius` apart. */
const band = (n: number, radius: number): number[] =>
  Array.from({ length: n * n }, (_, i) => (Math.abs(Math.floor(i / n) - (i % n)) <= radius ? 1 : 0));

/** How many of 0 … n − 1 are at most `radius` from i. */
const reach = (i: number, n: number, radius: number): number =>
  Math.min(i + radius, n - 1) - Math.max(i - radius, 0) + 1;
