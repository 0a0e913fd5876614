/** @file RISE: random masks, each weighed with the probability that the class has under it. */

import { makeImage, resize } from "../../tensor/image.ts";
import type { Rng } from "../../tensor/rng.ts";
import type { Method } from "../method.ts";

const MASKS = 1000;
/** Cells of a mask along each side, and the part of them that stays open. */
const CELLS = 7;
const OPEN = 0.5;

/** Cells open by chance, enlarged linearly and shifted by up to a cell. */
function mask(random: Rng, height: number, width: number): Float32Array {
  const [cellHeight, cellWidth] = [Math.ceil(height / CELLS), Math.ceil(width / CELLS)];
  const cells = makeImage(1, CELLS + 1, CELLS + 1, () => (random.uniform() < OPEN ? 1 : 0));
  const { data } = resize(cells, (CELLS + 1) * cellHeight, (CELLS + 1) * cellWidth);
  const [top, left] = [random.int(0, cellHeight), random.int(0, cellWidth)];
  const stride = (CELLS + 1) * cellWidth;
  return makeImage(1, height, width, (_, y, x) => data[(top + y) * stride + left + x]!).data;
}

export const rise: Method = {
  name: "rise",
  source: "Petsiuk, Das & Saenko 2018, arXiv 1806.07421; 1000 masks of 7 × 7 cells over black",
  signed: false,
  looks: MASKS,
  numbers: ({ picture: [, height, width] }) => ({ mask: [1, height, width] }),
  draw: (i, random, { picture: [, height, width] }) => ({ mask: mask(random.fork(i), height, width) }),
  look: (g, { images, numbers, see }) => {
    const { probability } = see(g.mul(images, numbers.mask!));
    const [n] = images.shape as [number];
    return g.mul(numbers.mask!, g.mul(g.reshape(probability, [n, 1, 1, 1]), 1 / (MASKS * OPEN)));
  },
};
