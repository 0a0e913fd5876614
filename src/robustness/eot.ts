/** @file Expectation over transformation (Athalye et al., ICML 2018, arXiv 1707.07397): a net behind random changes of the picture. */

import { expect } from "../error.ts";
import type { Value } from "../graph/graph.ts";
import type { Transform } from "../preimage/axes.ts";
import { composed } from "../preimage/transforms.ts";
import { sizeOf, toNumbers } from "../tensor/tensor.ts";
import type { Classifier } from "./classifier.ts";

/**
 * The net as it sees `views` random changes of each picture, drawn anew at each look. Losses, and with them gradients, are
 * means over the views; the answer is that of the mean probability. Any attack runs on it as on a plain net.
 */
export function eot(net: Classifier, transforms: readonly Transform[], views = 8): Classifier {
  expect(net.views === 1, () => `${net.name} already looks at ${net.views} views of a picture`);
  expect(Number.isSafeInteger(views) && views > 0, () => `views: expected a whole number above 0, got ${views}`);
  const all = composed(transforms);
  const drawn = Object.entries(all.draws);
  return {
    ...net,
    notes: [...net.notes, `gradients and answers are means over ${views} random views`],
    views,
    inputs: {
      ...net.inputs,
      ...Object.fromEntries(drawn.map(([name, shape]) => [`eot.${name}`, [views, ...shape]])),
    },
    feed: (item, random) => {
      const draws = Array.from({ length: views }, (_, i) => all.draw(random.fork(i)));
      return {
        ...net.feed(item, random.fork("net")),
        ...Object.fromEntries(
          drawn.map(([name]) => [`eot.${name}`, Float32Array.from(draws.flatMap((d) => toNumbers(d[name]!)))]),
        ),
      };
    },
    logits: (g, images, inputs) => {
      const n = images.shape[0]!;
      const repeat = (v: Value): Value => {
        const rest = v.shape.slice(1);
        return g.reshape(g.expand(g.reshape(v, [n, 1, ...rest]), [n, views, ...rest]), [n * views, ...rest]);
      };
      const own = Object.fromEntries(Object.keys(net.inputs).map((name) => [name, repeat(inputs[name]!)]));
      const draws = Object.fromEntries(
        drawn.map(([name, shape]) => {
          const v = inputs[`eot.${name}`]!;
          return [name, g.reshape(v, [(sizeOf(v.shape) / sizeOf(shape)) * shape[0]!, ...shape.slice(1)])];
        }),
      );
      const seen = all.apply(g, repeat(images), draws);
      return g.reshape(net.logits(g, seen, own), [n, views, net.classes]);
    },
  };
}
