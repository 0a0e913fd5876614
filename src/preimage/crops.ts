/** @file Many views of a picture at once: random boxes out of it, resized to what the net sees (MaCo: Fel et al. 2023). */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { type Schedule, scheduleOf } from "../optimise/schedule.ts";
import type { Transform } from "./axes.ts";
import { perView, range } from "./transforms.ts";

export interface CropsOptions {
  /** Height and width of what the net sees. */
  readonly size: readonly [number, number];
  /** Views of each picture; 32 in MaCo. */
  readonly views: number;
  /** Mean side of the boxes as part of the picture's, by step; in MaCo linearly from 0.5 to 0.05. */
  readonly box: number | Schedule;
  /** Standard deviation of the side; 0.05. Sides stay within 0.05 … 1. */
  readonly spread?: number;
  /** Standard deviation of the boxes' middles about the picture's, as parts of its sides; 0.15. */
  readonly wander?: number;
  /** What boxes show beyond the picture; 0.5. */
  readonly outside?: number;
}

const SMALLEST = 0.05;

/**
 * Each picture becomes `views` pictures in a row, [N,C,H,W] → [N·views,C,h,w]: boxes of a side δ ~ N(box, spread) about
 * middles c ~ N(½, wander), sampled linearly, and antialiased where they shrink:
 *
 *   out = Ry · image · Rxᵀ,   R[o, i] = max(0, 1 − |i − s(o)| / r) / Σ,   s(o) = (c − δ/2) H − ½ + (o + ½) ρ,
 *
 * with ρ = δ H / h pixels to a step, r = max(1, ρ), and Σ the sum over all whole i, beyond the picture too.
 */
export function crops(options: CropsOptions): Transform {
  const { size, views, box, spread = 0.05, wander = 0.15, outside = 0.5 } = options;
  const boxAt = scheduleOf(box);
  const all = (x: number) => perView(views, () => x);
  return {
    draws: { y: [views], x: [views], side: [views] },
    draw: (random, step = 0) => ({
      y: perView(views, () => 0.5 + wander * random.normal()),
      x: perView(views, () => 0.5 + wander * random.normal()),
      side: perView(views, () => Math.min(Math.max(boxAt(step) + spread * random.normal(), SMALLEST), 1)),
    }),
    neutral: () => ({ y: all(0.5), x: all(0.5), side: all(1) }),
    apply: (g, image, { y, x, side }) => {
      const [n, c, h, w] = image.shape as [number, number, number, number];
      const [oh, ow] = size;
      const down = g.reshape(sampling(g, oh, h, y!, side!), [n, 1, views * oh, h]);
      const across = g.transpose(g.reshape(sampling(g, ow, w, x!, side!), [n, 1, views, ow, w]), [0, 1, 2, 4, 3]);
      const rows = g.reshape(g.matmul(down, g.sub(image, outside)), [n, c, views, oh, w]);
      const seen = g.transpose(g.matmul(rows, across), [0, 2, 1, 3, 4]);
      return g.add(g.reshape(seen, [n * views, c, oh, ow]), outside);
    },
  };
}

/** The matrix R above, [boxes, out, length]. */
function sampling(g: Builder, out: number, length: number, middle: Value, side: Value): Value {
  const boxes = side.shape[0]!;
  const scalar = (v: Value): Value => g.reshape(v, [boxes, 1, 1]);
  const step = scalar(g.mul(side, length / out));
  const first = g.sub(g.mul(scalar(g.sub(middle, g.mul(side, 0.5))), length), 0.5);
  const places = g.add(
    first,
    g.mul(
      g.numbers(
        range(out, (o) => o + 0.5),
        [out, 1],
        side.dtype,
      ),
      step,
    ),
  );
  const radius = g.op("Max", [step, 1]);
  const pixels = g.numbers(
    range(length, (i) => i),
    [1, length],
    side.dtype,
  );
  const weight = g.op("Relu", [g.sub(1, g.div(g.op("Abs", [g.sub(pixels, places)]), radius))]);
  return g.div(weight, total(g, places, radius));
}

/**
 * Σᵢ max(0, 1 − |i − s| / r) over all whole i. Those on one side lie at d, d + 1, … below r, n = ⌈r − d⌉ of them, and add up
 * to n (1 − (d + (n−1)/2) / r); d is s − ⌊s⌋ to the left, 1 − d to the right.
 */
function total(g: Builder, places: Value, radius: Value): Value {
  const half = (d: Value): Value => {
    const count = g.op("Ceil", [g.sub(radius, d)]);
    const mean = g.add(d, g.mul(g.sub(count, 1), 0.5));
    return g.mul(count, g.sub(1, g.div(mean, radius)));
  };
  const left = g.sub(places, g.op("Floor", [places]));
  return g.add(half(left), half(g.sub(1, left)));
}
