/** @file Reads MNIST, Fashion-MNIST and their like: four idx files, plain or gzip. */

import { expect } from "../error.ts";
import { fashion } from "./class-names.ts";
import type { Dataset, Item } from "./dataset.ts";
import { readIdx } from "./idx.ts";
import { gunzipped } from "./streams.ts";
import { type FileTree, findFile } from "./tree.ts";

const parts = [
  { split: "train", prefix: "train" },
  { split: "test", prefix: "t10k" },
] as const;

/** The first labels of Fashion-MNIST's two files, by which its names are told from MNIST's digits. */
const fashionStarts = { train: "9003027255", test: "9211614657" };

/**
 * Classes are named for Fashion-MNIST, else by their numbers. Undefined where there is neither of the two image files.
 */
export async function mnist(tree: FileTree): Promise<Dataset | undefined> {
  const items: Item[] = [];
  let isFashion = true;
  let largest = 0;
  for (const { split, prefix } of parts) {
    const [imageFile, labelFile] = ["images-idx3", "labels-idx1"].map((kind) => {
      const names = [`${prefix}-${kind}-ubyte`, `${prefix}-${kind.replace("-idx", ".idx")}-ubyte`];
      return findFile(tree, ...names, ...names.map((name) => `${name}.gz`));
    });
    if (imageFile === undefined) continue;
    expect(
      labelFile !== undefined,
      () => `${tree.name}: ${imageFile} is there but ${prefix}-labels-idx1-ubyte is not: put it beside the images`,
    );
    const read = async (file: string) =>
      readIdx(await gunzipped(await tree.read(file), `${tree.name}/${file}`), `${tree.name}/${file}`);
    const images = await read(imageFile);
    const labels = await read(labelFile);
    const [count, height, width] = images.dims;
    expect(
      images.dims.length === 3 && labels.dims.length === 1 && labels.size === count,
      () =>
        `${tree.name}: expected as many labels as pictures, got dimensions ${labels.dims.join(" × ")} and ${images.dims.join(" × ")}: get both files again`,
    );
    const size = height! * width!;
    for (const [i, label] of labels.data.entries()) {
      const data = images.data.subarray(i * size, (i + 1) * size);
      const source = { kind: "pixels", data, height: height!, width: width!, channels: 1 } as const;
      items.push({ name: `${prefix} ${i}`, label, split, source });
      largest = Math.max(largest, label);
    }
    isFashion &&= labels.data.subarray(0, 10).join("") === fashionStarts[split];
  }
  if (items.length === 0) return undefined;
  const digits = Array.from({ length: Math.max(10, largest + 1) }, (_, i) => String(i));
  return {
    name: tree.name,
    format: isFashion ? "Fashion-MNIST" : "MNIST (idx)",
    classes: isFashion ? fashion : digits,
    items,
    notes: [],
  };
}
