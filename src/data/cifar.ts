/** @file Reads CIFAR-10 and CIFAR-100 in their binary version. */

import { expect } from "../error.ts";
import { cifar10 } from "./class-names.ts";
import type { Dataset, Item } from "./dataset.ts";
import { baseName, type FileTree, findFile } from "./tree.ts";

const side = 32;
const pixels = 3 * side * side;

/**
 * CIFAR-10: data_batch_1.bin … and test_batch.bin, records of a label and the planes red, green, blue. CIFAR-100:
 * train.bin and test.bin with fine_label_names.txt beside them, records of a coarse and a fine label (the fine one
 * counts) and planes. Undefined for other folders.
 */
export async function cifar(tree: FileTree): Promise<Dataset | undefined> {
  const nameFile = findFile(tree, "fine_label_names.txt");
  const hundred = nameFile !== undefined;
  const pattern = hundred ? /^(train|test)\.bin$/ : /^(data|test)_batch(?:_\d)?\.bin$/;
  const files = tree.files.filter((path) => pattern.test(baseName(path)));
  if (files.length === 0) return undefined;

  const lines = async (path: string): Promise<string[]> =>
    new TextDecoder()
      .decode(await tree.read(path))
      .split(/\r?\n/)
      .filter(Boolean);
  const metaFile = nameFile ?? findFile(tree, "batches.meta.txt");
  const classes = metaFile === undefined ? cifar10 : await lines(metaFile);
  const labelBytes = hundred ? 2 : 1;
  const record = labelBytes + pixels;
  const items: Item[] = [];
  for (const path of files) {
    const bytes = await tree.read(path);
    expect(
      bytes.length > 0 && bytes.length % record === 0,
      () =>
        `${tree.name}/${path}: expected records of ${record} bytes, got ${bytes.length} bytes in all: get the file again`,
    );
    const split = baseName(path).startsWith("test") ? "test" : "train";
    for (let at = 0; at < bytes.length; at += record) {
      const label = bytes[at + labelBytes - 1]!;
      expect(
        label < classes.length,
        () => `${tree.name}/${path}: expected labels below ${classes.length}, got ${label}: get the file again`,
      );
      const data = bytes.subarray(at + labelBytes, at + record);
      const source = { kind: "pixels", data, height: side, width: side, channels: 3 } as const;
      items.push({ name: `${baseName(path)} ${at / record}`, label, split, source });
    }
  }
  return { name: tree.name, format: hundred ? "CIFAR-100 (binary)" : "CIFAR-10 (binary)", classes, items, notes: [] };
}
