/** @file Penalties and projections by name. */

import { expect } from "../../error.ts";
import type { Recipe, Regulariser } from "../axes.ts";
import type { Table } from "../named.ts";
import { clampNorm, clampRange, colourDistance, rangeNorm, totalVariation } from "../regularisers.ts";
import { boundaryPenalty } from "../regularisers-boundary.ts";
import { highFrequencies } from "../regularisers-frequency.ts";

/** For a net's mean colour, a penalty or a hard constraint on θ. */
export type Restraint = (
  mean: readonly number[],
) => { readonly penalty: Regulariser } | { readonly project: NonNullable<Recipe["project"]> };

export const regularisers: Table<Restraint> = {
  range: {
    arguments: { weight: 1, power: 6 },
    what: "colours near the net's mean (IJCV 2016)",
    make: ({ weight, power }) => {
      const alpha = power![0];
      expect(alpha > 0 && alpha % 2 === 0, () => `regularisers: range: expected an even power, got ${alpha}`);
      return (mean) => ({ penalty: rangeNorm(mean, { alpha, weight: weight![0] }) });
    },
  },
  tv: {
    arguments: { weight: 1, beta: 2 },
    what: "total variation (IJCV 2016)",
    make:
      ({ weight, beta }) =>
      () => ({ penalty: totalVariation({ beta: beta![0], weight: weight![0] }) }),
  },
  l1: {
    arguments: { weight: 1 },
    what: "mean distance to the net's mean colour",
    make:
      ({ weight }) =>
      (mean) => ({ penalty: colourDistance(mean, { power: 1, weight: weight![0] }) }),
  },
  l2: {
    arguments: { weight: 1 },
    what: "mean squared distance to the net's mean colour",
    make:
      ({ weight }) =>
      (mean) => ({ penalty: colourDistance(mean, { power: 2, weight: weight![0] }) }),
  },
  frequency: {
    arguments: { weight: 1, power: 2 },
    what: "power in high spatial frequencies",
    make:
      ({ weight, power }) =>
      () => ({ penalty: highFrequencies({ power: power![0], weight: weight![0] }) }),
  },
  border: {
    arguments: { weight: 1, width: 20 },
    what: "busy borders (Lucid)",
    make:
      ({ weight, width }) =>
      () => ({ penalty: boundaryPenalty({ width: width![0], weight: weight![0] }) }),
  },
  norm: {
    arguments: { limit: 160 },
    what: "brings each pixel's colour norm to the limit at most (IJCV 2016); for pixels",
    make:
      ({ limit }) =>
      () => ({ project: clampNorm(limit![0]) }),
  },
  clamp: {
    arguments: {},
    what: "brings each pixel to colours that can be shown; for pixels",
    make: () => (mean) => ({ project: clampRange(mean) }),
  },
};
