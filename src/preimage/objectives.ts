/** @file What a picture can be optimised for: a unit, a whole layer, a direction, the code of a photo. */

import { expect } from "../error.ts";
import type { Value } from "../graph/graph.ts";
import { type Unit, unitSlice } from "../model/unit.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";

/** Axes of an activation but the first, which counts pictures. */
export const within = (v: Value): number[] => v.shape.slice(1).map((_, i) => i + 1);

/** Mean activation over all that a unit's address leaves open: a channel's positions, or a single activation. */
export const unitMean =
  (unit: Unit): Objective =>
  (g, [a]) =>
    g.mean(unitSlice(g, a!, unit), within(a!), false);

/** Mean squared activation of a whole layer: whatever it sees, more of it (deep dream). */
export const wholeLayer: Objective = (g, [a]) => g.mean(g.square(a!), within(a!), false);

/** Σ over layers of the mean |a|^power of their units: how much goes on in them. */
export const meanPower =
  (power: number): Objective =>
  (g, activations) => {
    const of = (a: Value): Value => {
      const size = power === 2 ? g.square(a) : g.op("Abs", [a]);
      const raised = power === 1 || power === 2 ? size : g.op("Pow", [g.add(size, 1e-12), power]);
      return g.mean(raised, within(a), false);
    };
    return activations.map(of).reduce((sum, v) => g.add(sum, v));
  };

/** Keeps the length of an activation that is zero from having an infinite slope: Lucid's 1e-4, squared. */
const LENGTH_EPSILON = 1e-8;

/**
 * Mean over positions p of ⟨a_p, v⟩ · max(0.1, cos(a_p, v))^power: the direction v among the channels, which count along
 * `axis` (Lucid's `direction`). With power 0 it is the plain product; a higher power wants the direction purer.
 *
 * Throws `InputError` for a vector that is zero or not of the channels' number.
 */
export const direction =
  (vector: ArrayLike<number>, { axis = 1, power = 0 }: { axis?: number; power?: number } = {}): Objective =>
  (g, [a]) => {
    const channels = a!.shape[axis]!;
    const length = Math.sqrt(Array.from(vector).reduce((s, x) => s + x * x, 0));
    expect(
      vector.length === channels,
      () => `the direction has ${vector.length} numbers, but the layer has ${channels} channels: give one for each`,
    );
    expect(Number.isFinite(length) && length > 0, () => "the direction is zero everywhere or not finite");
    const dims = a!.shape.map((_, i) => (i === axis ? channels : 1));
    const dot = g.sum(g.mul(a!, g.numbers(vector, dims, a!.dtype)), [axis]);
    if (power === 0) return g.mean(dot, within(a!), false);
    const size = g.sqrt(g.add(g.sum(g.square(a!), [axis]), LENGTH_EPSILON));
    const cosine = g.op("Max", [g.div(g.div(dot, size), length), 0.1]);
    return g.mean(g.mul(dot, g.op("Pow", [cosine, power])), within(a!), false);
  };

/**
 * ⟨a, w⟩ with w = max(a₀, 0) / ‖max(a₀, 0)‖²: the photo's own activations, exaggerated (IJCV 2016, caricaturization).
 * It is 1 for the photo itself.
 */
export const exaggerate =
  (code: Tensor<"float32">): Objective =>
  (g, [a]) => {
    const positive = code.data.map((x) => Math.max(x, 0));
    const norm = positive.reduce((s, x) => s + x * x, 0);
    const w = g.numbers(
      positive.map((x) => x / norm),
      code.dims,
      a!.dtype,
    );
    return g.sum(g.mul(a!, w), within(a!), false);
  };

/** ⟨a, a₀⟩ · max(0.1, cos(a, a₀))^p, scaled to 1 for the photo itself (Lucid's caricature; p = 0 is the plain product). */
export const alike =
  (code: Tensor<"float32">, power = 0): Objective =>
  (g, [a]) => {
    const norm = code.data.reduce((s, x) => s + x * x, 0);
    const target = g.numbers(code.data, code.dims, a!.dtype);
    const dot = g.div(g.sum(g.mul(a!, target), within(a!), false), norm);
    if (power === 0) return dot;
    const length = g.sqrt(g.add(g.div(g.sum(g.square(a!), within(a!), false), norm), 1e-12));
    return g.mul(dot, g.op("Pow", [g.op("Max", [g.div(dot, length), 0.1]), power]));
  };

/**
 * −C · ‖(a − a₀) ⊙ M‖² / ‖a₀ ⊙ M‖²: the picture's code should be the photo's (inversion). The mask M, of the code's shape,
 * says which units count (`objective-masks.ts`); all of them when it is left out.
 */
export const sameCode =
  (code: Tensor<"float32">, C: number, mask?: Tensor<"float32">): Objective =>
  (g, [a]) => {
    const norm = code.data.reduce((s, x, i) => s + ((mask?.data[i] ?? 1) * x) ** 2, 0);
    const difference = g.sub(a!, g.numbers(code.data, code.dims, a!.dtype));
    const seen = mask ? g.mul(difference, g.numbers(mask.data, mask.dims, a!.dtype)) : difference;
    return g.mul(g.sum(g.square(seen), within(a!), false), -C / Math.max(norm, 1e-20));
  };

/** k · objective. */
export const times =
  (objective: Objective, k: number): Objective =>
  (g, activations, views) =>
    g.mul(objective(g, activations, views), k);
