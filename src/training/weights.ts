/** @file Trained weights put back into the net that they belong to. */

import type { SourceGraph } from "../graph/graph.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TrainingState } from "./step.ts";

/** Weights by name from a training state: their averages where it keeps them, else the last ones. */
export function weightsOf(state: TrainingState): ReadonlyMap<string, Tensor> {
  const part = (prefix: string): Map<string, Tensor> =>
    new Map(
      Object.entries(state).flatMap(([key, t]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), t]] : [])),
    );
  return new Map([...part("parameter."), ...part("average.")]);
}

/** The graph with other contents in the constants of these names. */
export const withWeights = (source: SourceGraph, weights: ReadonlyMap<string, Tensor>): SourceGraph => ({
  ...source,
  constants: new Map(Array.from(source.constants, ([v, t]) => [v, weights.get(v.name) ?? t])),
});
