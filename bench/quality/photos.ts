/** @file The photos that are inverted: some of a data set's test split, or of a folder; synthetic flowers without one. */

import type { Dataset } from "../../src/data/dataset.ts";
import { selectSplit } from "../../src/data/dataset.ts";
import { openDataset } from "../../src/data/open.node.ts";
import { syntheticFlowers } from "../../src/data/synthetic.ts";
import { InputError } from "../../src/error.ts";
import { openPhotos, photosOf } from "../../src/preimage/photos.node.ts";
import { type Photos, samplePhotos } from "../../src/preimage/photos-source.ts";
import type { Photo } from "./setting.ts";

/** Evenly spread over all photos. Throws an `InputError` for a path without any. */
export async function takePhotos(path: string | undefined, count: number, size: number): Promise<Photo[]> {
  const photos: Photo[] = [];
  for await (const photo of samplePhotos(await source(path, size), { side: size, count })) photos.push(photo);
  return photos;
}

async function source(path: string | undefined, size: number): Promise<Photos> {
  if (path === undefined) return photosOf(syntheticFlowers({ classes: 6, size, count: 60, seed: 1 }), { workers: 1 });
  const test = await testSplit(path);
  return test ? photosOf(test, { workers: 1 }) : openPhotos(path);
}

async function testSplit(path: string): Promise<Dataset | undefined> {
  try {
    return selectSplit(await openDataset(path), "test");
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
