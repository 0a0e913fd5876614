/** @file The units that a pass over photos looks at, and the part of a picture that each of their positions sees. */

import type { Box } from "../data/crop-resize.ts";
import { expect } from "../error.ts";
import { typeText } from "../graph/graph.ts";
import { type Address, addressText, expandAddress } from "../model/address.ts";
import type { Layer } from "../model/layers.ts";
import type { Model } from "../model/model.ts";
import { placeUnit } from "../model/unit.ts";
import { sizeOf } from "../tensor/tensor.ts";
import type { SizedLayer } from "./net.ts";
import { gridOf } from "./objective-maps.ts";

/**
 * The layer that an address of units is of: `layer:channel`, `layer:channel@y,x`, or `layer:*` (and `layer:*@y,x`) for all
 * channels. Throws an `InputError` for any other address.
 */
export function unitLayer(model: Model, text: string): Layer {
  const [{ layer, channel }] = expandAddress(model, text, () => 1) as [Address];
  const { address } = layer;
  expect(
    channel !== undefined,
    () => `${text} is no unit: expected a channel (${address}:0) or all of them (${address}:*)`,
  );
  return layer;
}

/** A layer's axes in the order in which positions are counted. */
export interface Placing {
  readonly layer: Layer;
  readonly sized: SizedLayer;
  readonly channelAxis: number;
  readonly channels: number;
  /** Axes that positions count along, and their extents. */
  readonly places: readonly number[];
  readonly extents: readonly number[];
  /** Positions in front that are none of a channel's: the class token of a sequence. */
  readonly before: number;
}

/** Throws an `InputError` for a layer that has no batch or no channels in front of positions. */
export function placingOf(layer: Layer, sized: SizedLayer): Placing {
  const { value, channelAxis } = sized;
  expect(
    value.shape[0] === 1 && value.shape.length > 1 && channelAxis !== undefined && channelAxis > 0,
    () => `${layer.address} is ${typeText(value)}: expected a layer with channels, one row for each picture`,
  );
  const places = value.shape.flatMap((_, axis) => (axis === 0 || axis === channelAxis ? [] : [axis]));
  const extents = places.map((axis) => value.shape[axis]!);
  const before = gridOf(value.shape, channelAxis)?.before ?? 0;
  return { layer, sized, channelAxis, channels: value.shape[channelAxis]!, places, extents, before };
}

/** A unit of a layer: a channel, at one position where it has one. */
export interface PhotoUnit {
  readonly placing: Placing;
  readonly channel: number;
  /** Number of the position, row by row; all positions when left out. */
  readonly at?: number;
}

/** The units of an address, all of which are of the layer. Throws an `InputError` where channel or position do not exist. */
export function unitsOf(model: Model, text: string, placing: Placing): PhotoUnit[] {
  const { sized, channelAxis, channels, places, extents } = placing;
  return expandAddress(model, text, () => channels).map((address): PhotoUnit => {
    const { indices } = placeUnit(address, sized.value, channelAxis);
    const channel = indices.get(channelAxis)!;
    if (!address.position) return { placing, channel };
    const at = places.reduce((sum, axis, i) => sum * extents[i]! + indices.get(axis)!, 0);
    return { placing, channel, at };
  });
}

/** Position number `at` as its layer counts: [y, x], or [place]; empty for a layer without positions. */
export function positionOf({ extents }: Placing, at: number): number[] {
  return extents.map((n, i) => Math.floor(at / sizeOf(extents.slice(i + 1))) % n);
}

export const unitText = ({ placing, channel, at }: PhotoUnit): string =>
  addressText({ layer: placing.layer, channel, position: at === undefined ? undefined : positionOf(placing, at) });

/**
 * What a position sees of a picture, in its whole pixels, clipped to it: all of it where the layer does not run over the
 * picture, as behind a mean over positions or attention.
 */
export function patchOf(placing: Placing, at: number, [height, width]: readonly [number, number]): Box {
  const position = positionOf(placing, at);
  const along = (i: number, size: number): readonly [number, number] => {
    const reach = placing.places.length === 2 ? placing.sized.reach[placing.places[i]!] : null;
    if (!reach || !Number.isFinite(reach.field)) return [0, size];
    const start = reach.start + position[i]! * reach.stride;
    const low = Math.min(Math.max(Math.floor(start), 0), size - 1);
    return [low, Math.max(low + 1, Math.min(Math.ceil(start + reach.field), size))];
  };
  const [[top, bottom], [left, right]] = [along(0, height), along(1, width)];
  return { top, left, height: bottom - top, width: right - left };
}
