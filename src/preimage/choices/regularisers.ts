/** @file Penalties and projections by name. */

import { expect, InputError } from "../../error.ts";
import type { Penalty, Recipe, Regulariser } from "../axes.ts";
import type { Table } from "../named.ts";
import { meanPower, times } from "../objectives.ts";
import type { Setting } from "../presets/preset.ts";
import { clampNorm, clampRange, colourDistance, rangeNorm, totalVariation } from "../regularisers.ts";
import { boundaryPenalty } from "../regularisers-boundary.ts";
import { highFrequencies } from "../regularisers-frequency.ts";

/** In a setting, a penalty on pictures or on what layers make of them, or a hard constraint on θ. */
export type Restraint = (
  setting: Pick<Setting, "mean" | "layers" | "statistics">,
) =>
  | { readonly penalty: Regulariser }
  | { readonly activations: Penalty }
  | { readonly project: NonNullable<Recipe["project"]> };

export const regularisers: Table<Restraint> = {
  range: {
    arguments: { weight: 1, power: 6 },
    what: "colours near the net's mean (IJCV 2016)",
    make: ({ weight, power }) => {
      const alpha = power![0];
      expect(alpha > 0 && alpha % 2 === 0, () => `regularisers: range: expected an even power, got ${alpha}`);
      return ({ mean }) => ({ penalty: rangeNorm(mean, { alpha, weight: weight![0] }) });
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
      ({ mean }) => ({ penalty: colourDistance(mean, { power: 1, weight: weight![0] }) }),
  },
  l2: {
    arguments: { weight: 1 },
    what: "mean squared distance to the net's mean colour",
    make:
      ({ weight }) =>
      ({ mean }) => ({ penalty: colourDistance(mean, { power: 2, weight: weight![0] }) }),
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
  activity: {
    arguments: { weight: 1, power: 1 },
    what: "mean |activation|^power of the layers that the objective reads",
    make: ({ weight, power }) => {
      expect(power![0] >= 1, () => `regularisers: activity: expected a power of at least 1, got ${power![0]}`);
      return ({ layers }) => ({ activations: { layers, objective: times(meanPower(power![0]), weight![0]) } });
    },
  },
  batchnorm: {
    arguments: { weight: 1, first: 1 },
    what: "distance from the statistics that batch normalisations up to the objective's layer remember, the first of them weighed (DeepInversion); for nets that still have them",
    make:
      ({ weight, first }) =>
      ({ statistics }) => {
        if (!statistics) throw new InputError("regularisers: batchnorm needs a model: leave it out");
        const { layers, objective } = statistics(first![0]);
        return { activations: { layers, objective: times(objective, weight![0]) } };
      },
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
    make:
      () =>
      ({ mean }) => ({ project: clampRange(mean) }),
  },
};
