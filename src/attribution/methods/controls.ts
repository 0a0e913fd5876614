/** @file Controls: maps that know nothing of the net, which every method must beat. */

import type { Method } from "../method.ts";

const CELLS = 7;

/** As many random cells as RISE has. */
export const chance: Method = {
  name: "random",
  source: "a control: 7 × 7 random cells",
  signed: false,
  looks: 1,
  numbers: () => ({ cells: [1, CELLS, CELLS] }),
  draw: (_, random) => ({ cells: random.fillUniform(new Float32Array(CELLS * CELLS)) }),
  look: (_, { numbers }) => numbers.cells!,
};

/** Photographers put what they mean into the middle (the baseline of the pointing game, Zhang et al. 2016). */
export const middle: Method = {
  name: "centre",
  source: "a control: the nearer to the middle, the more; Zhang et al. 2016, arXiv 1608.00507",
  signed: false,
  looks: 1,
  look: (g, { images }) => {
    const [n, , height, width] = images.shape as [number, number, number, number];
    const away = Float32Array.from({ length: height * width }, (_, i) => {
      const [y, x] = [Math.floor(i / width) + 0.5, (i % width) + 0.5];
      return Math.max(0, 1 - 2 * Math.max(Math.abs(y / height - 0.5), Math.abs(x / width - 0.5)));
    });
    return g.expand(g.numbers(away, [1, 1, height, width], "float32"), [n, 1, height, width]);
  },
};
