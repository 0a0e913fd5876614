/** @file Penalties that keep pictures natural, with the constants of Mahendran & Vedaldi (IJCV 2016, arXiv 1512.02017). */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Regulariser } from "./axes.ts";

/** Largest pixel norm that counts as normal, B, for mean-subtracted colours in units of 0…255. */
export const NORMAL_RANGE = 80;

/** Per-pixel squared colour norm of 255 (image − mean), [N,1,H,W]. */
const squaredNorm = (g: Builder, x: Value): Value => g.sum(g.square(x), [1]);

/**
 * R = weight · (1/HW) Σₚ (‖xₚ‖₂ / 80)^α with x = 255 (image − mean): pixels stay within the range of natural colours.
 * α is even; 6 in the paper.
 */
export const rangeNorm =
  (mean: readonly number[], { alpha = 6, weight = 1 } = {}): Regulariser =>
  (g, image) => {
    const x = g.mul(g.sub(image, g.numbers(mean, [mean.length, 1, 1], image.dtype)), 255 / NORMAL_RANGE);
    const square = squaredNorm(g, x);
    if (alpha % 2 !== 0) throw new Error(`internal: rangeNorm: expected an even alpha, got ${alpha}`);
    const power = Array.from({ length: alpha / 2 - 1 }).reduce<Value>((p) => g.mul(p, square), square);
    return g.mul(g.sum(power, undefined, false), weight / pixelsOf(image));
  };

/**
 * R = weight · (1/HW) Σ (dx² + dy²)^{β/2} · (6.5/80)^β with differences of x = 255 · image to the right and downward
 * neighbours, summed over channels; the border is replicated, so its differences are zero. β = 2 in the paper.
 */
export const totalVariation =
  ({ beta = 2, weight = 1 } = {}): Regulariser =>
  (g, image) => {
    const x = g.mul(image, (255 * 6.5) / NORMAL_RANGE);
    const down = g.square(difference(g, x, 2));
    const right = g.square(difference(g, x, 3));
    const total =
      beta === 2
        ? g.add(g.sum(down, undefined, false), g.sum(right, undefined, false))
        : g.sum(g.op("Pow", [g.add(g.add(closed(g, down, 2), closed(g, right, 3)), 1e-8), beta / 2]), undefined, false);
    return g.mul(total, weight / pixelsOf(image));
  };

/** Difference to the next neighbour along an axis; one shorter than the picture. */
export function difference(g: Builder, x: Value, axis: number): Value {
  const n = x.shape[axis]!;
  return g.sub(g.slice(x, [axis], [1], [n]), g.slice(x, [axis], [0], [n - 1]));
}

/** The differences with a zero at the end. */
function closed(g: Builder, d: Value, axis: number): Value {
  const end = d.shape.map((_, i) => (i === axis ? 1 : 0));
  return g.op("Pad", [d, g.ints([...d.shape.map(() => 0), ...end])]);
}

/** Pixels of one picture. */
const pixelsOf = (image: Value): number => image.shape[2]! * image.shape[3]!;

/** Scales each pixel of θ [N,C,H,W] (mean-subtracted, 0…255) back to a colour norm of at most `limit`; 2 · 80 in the paper. */
export const clampNorm =
  (limit = 2 * NORMAL_RANGE) =>
  (g: Builder, theta: Value): Value => {
    const norm = g.sqrt(squaredNorm(g, theta));
    const factor = g.div(limit, g.op("Max", [norm, limit]));
    return g.mul(theta, factor);
  };

/**
 * R = weight · (1/HW) Σ |image − colour|^power, in units of 0…1, summed over channels: pictures stay near a colour, one
 * number a channel, such as the net's mean. `power` is 1 or 2; 2 by default.
 */
export const colourDistance =
  (colour: readonly number[], { power = 2, weight = 1 }: { power?: 1 | 2; weight?: number } = {}): Regulariser =>
  (g, image) => {
    const d = g.sub(image, g.numbers(colour, [colour.length, 1, 1], image.dtype));
    const distance = power === 1 ? g.op("Abs", [d]) : g.square(d);
    return g.mul(g.sum(distance, undefined, false), weight / pixelsOf(image));
  };

/** Brings θ [N,C,H,W] (mean-subtracted, 0…255) back to colours that can be shown: each of its pixels to 0…1. */
export const clampRange =
  (mean: readonly number[]) =>
  (g: Builder, theta: Value): Value => {
    const bound = (end: number): Value =>
      g.numbers(
        mean.map((m) => 255 * (end - m)),
        [mean.length, 1, 1],
        theta.dtype,
      );
    return g.op("Min", [g.op("Max", [theta, bound(0)]), bound(1)]);
  };
