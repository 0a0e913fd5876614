/** @file Momentum iterative FGSM (Dong et al., CVPR 2018, arXiv 1710.06081): steps along a running mean of the gradients. */

import type { Move } from "../ascent.ts";
import type { Attack } from "../attack.ts";
import type { Loss } from "../losses.ts";
import { intoBall } from "../norms.ts";
import { type BudgetOptions, climbing } from "./pgd.ts";

export interface MiFgsmOptions extends BudgetOptions {
  /** Default 10; each is eps / steps long. */
  readonly steps?: number;
  /** μ, the part of the accumulated gradient that is kept; 1. */
  readonly decay?: number;
  readonly loss?: Loss;
}

/** m' = μ m + g / ‖g‖₁,   x' = x + (eps / steps) · steepest(m'). */
export const miFgsm = ({ norm, eps, steps = 10, decay = 1, loss }: MiFgsmOptions): Attack =>
  climbing({
    name: `mi-fgsm-${norm.name}`,
    source: "Dong et al. 2018, arXiv 1710.06081",
    norm,
    eps,
    steps,
    rate: () => eps / steps,
    move: momentum(decay),
    loss,
    starts: [false],
  });

const LEAST = 1e-37;

const momentum = (decay: number): Move => ({
  name: `momentum ${decay}`,
  state: ["m"],
  scalars: ["rate"],
  update: (g, { x, origin, slope, eps, norm, state, scalars }) => {
    const size = g.sum(g.op("Abs", [slope]), [1, 2, 3]);
    const m = g.add(g.mul(state.m!, decay), g.div(slope, g.op("Max", [size, LEAST])));
    return { x: intoBall(g, norm, g.add(x, g.mul(scalars.rate!, norm.steepest(g, m))), origin, eps), state: { m } };
  },
});
