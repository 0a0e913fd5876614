/** @file Photos on disk: any folder or archive of pictures, or a data set. */

import type { Batch, Dataset } from "../data/dataset.ts";
import { openLoader } from "../data/loader.node.ts";
import { openDataset } from "../data/open.node.ts";
import { diskTree } from "../data/tree.node.ts";
import { isPicture } from "../data/tree.ts";
import { expect, InputError } from "../error.ts";
import type { PhotoPass, Photos } from "./photos-source.ts";

/**
 * The pictures below a folder, in folders or not, in the order of their paths; of anything else what `openDataset` reads
 * (archives, MNIST and CIFAR files). Labels do not matter.
 *
 * Throws an `InputError` where there are no pictures, or no such path.
 */
export async function openPhotos(path: string): Promise<Photos> {
  // Whatever is no folder is for `openDataset` to read, or to say what is wrong with it.
  const tree = await diskTree(path).catch(() => undefined);
  const pictures = tree?.files.filter(isPicture) ?? [];
  if (tree && pictures.length > 0) {
    const items = pictures.map((name) => ({ name, label: 0, split: "all", source: tree.source(name) }));
    return photosOf({ name: tree.name, format: "folder of photos", classes: ["photos"], items, notes: [] });
  }
  expect(tree?.files.length !== 0, () => `${path} holds no photos: ${wanted}; got nothing at all`);
  try {
    return photosOf(await openDataset(path));
  } catch (error) {
    if (!tree || !(error instanceof InputError)) throw error;
    throw new InputError(`${path} holds no photos: ${wanted} (${error.message})`);
  }
}

const wanted = "expected JPEG, PNG, WebP, GIF, AVIF or TIFF files in it or in its folders";

/** A data set's pictures; labels and splits do not matter. Throws an `InputError` where there are none. */
export function photosOf(dataset: Dataset, { workers }: { readonly workers?: number } = {}): Photos {
  const { name, items } = dataset;
  expect(items.length > 0, () => `${name} holds no photos: choose another folder or split`);
  return {
    name,
    names: items.map((item) => item.name),
    open({ side, batch, only }) {
      const loader = openLoader(only ? { ...dataset, items: only.map((i) => items[i]!) } : dataset, {
        size: side,
        batchSize: batch,
        cacheBytes: 0,
        mostUnreadable: items.length,
        ...(workers !== undefined && { workers }),
      });
      return {
        batches: only ? renumbered(loader.epoch(), only) : loader.epoch(),
        unreadable: loader.unreadable,
        close: () => loader.close(),
      };
    },
  };
}

async function* renumbered(
  batches: PhotoPass["batches"],
  only: readonly number[],
): AsyncGenerator<Pick<Batch, "images" | "items">> {
  for await (const { images, items } of batches) yield { images, items: items.map((i) => only[i] ?? -1) };
}
