/** @file Makes one batch from its list of pictures: the same bytes wherever and in whatever order batches are made. */

import { InputError } from "../error.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { zeros } from "../tensor/tensor.ts";
import { type Augmentation, augment } from "./augmentation.ts";
import { centreSquare } from "./crop-resize.ts";
import type { Batch } from "./dataset.ts";
import type { Rgb8 } from "./rgb8.ts";
import { cutmix, mixup, oneHot } from "./targets.ts";

/** What all batches of a loader have in common. */
export interface Recipe {
  readonly seed: number;
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly classes: number;
  /** Changes by chance; without them pictures are shown as in evaluation. */
  readonly augmentation: Augmentation | undefined;
  /** Part of the shorter side that evaluation shows, 0…1. */
  readonly portion: number;
}

/** A place in a batch. */
export interface Slot {
  /** Position in the data set's items; −1 leaves the place empty. */
  readonly item: number;
  readonly label: number;
}

export interface Failure {
  readonly item: number;
  readonly reason: string;
}

/**
 * The batch that begins at place `first` of its epoch. Picture k is changed by the stream (seed, epoch, first + k) and
 * the whole batch by (seed, epoch, "batch first"). `load` gives the picture of a slot; where it throws an `InputError`,
 * the failure is returned, and the place goes to the next readable picture in the batch (training) or stays empty.
 */
export async function makeBatch(
  recipe: Recipe,
  where: { readonly epoch: number; readonly number: number; readonly first: number },
  slots: readonly Slot[],
  load: (slot: Slot, k: number) => Promise<Rgb8>,
): Promise<{ readonly batch: Batch; readonly failures: readonly Failure[] }> {
  const { seed, size, classes, augmentation, portion } = recipe;
  const failures: Failure[] = [];
  const pictures = await Promise.all(
    slots.map(async (slot, k) => {
      if (slot.item < 0) return undefined;
      try {
        return await load(slot, k);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        failures.push({ item: slot.item, reason: error.message });
        return undefined;
      }
    }),
  );

  const random = rng(seed).fork(where.epoch);
  const pixels = size * size * 3;
  const images = zeros("uint8", [slots.length, size, size, 3]);
  const labels = new Int32Array(slots.length).fill(-1);
  const items = new Int32Array(slots.length).fill(-1);
  for (let k = 0; k < slots.length; k++) {
    const from = augmentation ? nextReadable(pictures, k) : k;
    const picture = pictures[from];
    if (!picture) continue;
    const shown = augmentation
      ? augment(picture, random.fork(where.first + k), size, augmentation)
      : centreSquare(picture, size, portion);
    images.data.set(shown.data, k * pixels);
    labels[k] = slots[from]!.label;
    items[k] = slots[from]!.item;
  }

  const targets = oneHot(labels, classes, augmentation?.smoothing);
  const batch: Batch = { epoch: where.epoch, number: where.number, images, labels, targets, items };
  if (augmentation) mixed(batch, augmentation, random.fork(`batch ${where.first}`));
  return { batch, failures: failures.sort((a, b) => a.item - b.item) };
}

function mixed(batch: Batch, { mixup: alpha, cutmix: boxAlpha }: Augmentation, random: Rng): void {
  const box = boxAlpha !== undefined && (alpha === undefined || random.uniform() < 0.5);
  if (box) cutmix(batch, random, boxAlpha);
  else if (alpha !== undefined) mixup(batch, random, alpha);
}

/** The first place from k on, around the batch, that has a picture; k where none has. */
function nextReadable(pictures: readonly (Rgb8 | undefined)[], k: number): number {
  for (let step = 0; step < pictures.length; step++) {
    const at = (k + step) % pictures.length;
    if (pictures[at]) return at;
  }
  return k;
}
