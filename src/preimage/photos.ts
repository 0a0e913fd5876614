/** @file One pass over photos: which of them, and which part of each, a net's units like best, and how active they get. */

import { type Box, cropResize } from "../data/crop-resize.ts";
import { listed } from "../data/dataset.ts";
import { fromRgb8, type Rgb8 } from "../data/rgb8.ts";
import { expect } from "../error.ts";
import { addressText } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import type { Distribution } from "../tensor/distribution.ts";
import type { Image } from "../tensor/image.ts";
import { netAt } from "./net.ts";
import { byLayer, passGraph, rowOf } from "./photos-graph.ts";
import { type Photos, pictureOf } from "./photos-source.ts";
import { Best, Sample } from "./photos-tally.ts";
import { type PhotoUnit, patchOf, placingOf, positionOf, unitLayer, unitsOf, unitText } from "./photos-units.ts";

export interface TopPhotosOptions extends CompileOptions {
  /** Photos to keep for each unit; default 9. */
  readonly k?: number;
  /** Side of the pictures that the net is shown; the net's own by default, else 224. */
  readonly size?: number;
  /** Photos at a time; default 16, or 1 for a net that takes one only. */
  readonly batch?: number;
  /** Crops with longer sides are shrunk to this many pixels; default 96. */
  readonly cropSide?: number;
  /** Photos whose activations are kept for the quantiles; default 1024. Of more photos, that many by chance. */
  readonly sample?: number;
  /** Of that chance; default 0. */
  readonly seed?: number;
  /** Told after each batch how many photos are done, of how many. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends the pass after the current batch, with what there is. */
  readonly signal?: AbortSignal;
}

/** Photos that are kept whole at most, before what is wanted of them is cut out. */
const WINDOW = 256;

/** A photo that a unit likes, and the part of it that the unit saw. */
export interface BestPhoto {
  /** Its name among the photos. */
  readonly photo: string;
  /** The unit's largest activation on it. */
  readonly activation: number;
  /** Where in the layer that was: [y, x], or [place] in a sequence; empty for a layer without positions. */
  readonly position: readonly number[];
  /** The single unit there, `layer:channel@y,x`. */
  readonly address: string;
  /** Its receptive field, clipped, in pixels of the picture as the net saw it (the middle of the photo, at `size`). */
  readonly box: Box;
  /** What is in the box, [3, H, W] in 0…1. */
  readonly crop: () => Image;
}

export interface UnitPhotos {
  readonly address: string;
  /** Most active first; each photo at most once. */
  readonly best: readonly BestPhoto[];
  /** Of each photo's largest activation over positions. */
  readonly peak: Distribution;
  /** Of each photo's mean activation over positions, which `maximize` raises; for single units and classes the same as `peak`. */
  readonly mean: Distribution;
}

export interface TopPhotos {
  /** In the order of the addresses; channels of `layer:*` in their own. */
  readonly units: readonly UnitPhotos[];
  /** Height and width of the pictures that the net was shown. */
  readonly size: readonly [number, number];
  /** Photos that were seen. */
  readonly photos: number;
  /** Those that could not be read, each with its reason. */
  readonly unreadable: readonly { readonly photo: string; readonly reason: string }[];
  /** False where the pass was ended before the last photo. */
  readonly complete: boolean;
  readonly notes: readonly string[];
}

/**
 * Shows every photo to the net once and keeps, for each unit, the `k` photos on which it is most active and the
 * distribution of its activations. Units are channels (`layer3:17`), all channels of a layer (`layer3:*`), single units
 * (`layer3:17@4,4`) or classes (`logits:rose`); channels count with their largest activation over positions.
 *
 * Memory does not grow with the photos: per unit k crops of at most 3 · cropSide² bytes and 8 · `sample` bytes, and 256
 * pictures of 3 · size² bytes.
 *
 * Throws an `InputError` for addresses that name no unit, a size that the net cannot take, activations that are no
 * numbers, or when not a single photo can be read.
 */
export async function topPhotos(
  model: Model,
  addresses: readonly string[],
  photos: Photos,
  options: TopPhotosOptions = {},
): Promise<TopPhotos> {
  const { k = 9, batch = 16, cropSide = 96, sample = 1024, seed = 0, progress, signal } = options;
  for (const [name, value] of Object.entries({ k, batch, cropSide, sample }))
    expect(Number.isSafeInteger(value) && value > 0, () => `${name}: expected a whole number above 0, got ${value}`);
  expect(addresses.length > 0, () => "no units are named: give addresses such as layer3:17 or layer3:*");
  const asked = addresses.map((text) => unitLayer(model, text));
  const layers = [...new Set(asked)];
  const values = layers.map((layer) => layer.value);
  const net = netAt(model, values, options.size);
  const placings = layers.map((layer, i) => placingOf(layer, net.layers[i]!));
  const units = addresses.flatMap((text, i) => unitsOf(model, text, placings[layers.indexOf(asked[i]!)]!));
  const groups = byLayer(units);
  const side = Math.max(...net.size);
  const offset = net.size.map((n) => Math.floor((side - n) / 2)) as [number, number];

  const together = (net.takesMany?.(values) ?? true) ? batch : 1;
  const program = await compile(passGraph(net, units, groups, { batch: together, side }), options);
  const best = new Best<Rgb8>(units.length, k);
  const [peaks, means] = [new Sample(units.length, sample, seed), new Sample(units.length, sample, seed)];
  const total = photos.names.length;
  const pass = photos.open({ side, batch: together });
  // Most of what is good early is beaten soon: cutting only what has lasted for a while saves most of the cuts.
  const recent = new Map<number, Rgb8>();
  const cutRecent = (): void => {
    const crops = new Map<string, Rgb8>();
    best.cut((unit, { item, at }) => {
      const box = patchOf(units[unit]!.placing, at, net.size);
      const key = [item, box.top, box.left, box.height, box.width].join();
      const crop = crops.get(key) ?? cut(recent.get(item)!, box, offset, cropSide);
      crops.set(key, crop);
      return crop;
    });
    recent.clear();
  };
  let done = 0;
  try {
    for await (const { images, items } of pass.batches) {
      const out = await program.run({ images });
      for (const [row, item] of items.entries()) {
        if (item < 0) continue;
        const seen = rowOf(out, row, groups, units);
        expect(seen.mean.every(Number.isFinite), () =>
          notNumbers(units[seen.mean.findIndex((x) => !Number.isFinite(x))]!),
        );
        best.add(item, seen.peak, seen.at);
        peaks.add(seen.peak);
        means.add(seen.mean);
      }
      for (const [row, item] of items.entries()) if (item >= 0) recent.set(item, pictureOf(images, row));
      if (recent.size >= WINDOW) cutRecent();
      done = Math.min(total, done + items.length);
      progress?.(done, total);
      if (signal?.aborted) break;
    }
    cutRecent();
  } finally {
    await pass.close();
    await program.dispose();
  }
  const unreadable = Array.from(pass.unreadable, ([photo, reason]) => ({ photo, reason }));
  if (peaks.n === 0) signal?.throwIfAborted();
  expect(
    peaks.n > 0,
    () => `${photos.name}: none of the ${total} photos could be read (${listed(unreadable.map((u) => u.reason))})`,
  );
  return {
    units: units.map((unit, i) => ({
      address: unitText(unit),
      best: best.entries[i]!.map(({ item, activation, at, crop }): BestPhoto => {
        const position = positionOf(unit.placing, at);
        return {
          photo: photos.names[item]!,
          activation,
          position,
          address: addressText({
            layer: unit.placing.layer,
            channel: unit.channel,
            position: position.length > 0 ? position : undefined,
          }),
          box: patchOf(unit.placing, at, net.size),
          crop: () => fromRgb8(crop!),
        };
      }),
      peak: peaks.distribution(i),
      mean: means.distribution(i),
    })),
    size: net.size,
    photos: peaks.n,
    unreadable,
    complete: done === total,
    notes: net.notes,
  };
}

const notNumbers = (unit: PhotoUnit): string =>
  `${unitText(unit)} is not a number on a photo: the net overflows, or its weights or preprocessing are wrong`;

/** The box, which counts from the middle that the net sees, out of the whole square. */
function cut(picture: Rgb8, box: Box, [top, left]: readonly [number, number], most: number): Rgb8 {
  const scale = Math.min(1, most / Math.max(box.height, box.width));
  const [height, width] = [box.height, box.width].map((n) => Math.max(1, Math.round(n * scale))) as [number, number];
  return cropResize(picture, { ...box, top: box.top + top, left: box.left + left }, height, width);
}
