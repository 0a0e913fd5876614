/** @file The nearest point of a hyperplane within 0…1, in L∞ or L2, in a graph. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { type Norm, signOf } from "./norms.ts";

/** Newton steps; each passes at least one more clipped pixel, and some ten reach float32's rounding. */
const STEPS = 16;
const LEAST = 1e-37;
/** Stands for an infinite t, which would turn the pixels that never move (u = 0) into NaN. */
const FAR = 1e30;

/**
 * The point z of {z ∈ [0,1]^d : ⟨w, z⟩ = b} nearest to x, for each picture of [N,C,H,W] (w of the same shape, b [N,1,1,1]);
 * where the hyperplane misses the box, the corner on its side.
 *
 * With w and b turned so that ⟨w, x⟩ ≥ b, z(t) = clip(x − t u), u = w in L2 and sign w in L∞, and the smallest t ≥ 0 with
 * φ(t) = ⟨w, z(t)⟩ − b = 0 is sought. φ falls, and ever slower as pixels are clipped: it is convex, so that Newton's steps from
 * t = 0, with −φ' = Σ w u over the pixels that are not clipped, come from the left and never pass the root. Croce & Hein (2020,
 * arXiv 1907.02044) sort the pixels instead.
 */
export function ontoHyperplane(g: Builder, norm: Norm, x: Value, w: Value, b: Value): Value {
  const axes = [1, 2, 3];
  // Of length 1, so that nothing under- or overflows.
  const top = g.op("Max", [g.op("ReduceMax", [g.op("Abs", [w]), g.ints(axes)], { keepdims: 1 }), LEAST]);
  const unit = g.div(w, top);
  const excess = g.sub(g.sum(g.mul(unit, x), axes), g.div(b, top));
  const side = g.sub(1, g.mul(2, g.mask(excess, "Less", 0)));
  const turned = g.mul(unit, side);
  // All pixels together move no further than Σ |w|: beyond it lies the corner, however far, even where b/top overflows.
  const over = g.op("Min", [g.mul(excess, side), g.sum(g.op("Abs", [unit]), axes)]);
  const u = norm.name === "linf" ? signOf(g, turned) : turned;
  const gain = g.mul(turned, u);
  const at = (t: Value): Value => g.op("Clip", [g.sub(x, g.mul(t, u)), 0, 1]);
  let t = g.mul(over, 0);
  for (let i = 0; i < STEPS; i++) {
    const z = at(t);
    const moved = g.sum(g.mul(turned, g.sub(x, z)), axes);
    // A pixel still moves where it is off the side that it moves to.
    const free = g.where(g.op("Greater", [u, 0]), g.mask(z, "Greater", 0), g.mask(z, "Less", 1));
    const slope = g.sum(g.mul(gain, free), axes);
    const step = g.div(g.op("Relu", [g.sub(over, moved)]), g.op("Max", [slope, LEAST]));
    t = g.op("Min", [g.add(t, step), FAR]);
  }
  return at(t);
}
