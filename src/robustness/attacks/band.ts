/** @file PGD within a band of spatial frequencies: which scales of a picture a net can be fooled through. */

import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import type { Move } from "../ascent.ts";
import type { Attack } from "../attack.ts";
import { intoBox } from "../norms.ts";
import { climbing, type PgdOptions } from "./pgd.ts";

export type Band = "low" | "middle" | "high";

/** In cycles a pixel, the larger of the two axes' frequencies counting; a pixel holds up to 1/2. */
export const bands: Readonly<Record<Band, readonly [above: number, upTo: number]>> = {
  low: [-1, 1 / 12],
  middle: [1 / 12, 1 / 4],
  high: [1 / 4, 1],
};

const LEAST = 1e-37;

/**
 * Row-major [n, n]: takes the frequencies |k| / n ≤ upTo of a line, as the DFT, a mask and the inverse DFT would:
 * P[i, j] = 1/n Σ_k cos(2π k (i − j) / n).
 */
function lowPass(n: number, upTo: number): Float64Array {
  const line = Float64Array.from({ length: n }, (_, d) => {
    let sum = 0;
    for (let k = 0; k < n; k++) if (Math.min(k, n - k) / n <= upTo) sum += Math.cos((2 * Math.PI * k * d) / n);
    return sum / n;
  });
  return Float64Array.from({ length: n * n }, (_, i) => line[Math.abs(Math.floor(i / n) - (i % n))]!);
}

/** What of v [N,C,H,W] lies in the band: Py v Pxᵀ of its upper edge less that of its lower one. */
export function inBand(g: Builder, v: Value, band: Band): Value {
  const [, , h, w] = v.shape as [number, number, number, number];
  const below = (edge: number): Value | undefined => {
    if (edge < 0) return undefined;
    if (edge >= 0.5) return v;
    const [py, px] = [h, w].map((n) => g.numbers(lowPass(n, edge), [n, n], v.dtype)) as [Value, Value];
    return g.matmul(g.matmul(py, v), px);
  };
  const [above, upTo] = bands[band];
  const [all, less] = [below(upTo)!, below(above)];
  return less ? g.sub(all, less) : all;
}

/** The change stays in the band and is scaled, not clipped, into the ball; only black and white clip it. */
const banded = (band: Band): Move => ({
  name: `banded ${band}`,
  state: [],
  scalars: ["rate"],
  update: (g, { x, origin, slope, eps, norm, scalars }) => {
    const u = norm.steepest(g, inBand(g, slope, band));
    const change = inBand(g, g.sub(g.add(x, g.mul(scalars.rate!, u)), origin), band);
    const part = g.op("Min", [g.div(eps, g.op("Max", [norm.size(g, change), LEAST])), g.scalar(1, x.dtype)]);
    return { x: intoBox(g, g.add(origin, g.mul(change, part))) };
  },
});

/** PGD whose change has frequencies of one band alone (after Sharma, Ding & Brubaker 2019, arXiv 1903.00073). */
export function bandPgd(options: PgdOptions & { readonly band: Band }): Attack {
  const { band, norm, eps, steps = 40, restarts = 1, randomStart = true, stepSize, loss } = options;
  return climbing({
    name: `pgd-${band}-${norm.name}`,
    source: "after Sharma, Ding & Brubaker 2019, arXiv 1903.00073",
    norm,
    eps,
    steps,
    rate: () => stepSize ?? (2.5 * eps) / Math.max(1, steps),
    move: banded(band),
    loss,
    starts: Array.from({ length: restarts }, (_, i) => randomStart || i > 0),
  });
}
