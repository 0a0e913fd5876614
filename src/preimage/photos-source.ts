/** @file A row of photos that a net can be shown one batch after another: what the host must provide. */

import type { Batch } from "../data/dataset.ts";
import { fromRgb8, type Rgb8 } from "../data/rgb8.ts";
import type { Image } from "../tensor/image.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Photos, of which only a batch at a time is in memory. */
export interface Photos {
  /** What to call them in messages. */
  readonly name: string;
  /** Of every photo, the unreadable ones included; photos are numbered by their place here. */
  readonly names: readonly string[];
  open(options: PassOptions): PhotoPass;
}

export interface PassOptions {
  /** Side in pixels of the middle square that each photo is shown as. */
  readonly side: number;
  /** Photos at a time. */
  readonly batch: number;
  /** Numbers of the photos to be shown, in that order; default all. */
  readonly only?: readonly number[];
}

/** One pass over photos. */
export interface PhotoPass {
  /** `items` numbers the photos as `Photos.names` does; −1 where a place is empty. All batches have the same size. */
  readonly batches: AsyncIterable<Pick<Batch, "images" | "items">>;
  /** Photos that could not be read so far, by name, each with its reason. */
  readonly unreadable: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Picture k of a batch [B, side, side, 3]: a view. */
export function pictureOf(images: Tensor<"uint8">, k: number): Rgb8 {
  const [, height, width] = images.dims as [number, number, number, number];
  const size = height * width * 3;
  return { height, width, data: images.data.subarray(k * size, (k + 1) * size) };
}

/**
 * Up to `count` of the photos, evenly spread over all, as pictures [3, side, side] in 0…1; unreadable ones are left out.
 * One batch at a time is in memory.
 */
export async function* samplePhotos(
  photos: Photos,
  { side, count }: { readonly side: number; readonly count: number },
): AsyncGenerator<{ readonly name: string; readonly image: Image }> {
  const total = photos.names.length;
  const n = Math.min(count, total);
  const only = Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * total) / n));
  yield* loadPhotos(photos, only, { side });
}

/** Photos of these numbers, in their order, as `samplePhotos` gives them. */
export async function* loadPhotos(
  photos: Photos,
  only: readonly number[],
  { side }: Pick<PassOptions, "side">,
): AsyncGenerator<{ readonly name: string; readonly image: Image }> {
  if (only.length === 0) return;
  const pass = photos.open({ side, batch: Math.min(8, only.length), only });
  try {
    for await (const { images, items } of pass.batches)
      for (const [k, item] of items.entries())
        if (item >= 0) yield { name: photos.names[item]!, image: fromRgb8(pictureOf(images, k)) };
  } finally {
    await pass.close();
  }
}
