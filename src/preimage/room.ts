/** @file Whether pictures of a size fit into memory: said before anything of that size is made. */

import { host } from "#runtime-host";
import { InputError } from "../error.ts";
import type { SourceValue } from "../graph/graph.ts";
import type { Model } from "../model/model.ts";
import { channelsOf } from "../model/preprocessing.ts";
import { makeImage } from "../tensor/image.ts";
import { aboutMemory, expectBatchFits, memoryText, type Need, needOf, USABLE } from "./batches.ts";
import { LARGEST_SIDE, netAt, pictureSize } from "./net.ts";
import { meanPower } from "./objectives.ts";
import type { Picked } from "./presets.ts";
import { setting } from "./setting.ts";
import { stepGraph } from "./step-graph.ts";

/** Largest side at which the graph of a step is counted; above, its memory is taken to grow with the pixels. */
const COUNTED_SIDE = 512;

/** Bytes a pixel that no usual net takes for one view of a picture: where there are more, counting is only lost time. */
const AMPLE = 2 ** 15;

/**
 * What a run takes beside the graph of a step, in bytes a pixel and altogether: matrices of the Fourier transform, the picture in
 * all its forms, the graphs that look at it, the runtime. From the peak memory of a few runs on one ResNet-18: rough.
 */
const BESIDE = { pixel: 450, run: 2 ** 27 } as const;

export interface RoomOptions {
  /** Side of the pictures as it was asked for. */
  readonly size: number | undefined;
  /** Layers that the objective reads. */
  readonly layers: readonly SourceValue[];
  readonly preset: Picked;
  /** Whether they start from a photo; false by default. */
  readonly fromPhoto?: boolean;
  /** Pictures in one graph; 1 by default. */
  readonly batch?: number;
}

/**
 * Throws an `InputError` that says what pictures would need, what is free and what would fit, where they do not. Single pictures
 * of the net's own size, or smaller ones, are not refused: what they need is an estimate, and there is no better size for them.
 *
 * The graph of a step is counted at sizes up to 512 pixels, with a simple objective in the place of the user's.
 *
 * @param free Bytes of memory; what the system has left by default.
 */
export function expectRoom(
  model: Model,
  { size, batch = 1, ...wanted }: RoomOptions,
  free: number = host.freeMemory(),
): void {
  const [height, width] = pictureSize(model);
  const own = Math.ceil(Math.sqrt(height * width));
  const side = size ?? own;
  // Sizes that are none are refused where the net is built.
  if (!(Number.isSafeInteger(side) && side > 0) || (batch === 1 && side <= own)) return;
  const { crops: views } = wanted.preset.constants;
  if (free > AMPLE * side ** 2 * batch * (typeof views === "number" ? views : 1)) return;
  const need = needBySide(model, side, wanted);
  if (!need) return;
  const { each, once } = need(side);
  if (batch * each + once <= free) return;
  if (each + once <= free || side <= own) {
    expectBatchFits(batch, { each, once }, free);
    return;
  }
  const fits = Math.min(largestSide(need, side, USABLE * free), LARGEST_SIDE);
  throw new InputError(
    `a picture of ${side}×${side} by '${wanted.preset.name}' needs ${aboutMemory(each + once)} of memory and ${memoryText(free)} are free: ${fits > own ? `${fits}×${fits} fits` : `take the net's own size, ${height}×${width}`}`,
  );
}

/** Copies of a picture's numbers that a dream holds at once, those in the runtime and those of the finished picture included. */
const DREAM_COPIES = 16;

/**
 * Throws an `InputError` as `expectRoom` does for a dream, whose net only sees tiles: what grows is the picture itself.
 *
 * @param sides Height and width.
 */
export function expectDreamRoom(
  { preprocessing }: Model,
  [height, width]: readonly [number, number],
  free: number = host.freeMemory(),
): void {
  const needed = DREAM_COPIES * 4 * channelsOf(preprocessing) * height * width;
  if (needed <= free) return;
  const longer = Math.max(1, twoDigits(Math.max(height, width) * Math.sqrt((USABLE * free) / needed)));
  throw new InputError(
    `a dream of ${height}×${width} needs ${aboutMemory(needed)} of memory and ${memoryText(free)} are free: a size of ${longer} fits`,
  );
}

/** What a picture needs by its side; `undefined` where that cannot be told since the net or the preset does not take it. */
export function needBySide(
  model: Model,
  most: number,
  { layers, preset, fromPhoto = false }: Pick<RoomOptions, "layers" | "preset" | "fromPhoto">,
): ((side: number) => Need) | undefined {
  const counted = new Map<number, Need | undefined>();
  const count = (side: number): Need | undefined => {
    try {
      const net = netAt(model, layers, side);
      const start = fromPhoto ? makeImage(channelsOf(model.preprocessing), side, side, () => 0.5) : undefined;
      // Some objectives only make sense at one size; what they take is little beside the net.
      const recipe = preset.recipe({ ...setting(model, net, layers), objective: meanPower(2), start });
      const { each, once } = needOf(stepGraph(recipe));
      // The graphs that look at pictures hold the weights once more.
      return { each, once: 2 * once + BESIDE.pixel * side ** 2 + BESIDE.run };
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  };
  const at = (side: number): Need | undefined => {
    if (!counted.has(side)) counted.set(side, count(side));
    return counted.get(side);
  };
  const far = Math.min(most, COUNTED_SIDE);
  const last = at(far);
  if (!last) return undefined;
  return (side) => {
    if (side === far) return last;
    const near = far >> 1;
    const before = (near > 0 && at(near)) || undefined;
    const part = before ? (side ** 2 - far ** 2) / (far ** 2 - near ** 2) : (side / far) ** 2 - 1;
    const grown = (a: number, b = 0): number => Math.max(0, a + part * (a - b));
    return { each: grown(last.each, before?.each), once: grown(last.once, before?.once) };
  };
}

/** The largest side that fits, at most `most`, in two digits; 0 where none does. */
function largestSide(need: (side: number) => Need, most: number, free: number): number {
  let [fits, fails] = [0, most];
  while (fails - fits > 1) {
    const side = Math.floor((fits + fails) / 2);
    const { each, once } = need(side);
    if (each + once <= free) fits = side;
    else fails = side;
  }
  return twoDigits(fits);
}

/** Rounded down to a whole number of which only the first two digits are not 0. */
function twoDigits(x: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(x)) - 1);
  return Math.floor(x / unit) * unit;
}
