/** @file Occlusion: what the logit loses when a patch of mean colour covers a place; the mean over the patches that cover it. */

import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import type { Method } from "../method.ts";
import { plain } from "./colours.ts";

/** Patches lie half a patch apart, from half a patch outside on, so that each pixel is under four of them. */
const ROWS = 9;
const COVERED = 4;

/** [N, H, 1] or [N, 1, W]: 1 from `from` to `to`, parts of the side, else 0. */
function between(g: Builder, side: number, from: Value, to: Value): Value {
  const middles = g.numbers(
    Array.from({ length: side }, (_, i) => (i + 0.5) / side),
    [1, side],
    "float32",
  );
  return g.mul(g.mask(middles, "GreaterOrEqual", from), g.mask(middles, "Less", to));
}

export const occlusion: Method = {
  name: "occlusion",
  source: "Zeiler & Fergus 2014, arXiv 1311.2901; 81 patches of a quarter of the sides, in the mean colour",
  signed: true,
  looks: 1 + ROWS * ROWS,
  // The first look is at the whole picture: its patch is empty.
  numbers: () => ({ top: [1], left: [1], side: [1] }),
  draw: (i) => {
    const at = (k: number) => Float32Array.of((k - 1) / (ROWS - 1));
    const side = Float32Array.of(i === 0 ? 0 : 2 / (ROWS - 1));
    return { top: at(Math.floor((i - 1) / ROWS)), left: at((i - 1) % ROWS), side };
  },
  look: (g, { images, numbers, see, net }) => {
    const { top, left, side } = numbers as Record<"top" | "left" | "side", Value>;
    const [n, , height, width] = images.shape as [number, number, number, number];
    const rows = g.reshape(between(g, height, top, g.add(top, side)), [n, 1, height, 1]);
    const columns = g.reshape(between(g, width, left, g.add(left, side)), [n, 1, 1, width]);
    const patch = g.mul(rows, columns);
    const covered = g.add(g.mul(images, g.sub(1, patch)), g.mul(plain(g, net.meanColour), patch));
    const score = g.reshape(see(covered).score, [n, 1, 1, 1]);
    const whole = g.reshape(g.mask(side, "Equal", 0), [n, 1, 1, 1]);
    return g.mul(score, g.sub(whole, g.mul(patch, 1 / COVERED)));
  },
};
