/** @file Writes a data set as a folder of PNGs, one folder per class in one per split. */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeImage, encodePng } from "../tensor/image.node.ts";
import type { Dataset } from "./dataset.ts";
import { loadItem } from "./load.ts";
import { fromRgb8 } from "./rgb8.ts";

/**
 * `folder/split/class/00000.png` and on (without splits `folder/class/…`), which `openDataset` reads back with the same
 * pixels. Slashes in class names become dashes. Each file is written under another name first. Throws what reading the
 * pictures throws.
 */
export async function writeImageFolder(dataset: Dataset, folder: string): Promise<void> {
  const host = { decodeImage, readFile, shorterSide: Number.POSITIVE_INFINITY };
  for (const [i, item] of dataset.items.entries()) {
    const name = dataset.classes[item.label]!.replace(/[/\\]/g, "-");
    const parent = item.split === "all" ? join(folder, name) : join(folder, item.split, name);
    const path = join(parent, `${String(i).padStart(5, "0")}.png`);
    await mkdir(parent, { recursive: true });
    await writeFile(`${path}.part`, await encodePng(fromRgb8(await loadItem(item, host))));
    await rename(`${path}.part`, path);
  }
}
