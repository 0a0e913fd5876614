/** @file Objectives that say which layers they read, and their sums, differences and products, whichever layers those are. */

import { expect } from "../error.ts";
import type { Builder, Operand } from "../graph/builder.ts";
import type { SourceValue, Value } from "../graph/graph.ts";
import { type Address, addressText } from "../model/address.ts";
import { placeUnit, type Unit, unitShape, unitSlice } from "../model/unit.ts";
import { pick, stridedIndex } from "../ops/evaluate.ts";
import { stridesOf } from "../ops/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";
import type { SizedLayer } from "./net.ts";
import { alongBatch } from "./objective-batch.ts";
import type { MaskedLayer } from "./objective-masks.ts";
import { unitMean, wholeLayer } from "./objectives.ts";

/** An objective, before the size of the pictures is known: `layers` and `on(net.layers)` are what a `Recipe` wants. */
export interface LayeredObjective {
  /** What it reads, each layer once. */
  readonly layers: readonly SourceValue[];
  /**
   * The objective for these layers at the size of the pictures, in the order of `layers` (`netAt(model, layers).layers`).
   * Throws `InputError` where they are not what the objective needs.
   */
  readonly on: (sized: readonly Pick<SizedLayer, "value" | "channelAxis">[]) => Objective;
  /** Whether it compares the pictures of a batch, which makes it pointless for a single one. */
  readonly comparesPictures: boolean;
}

/** What can be added or multiplied; a number stands for itself. */
export type Term = LayeredObjective | number;

/** What an address picks of its layer, at the size of the pictures: axes that it picks from have extent 1 or less than all. */
export interface Place extends MaskedLayer {
  readonly unit: Unit;
  /** The same part of a tensor of the whole layer's shape. Throws `InputError` for another shape. */
  readonly cut: (t: Tensor<"float32">) => Tensor<"float32">;
}

/** An objective on the part of a layer that an address picks; it sees only that part. */
export const at = (
  address: Address,
  make: (place: Place) => Objective,
  { comparesPictures = false } = {},
): LayeredObjective => ({
  layers: [address.layer.value],
  comparesPictures,
  on: ([layer]) => {
    const { value, channelAxis } = layer!;
    const unit = placeUnit(address, value, channelAxis);
    const name = addressText(address);
    expect(channelAxis !== undefined, () => `${name} is a single number without channels: choose another layer`);
    const objective = make({
      name,
      unit,
      shape: unitShape(value.shape, unit),
      axis: channelAxis,
      cut: (t) => {
        expect(
          t.dims.join() === value.shape.join(),
          () =>
            `${name}: expected a code of shape [${value.shape}], got [${t.dims}]: encode the photo at the same size`,
        );
        return cut(t, unit);
      },
    });
    return (g, [a], views) => objective(g, [unitSlice(g, a!, unit)], views);
  },
});

/** `unitSlice` on the host. */
function cut(t: Tensor<"float32">, unit: Unit): Tensor<"float32"> {
  const strides = stridesOf(t.dims);
  const shape = unitShape(t.dims, unit);
  const starts = [...unit.indices, ...(unit.from ?? [])];
  const offset = starts.reduce((sum, [axis, i]) => sum + i * strides[axis]!, 0);
  return pick(t, stridedIndex(shape, strides, offset), shape) as Tensor<"float32">;
}

/** A unit's mean activation; of a whole layer, the mean square (deep dream). */
export const unitObjective = (address: Address): LayeredObjective => ({
  layers: [address.layer.value],
  comparesPictures: false,
  on: ([layer]) => {
    const unit = placeUnit(address, layer!.value, layer!.channelAxis);
    return unit.indices.size > 0 ? unitMean(unit) : wholeLayer;
  },
});

/** One objective out of several, over all of their layers. */
function combine(
  terms: readonly Term[],
  of: (g: Builder, values: readonly Operand[], views: number) => Value,
): LayeredObjective {
  const parts = terms.filter((t): t is LayeredObjective => typeof t !== "number");
  expect(parts.length > 0, () => `expected an objective that reads a layer, got ${terms.join(" and ")}`);
  const layers = [...new Set(parts.flatMap((t) => t.layers))];
  return {
    layers,
    comparesPictures: parts.some((t) => t.comparesPictures),
    on: (sized) => {
      const made = terms.map((t): number | Objective => {
        if (typeof t === "number") return t;
        const places = t.layers.map((v) => layers.indexOf(v));
        const objective = t.on(places.map((i) => sized[i]!));
        return (g, activations, views) =>
          objective(
            g,
            places.map((i) => activations[i]!),
            views,
          );
      });
      return (g, activations, views = 1) =>
        of(
          g,
          made.map((o) => (typeof o === "number" ? o : o(g, activations, views))),
          views,
        );
    },
  };
}

export const add = (a: Term, b: Term): LayeredObjective => combine([a, b], (g, [x, y]) => g.add(x!, y!));
export const sub = (a: Term, b: Term): LayeredObjective => combine([a, b], (g, [x, y]) => g.sub(x!, y!));
/** A product of objectives, or an objective with a weight. */
export const mul = (a: Term, b: Term): LayeredObjective => combine([a, b], (g, [x, y]) => g.mul(x!, y!));
export const neg = (a: LayeredObjective): LayeredObjective => mul(-1, a);

/** From `a` for the first picture of a batch to `b` for the last, mixed evenly between (Lucid's `channel_interpolate`). */
export const interpolate = (a: LayeredObjective, b: LayeredObjective): LayeredObjective => ({
  ...combine([a, b], (g, operands, views) => {
    const [x, y] = operands as readonly [Value, Value];
    const share = g.numbers(alongBatch(x.shape[0]!, views), x.shape, x.dtype);
    return g.add(x, g.mul(share, g.sub(y, x)));
  }),
  comparesPictures: true,
});
