/** @file What a picture can be optimised for: a unit, a whole layer, a direction, the code of a photo. */

import type { Value } from "../graph/graph.ts";
import { type Unit, unitSlice } from "../model/unit.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";

/** Axes of an activation but the first, which counts pictures. */
const within = (v: Value): number[] => v.shape.slice(1).map((_, i) => i + 1);

/** Mean activation over all that a unit's address leaves open: a channel's positions, or a single activation. */
export const unitMean =
  (unit: Unit): Objective =>
  (g, [a]) =>
    g.mean(unitSlice(g, a!, unit), within(a!), false);

/** Mean squared activation of a whole layer: whatever it sees, more of it (deep dream). */
export const wholeLayer: Objective = (g, [a]) => g.mean(g.square(a!), within(a!), false);

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

/** −C · ‖a − a₀‖² / ‖a₀‖²: the picture's code should be the photo's (inversion). */
export const sameCode =
  (code: Tensor<"float32">, C: number): Objective =>
  (g, [a]) => {
    const norm = code.data.reduce((s, x) => s + x * x, 0);
    const difference = g.sub(a!, g.numbers(code.data, code.dims, a!.dtype));
    return g.mul(g.sum(g.square(difference), within(a!), false), -C / Math.max(norm, 1e-20));
  };

/** k · objective. */
export const times =
  (objective: Objective, k: number): Objective =>
  (g, activations) =>
    g.mul(objective(g, activations), k);
