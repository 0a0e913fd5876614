/** @file Jitter that lets nothing fall off: pictures rolled round, as DeepDream does it (Mordvintsev et al. 2015). */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Transform } from "./axes.ts";
import { perView, range, tent } from "./transforms.ts";

export interface RollOptions {
  /** Largest shift either way, in whole pixels; 32 in DeepDream. */
  readonly most: number;
  /** Views of each picture that come in; 1. */
  readonly views?: number;
}

/** out[y, x] = image[(y + dy) mod H, (x + dx) mod W], dy and dx uniform in −most … most: a product with permutations. */
export function roll({ most, views = 1 }: RollOptions): Transform {
  return {
    draws: { dy: [views], dx: [views] },
    draw: (random) => ({
      dy: perView(views, () => random.int(-most, most + 1)),
      dx: perView(views, () => random.int(-most, most + 1)),
    }),
    neutral: () => ({ dy: perView(views, () => 0), dx: perView(views, () => 0) }),
    apply: (g, image, { dy, dx }) => {
      const [, , h, w] = image.shape as [number, number, number, number];
      return g.matmul(g.matmul(turned(g, h, dy!), image), g.transpose(turned(g, w, dx!), [0, 1, 3, 2]));
    },
  };
}

/** P[o, i] = 1 where i = (o + shift) mod n, else 0; [N, 1, n, n]. */
function turned(g: Builder, n: number, shift: Value): Value {
  const within = g.sub(shift, g.mul(g.op("Floor", [g.div(shift, n)]), n));
  const place = g.add(
    g.reshape(within, [within.shape[0]!, 1, 1, 1]),
    g.numbers(
      range(n, (o) => o),
      [n, 1],
      shift.dtype,
    ),
  );
  const distance = g.sub(
    g.numbers(
      range(n, (i) => i),
      [1, n],
      shift.dtype,
    ),
    place,
  );
  return g.add(tent(g, distance), tent(g, g.add(distance, n)));
}
