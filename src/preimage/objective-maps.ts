/** @file Layers as rows, columns and features, whatever their layout: maps [N,C,H,W] or [N,H,W,C], tokens [N,T,C], vectors [N,C]. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { tokenGrid } from "../model/unit.ts";
import { type Shape, sizeOf } from "../tensor/tensor.ts";

export interface Grid {
  readonly height: number;
  readonly width: number;
  /** Positions that come before the grid and are none of it: 1 for a class token, else 0. */
  readonly before: number;
}

/** Rows and columns of a layer; `undefined` for one without, such as a vector of logits. */
export function gridOf(shape: Shape, axis: number): Grid | undefined {
  const [first, second, ...more] = shape.filter((_, i) => i !== 0 && i !== axis);
  if (first === undefined || more.length > 0) return undefined;
  if (second !== undefined) return { height: first, width: second, before: 0 };
  const tokens = tokenGrid(first);
  return tokens && { height: tokens.side, width: tokens.side, before: tokens.before };
}

/** The axis of the channels moved to the second place. */
const channelsSecond = (rank: number, axis: number): number[] => [
  0,
  axis,
  ...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 0 && i !== axis),
];

/** [N, C, P]: the channels at each of P positions, the class token left out. A vector has one position. */
export function asFeatures(g: Builder, a: Value, axis: number): Value {
  const { shape } = a;
  const [pictures, channels] = [shape[0]!, shape[axis]!];
  const positions = sizeOf(shape) / (pictures * channels);
  const flat = g.reshape(g.transpose(a, channelsSecond(shape.length, axis)), [pictures, channels, positions]);
  const before = gridOf(shape, axis)?.before ?? 0;
  return before === 0 ? flat : g.slice(flat, [2], [before], [positions]);
}

/** [N, C, H, W] of a layer that has rows and columns, the class token left out. */
export function asMaps(g: Builder, a: Value, axis: number): Value {
  const grid = gridOf(a.shape, axis);
  if (!grid) throw new Error(`internal: maps: [${a.shape}] has no rows and columns`);
  return g.reshape(asFeatures(g, a, axis), [a.shape[0]!, a.shape[axis]!, grid.height, grid.width]);
}
