/** @file Which units of a code count when it is inverted: half of the channels, a central window, a random subset (IJCV 2016). */

import { expect } from "../error.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, type Shape, sizeOf, type Tensor } from "../tensor/tensor.ts";
import { gridOf } from "./objective-maps.ts";

/** A layer's shape for one picture, and its channel axis. */
export interface MaskedLayer {
  /** As users name it, for errors. */
  readonly name: string;
  readonly shape: Shape;
  readonly axis: number;
}

/** 1 for each unit that counts, else 0, in the layer's shape. Throws `InputError` for a layer that it does not fit. */
export type Mask = (layer: MaskedLayer) => Tensor<"float32">;

/** Makes a mask of which units count, from their indices. */
const where = ({ shape }: MaskedLayer, counts: (index: readonly number[]) => boolean): Tensor<"float32"> => {
  const index = shape.map(() => 0);
  const values = Array.from({ length: sizeOf(shape) }, () => {
    const value = counts(index) ? 1 : 0;
    for (let i = shape.length - 1; i >= 0 && ++index[i]! === shape[i]; i--) index[i] = 0;
    return value;
  });
  return fromNumbers("float32", values, shape);
};

/** The first or the second half of the channels; the first has the middle one where their number is odd. */
export const halfOfChannels =
  (half: "first" | "second"): Mask =>
  (layer) => {
    const middle = Math.ceil(layer.shape[layer.axis]! / 2);
    expect(
      middle < layer.shape[layer.axis]!,
      () => `${layer.name} has one channel, which has no halves: leave the mask out`,
    );
    return where(layer, (index) => index[layer.axis]! < middle === (half === "first"));
  };

/** All channels at the `side` × `side` positions in the middle; 5 in the paper. Without the class token. */
export const centralWindow =
  (side = 5): Mask =>
  (layer) => {
    const { name, shape, axis } = layer;
    const grid = gridOf(shape, axis);
    expect(grid, () => `${name} is [${shape}] and has no rows and columns: a window needs a layer with positions`);
    const { height, width, before } = grid;
    expect(
      Number.isSafeInteger(side) && side >= 1 && side <= Math.min(height, width),
      () => `a window of ${side}×${side} does not fit ${name}, which has ${height}×${width} positions`,
    );
    const places = shape.flatMap((_, i) => (i === 0 || i === axis ? [] : [i]));
    const inside = (at: number, n: number): boolean => {
      const first = Math.floor((n - side) / 2);
      return at >= first && at < first + side;
    };
    return where(layer, (index) => {
      const [y, x] = places.map((i) => index[i]!);
      if (x !== undefined) return inside(y!, height) && inside(x, width);
      const token = y! - before;
      return token >= 0 && inside(Math.floor(token / width), height) && inside(token % width, width);
    });
  };

/** A part (0…1) of the units, rounded to whole ones and at least one, chosen by the seed. */
export const randomSubset =
  (part: number, seed = 0): Mask =>
  ({ name, shape }) => {
    expect(part > 0 && part <= 1, () => `${name}: expected a part above 0 and at most 1 of its units, got ${part}`);
    const size = sizeOf(shape);
    const random = rng(seed).fork("subset");
    const order = Array.from({ length: size }, (_, i) => ({ i, key: random.uniform() })).sort((a, b) => a.key - b.key);
    const values = new Float32Array(size);
    for (const { i } of order.slice(0, Math.max(1, Math.round(part * size)))) values[i] = 1;
    return fromNumbers("float32", values, shape);
  };

/** The units that all of the masks let count. Without masks: all units. */
export const both =
  (...masks: readonly Mask[]): Mask =>
  (layer) => {
    const made = masks.map((mask) => mask(layer).data);
    return fromNumbers(
      "float32",
      Array.from({ length: sizeOf(layer.shape) }, (_, i) => (made.every((m) => m[i] === 1) ? 1 : 0)),
      layer.shape,
    );
  };
