/** @file One pass over a batch of photos as a graph: each unit's largest activation, where it is, and its mean. */

import { InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import { emptyGraph, type Graph, typeText, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { sizeOf, type Tensor } from "../tensor/tensor.ts";
import type { SizedNet } from "./net.ts";
import type { PhotoUnit, Placing } from "./photos-units.ts";

/** Units of one layer, as the graph computes them together; numbers are places in the list of all units. */
export interface LayerUnits {
  readonly placing: Placing;
  /** Units of all positions. */
  readonly channels: readonly number[];
  /** Units of one position. */
  readonly neurons: readonly number[];
}

/** Units gathered by layer, in the order of their first unit. */
export function byLayer(units: readonly PhotoUnit[]): LayerUnits[] {
  const groups = new Map<Placing, { placing: Placing; channels: number[]; neurons: number[] }>();
  for (const [i, { placing, at }] of units.entries()) {
    const group = groups.get(placing) ?? { placing, channels: [], neurons: [] };
    groups.set(placing, group);
    (at === undefined ? group.channels : group.neurons).push(i);
  }
  return [...groups.values()];
}

/**
 * `images` (uint8 [batch, side, side, 3]) → for layer i: `peak.i`, `at.i` and `mean.i` [batch, channels], the largest
 * activation over positions, its place and the mean; `one.i` [batch, neurons].
 *
 * Throws an `InputError` where the net does not take that batch.
 */
export function passGraph(
  net: SizedNet,
  units: readonly PhotoUnit[],
  groups: readonly LayerUnits[],
  { batch, side }: { readonly batch: number; readonly side: number },
): Graph {
  const g = builderOf(emptyGraph("photos"));
  const images = g.input("images", "uint8", [batch, side, side, 3]);
  const layers = net.emit(
    g,
    shown(g, images, net.size),
    groups.map(({ placing }) => placing.layer.value),
  );
  for (const [i, { placing, channels, neurons }] of groups.entries()) {
    const value = layers[i]!;
    const expected = [batch, ...placing.sized.value.shape.slice(1)];
    if (value.shape.join() !== expected.join())
      throw new InputError(
        `${placing.layer.address} is ${typeText(value)} for ${batch} pictures: expected [${expected}]`,
      );
    const rows = channelRows(g, value, placing);
    if (channels.length > 0) {
      const taken = channels.map((unit) => units[unit]!.channel);
      const all = taken.length === placing.channels && taken.every((channel, k) => channel === k);
      const { before } = placing;
      const own = before === 0 ? rows : g.slice(rows, [2], [before], [rows.shape[2]!]);
      const chosen = all ? own : g.op("Gather", [own, g.ints(taken)], { axis: 1 });
      g.output(g.op("ReduceMax", [chosen, g.ints([2])], { keepdims: 0 }), `peak.${i}`);
      const place = g.cast(g.op("ArgMax", [chosen], { axis: 2, keepdims: 0 }), "float32");
      g.output(before === 0 ? place : g.add(place, before), `at.${i}`);
      g.output(g.mean(chosen, [2], false), `mean.${i}`);
    }
    if (neurons.length > 0) {
      const positions = rows.shape[2]!;
      const places = neurons.map((unit) => units[unit]!.channel * positions + units[unit]!.at!);
      const flat = g.reshape(rows, [batch, placing.channels * positions]);
      g.output(g.op("Gather", [flat, g.ints(places)], { axis: 1 }), `one.${i}`);
    }
  }
  return g.graph;
}

/** Pictures [batch, 3, height, width] in 0…1: the middle of the bytes that the data have. */
function shown(g: Builder, images: Value, [height, width]: readonly [number, number]): Value {
  const side = images.shape[1]!;
  const [top, left] = [Math.floor((side - height) / 2), Math.floor((side - width) / 2)];
  const middle =
    height === side && width === side ? images : g.slice(images, [1, 2], [top, left], [top + height, left + width]);
  return g.mul(g.cast(g.transpose(middle, [0, 3, 1, 2]), "float32"), 1 / 255);
}

/** A layer as [batch, channels, positions]. */
function channelRows(g: Builder, value: Value, { channelAxis, channels, places, extents }: Placing): Value {
  const inOrder = places.every((axis) => axis > channelAxis);
  const turned = inOrder ? value : g.transpose(value, [0, channelAxis, ...places]);
  return g.reshape(turned, [value.shape[0]!, channels, sizeOf(extents)]);
}

/** What the graph's outputs say of one picture, unit by unit. */
export function rowOf(
  out: Readonly<Record<string, Tensor>>,
  row: number,
  groups: readonly LayerUnits[],
  units: readonly PhotoUnit[],
): { readonly peak: Float32Array; readonly at: Float32Array; readonly mean: Float32Array } {
  const [peak, at, mean] = [0, 0, 0].map(() => new Float32Array(units.length)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const take = (to: Float32Array, name: string, members: readonly number[]): void => {
    const data = out[name]!.data as Float32Array;
    members.forEach((unit, j) => {
      to[unit] = data[row * members.length + j]!;
    });
  };
  for (const [i, { channels, neurons }] of groups.entries()) {
    if (channels.length > 0) {
      take(peak, `peak.${i}`, channels);
      take(at, `at.${i}`, channels);
      take(mean, `mean.${i}`, channels);
    }
    if (neurons.length > 0) {
      take(peak, `one.${i}`, neurons);
      take(mean, `one.${i}`, neurons);
      for (const unit of neurons) at[unit] = units[unit]!.at!;
    }
  }
  return { peak, at, mean };
}
