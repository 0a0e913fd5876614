/** @file Finds out what kind of data set a tree of files is, and reads it. */

import { InputError } from "../error.ts";
import { cifar } from "./cifar.ts";
import { type Dataset, type Split, selectSplit } from "./dataset.ts";
import { imageFolder } from "./image-folder.ts";
import { indexCsv } from "./index-csv.ts";
import { mnist } from "./mnist.ts";
import { oxfordFlowers17, oxfordFlowers102 } from "./oxford-flowers.ts";
import { type FileTree, isPicture, unwrapped } from "./tree.ts";

export interface OpenOptions {
  /** Keep one split only; default all. `valid`, `validation`, `testing` and their like are understood. */
  readonly split?: Split | undefined;
}

/** The first that knows the files reads them; what says more about itself comes first. */
const readers = [indexCsv, oxfordFlowers102, mnist, cifar, oxfordFlowers17, imageFolder];

/** Throws an `InputError` when no reader knows the files, there are no pictures, or there is no such split. */
export async function openTree(whole: FileTree, { split }: OpenOptions = {}): Promise<Dataset> {
  const tree = unwrapped(whole);
  for (const read of readers) {
    const dataset = await read(tree);
    if (dataset) return split === undefined ? dataset : selectSplit(dataset, split);
  }
  const archive = tree.files.find((path) => /\.(?:tar|tgz|tar\.gz|zip)$/i.test(path));
  const pictures = tree.files.filter(isPicture).length;
  const got =
    pictures > 0
      ? `${pictures} pictures in no class folder`
      : archive !== undefined
        ? `no pictures, but the archive ${archive}, which wants unpacking`
        : tree.files.length > 0
          ? `${tree.files.length} files, none of them a picture`
          : "nothing in it";
  throw new InputError(
    `${tree.name} is no data set that can be read: expected one folder of pictures per class, an index.csv, or Oxford Flowers, MNIST or CIFAR files; got ${got}`,
  );
}
