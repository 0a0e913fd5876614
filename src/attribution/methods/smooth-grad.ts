/** @file SmoothGrad: the mean gradient over noisy copies of the picture. */

import { gradient } from "../../autodiff/gradient.ts";
import { sizeOf } from "../../tensor/tensor.ts";
import type { Method } from "../method.ts";
import { largestOfColours } from "./colours.ts";

const COPIES = 50;
/** Deviation of the noise; the picture spans 1. */
const NOISE = 0.15;

export const smoothGrad: Method = {
  name: "smooth-grad",
  source: "Smilkov et al. 2017, arXiv 1706.03825; 50 copies with noise of 15 %",
  signed: false,
  looks: COPIES,
  numbers: ({ picture }) => ({ noise: picture }),
  draw: (i, random, { picture }) => ({
    noise: random.fork(i).fillNormal(new Float32Array(sizeOf(picture)), 0, NOISE),
  }),
  look: (g, { images, numbers, see }) => {
    const noisy = g.add(images, numbers.noise!);
    const [slope] = gradient(g, see(noisy).score, [noisy]);
    return g.mul(slope!, 1 / COPIES);
  },
  finish: largestOfColours,
};
