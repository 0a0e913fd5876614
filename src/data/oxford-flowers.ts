/** @file Reads Oxford Flowers-102 and Flowers-17 as their authors lay them out: a folder of pictures and MATLAB files. */

import { expect, InputError } from "../error.ts";
import { flowers17, flowers102 } from "./class-names.ts";
import { type Dataset, type Item, leftOut, type Split } from "./dataset.ts";
import { categoryNames } from "./index-csv.ts";
import { readMat5 } from "./mat5.ts";
import { baseName, type FileTree, findFile } from "./tree.ts";

/**
 * Flowers-102: imagelabels.mat (1 … 102 by picture), setid.mat (numbers of the pictures of each split), image_00001.jpg
 * and on.
 */
export async function oxfordFlowers102(tree: FileTree): Promise<Dataset | undefined> {
  const labelFile = findFile(tree, "imagelabels.mat");
  if (labelFile === undefined) return undefined;
  const splitFile = findFile(tree, "setid.mat");
  expect(
    splitFile !== undefined,
    () => `${tree.name}: imagelabels.mat is there but setid.mat is not: get it from the data set's home`,
  );
  const labels = await column(tree, labelFile, "labels");
  const splits = new Map<number, Split>();
  for (const [key, split] of [
    ["trnid", "train"],
    ["valid", "val"],
    ["tstid", "test"],
  ] as const)
    for (const n of await column(tree, splitFile, key)) splits.set(n, split);

  const names = await categoryNames(tree);
  const classes = flowers102.map((name, i) => names?.get(i + 1) ?? name);
  const pictures = numberedPictures(tree, 5);
  const items: Item[] = [];
  const missing: string[] = [];
  for (const [i, label] of labels.entries()) {
    const path = pictures.get(i + 1);
    if (!(label >= 1 && label <= classes.length))
      throw new InputError(`${tree.name}/${labelFile}: expected labels from 1 to ${classes.length}, got ${label}`);
    if (path === undefined) missing.push(`image_${String(i + 1).padStart(5, "0")}.jpg`);
    else items.push({ name: path, label: label - 1, split: splits.get(i + 1) ?? "all", source: tree.source(path) });
  }
  if (items.length === 0) throw noPictures(tree, "102flowers.tgz");
  const notes = leftOut(tree.name, missing, labels.length, "are missing");
  return { name: tree.name, format: "Oxford Flowers-102", classes, items, notes };
}

/**
 * Flowers-17: image_0001.jpg to image_1360.jpg, 80 a class, and the first of three splits in datasplits.mat if it is
 * there.
 */
export async function oxfordFlowers17(tree: FileTree): Promise<Dataset | undefined> {
  const pictures = numberedPictures(tree, 4);
  const splitFile = findFile(tree, "datasplits.mat");
  if (splitFile === undefined && pictures.size !== 1360) return undefined;
  if (pictures.size === 0) throw noPictures(tree, "17flowers.tgz");
  const splits = new Map<number, Split>();
  if (splitFile !== undefined)
    for (const [key, split] of [
      ["trn1", "train"],
      ["val1", "val"],
      ["tst1", "test"],
    ] as const)
      for (const n of await column(tree, splitFile, key)) splits.set(n, split);
  const items: Item[] = [];
  const missing: string[] = [];
  for (let n = 1; n <= 1360; n++) {
    const path = pictures.get(n);
    if (path === undefined) missing.push(`image_${String(n).padStart(4, "0")}.jpg`);
    else
      items.push({
        name: path,
        label: Math.floor((n - 1) / 80),
        split: splits.get(n) ?? "all",
        source: tree.source(path),
      });
  }
  const notes = leftOut(tree.name, missing, 1360, "are missing");
  return { name: tree.name, format: "Oxford Flowers-17", classes: flowers17, items, notes };
}

/** image_<digits>.jpg by number. */
function numberedPictures(tree: FileTree, digits: number): ReadonlyMap<number, string> {
  const pattern = new RegExp(`^image_(\\d{${digits}})\\.jpe?g$`, "i");
  const found = new Map<number, string>();
  for (const path of tree.files) {
    const number = pattern.exec(baseName(path))?.[1];
    if (number !== undefined) found.set(Number(number), path);
  }
  return found;
}

async function column(tree: FileTree, file: string, key: string): Promise<Float64Array> {
  const arrays = await readMat5(await tree.read(file), `${tree.name}/${file}`);
  const array = arrays.get(key);
  if (array) return array.data;
  throw new InputError(
    `${tree.name}/${file}: expected an array '${key}', got ${[...arrays.keys()].join(", ") || "none"}: get the file again`,
  );
}

const noPictures = (tree: FileTree, archive: string): InputError =>
  new InputError(`${tree.name}: the lists of Oxford Flowers are there but no pictures: unpack ${archive} beside them`);
