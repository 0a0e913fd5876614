/** @file Gaussian blur at its smallest width that fools. */

import type { Attack } from "../attack.ts";
import { answerOf } from "../classifier.ts";
import type { Step } from "../course.ts";
import { type LineSearchOptions, lineSearch } from "../line-search.ts";

/** σ at its widest, as a part of the longer side. */
const WIDEST = 0.25;

/** Ry · x · Rxᵀ */
const blurred: Step = {
  name: "blurred",
  gradient: false,
  inputs: ({ picture: [c, h, w] }) => ({ x: [c, h, w], rows: [1, h, h], columns: [1, w, w], by: [1, 1, 1] }),
  emit: (g, { x, rows, columns }, net) => {
    const there = g.matmul(g.matmul(rows!, x!), g.transpose(columns!, [0, 1, 3, 2]));
    return { x: there, logits: answerOf(g, net.see(there)) };
  },
};

/** Row-major [n, n]: each row a Gaussian about its pixel that sums to 1 over the picture; none for σ = 0. */
export function blurMatrix(n: number, sigma: number): Float32Array {
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    const weights = Array.from({ length: n }, (_, j) =>
      sigma === 0 ? Number(i === j) : Math.exp(-((i - j) ** 2) / (2 * sigma * sigma)),
    );
    const sum = weights.reduce((s, v) => s + v, 0);
    for (const [j, v] of weights.entries()) out[i * n + j] = v / sum;
  }
  return out;
}

/** Blur by a Gaussian of σ up to a quarter of the picture's longer side; at the border it is cut off and scaled up. */
export const blur = (options: LineSearchOptions): Attack =>
  lineSearch(
    {
      name: "blur",
      source: "as in Foolbox: Rauber, Brendel & Bethge 2017, arXiv 1707.04131",
      step: blurred,
      most: 1,
      draw: () => ({}),
      at: (strength, { net: { picture } }) => {
        const [, h, w] = picture;
        const sigma = strength * WIDEST * Math.max(h, w);
        return { rows: blurMatrix(h, sigma), columns: blurMatrix(w, sigma) };
      },
    },
    options,
  );
