/** @file Statistics of the training data that a net remembers in its batch normalisations, and how far pictures are from them. */

import { InputError } from "../error.ts";
import type { SourceNode, SourceValue, Value } from "../graph/graph.ts";
import type { Layer } from "../model/layers.ts";
import type { Model } from "../model/model.ts";
import { needed } from "../passes/needed.ts";
import { cast, type Tensor } from "../tensor/tensor.ts";
import type { LayeredObjective } from "./objective-layered.ts";

/** A layer as it goes into its normalisation, [N, C, …], and what the training data had there, [C] each. */
export interface RememberedStatistics {
  readonly value: SourceValue;
  readonly mean: Tensor<"float32">;
  readonly variance: Tensor<"float32">;
}

/** What the batch normalisations on the way to a layer remember, in the order of the net; empty where they were folded. */
export function rememberedStatistics({ source }: Model, upTo: Layer): RememberedStatistics[] {
  return (needed(source, [upTo.value]) as SourceNode[]).flatMap((node) => {
    const [value, , , mean, variance] = node.inputs;
    if (node.op !== "BatchNormalization" || node.attributes.training_mode === 1 || !value || !mean || !variance)
      return [];
    const [m, v] = [source.constants.get(mean), source.constants.get(variance)];
    return m && v ? [{ value, mean: cast(m, "float32"), variance: cast(v, "float32") }] : [];
  });
}

/** Keeps the distance from having no slope at 0. */
const EPSILON = 1e-12;

/**
 *   Σ_l ‖μ_l(x) − μ_l‖ + ‖σ²_l(x) − σ²_l‖
 *
 * over the batch normalisations on the way to a layer: μ_l(x) and σ²_l(x) are mean and variance (not the unbiased one) of
 * each channel over all pictures and positions, μ_l and σ²_l what the layer remembers. The first term weighs `first` times
 * as much, 1 by default. A number of the whole batch, the same for each picture; subtract it to make pictures like the
 * training data. (Yin et al., "Dreaming to distill: data-free knowledge transfer via DeepInversion", CVPR 2020; their code
 * has `first` = 10.)
 *
 * Throws `InputError` for a net without such statistics on the way.
 */
export function statisticsDistance(model: Model, upTo: Layer, { first = 1 } = {}): LayeredObjective {
  const remembered = rememberedStatistics(model, upTo);
  if (remembered.length === 0)
    throw new InputError(
      `there is no BatchNormalization with statistics on the way to ${upTo.address}: export the net with its batch normalisations kept apart, not folded into the convolutions`,
    );
  const layers = [...new Set(remembered.map(({ value }) => value))];
  return {
    layers,
    comparesPictures: false,
    on: () => (g, activations) => {
      const distance = (a: Value, t: Tensor<"float32">): Value => {
        const d = g.sub(g.reshape(a, t.dims), g.numbers(t.data, t.dims, a.dtype));
        return g.sqrt(g.add(g.sum(g.square(d), undefined, false), EPSILON));
      };
      const terms = remembered.map(({ value, mean, variance }, i) => {
        const a = activations[layers.indexOf(value)]!;
        const axes = a.shape.flatMap((_, k) => (k === 1 ? [] : [k]));
        const mu = g.mean(a, axes);
        const sigma2 = g.mean(g.square(g.sub(a, mu)), axes);
        return g.mul(g.add(distance(mu, mean), distance(sigma2, variance)), i === 0 ? first : 1);
      });
      const total = terms.reduce((sum, t) => g.add(sum, t));
      return g.expand(total, [activations[0]!.shape[0]!]);
    },
  };
}
