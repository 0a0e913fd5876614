/** @file Reads image folders: one folder per class, or one per split with one per class in it. */

import { InputError } from "../error.ts";
import { type Dataset, type Item, knownSplit, listed } from "./dataset.ts";
import { byText, type FileTree, isPicture } from "./tree.ts";

/**
 * Classes are the folders' names in plain text order; pictures in folders further down belong to the class above them.
 * Undefined when no picture stands in a folder.
 */
export async function imageFolder(tree: FileTree): Promise<Dataset | undefined> {
  const pictures = tree.files.filter((path) => path.includes("/") && isPicture(path));
  if (pictures.length === 0) return undefined;
  const inSplits = pictures.every((path) => knownSplit(path.slice(0, path.indexOf("/"))) !== undefined);
  const depth = inSplits ? 1 : 0;
  const classOf = (path: string): string | undefined => path.split("/")[depth];
  const folders = tree.folders.filter(
    (path) => path.split("/").length === depth + 1 && (!inSplits || knownSplit(path.split("/")[0]!) !== undefined),
  );
  const classes = [...new Set(folders.map((path) => classOf(path)!))].sort(byText);
  const labels = new Map(classes.map((name, label) => [name, label]));

  const items: Item[] = [];
  const stray = tree.files.filter((path) => !path.includes("/") && isPicture(path));
  for (const path of pictures) {
    const parts = path.split("/");
    const label = parts.length > depth + 1 ? labels.get(parts[depth]!) : undefined;
    if (label === undefined) stray.push(path);
    else
      items.push({
        name: path,
        label,
        split: inSplits ? knownSplit(parts[0]!)! : "all",
        source: tree.source(path),
      });
  }
  if (items.length === 0)
    throw new InputError(
      `${tree.name}: all pictures stand beside the class folders (${listed(stray)}): expected one folder per class`,
    );
  const empty = classes.filter((_, label) => items.every((item) => item.label !== label));
  return {
    name: tree.name,
    format: inSplits ? "image folder with splits" : "image folder",
    classes,
    items,
    notes: [
      ...(empty.length > 0 ? [`${tree.name}: no pictures in the folders of ${listed(empty)}`] : []),
      ...(stray.length > 0
        ? [`${tree.name}: ${stray.length} pictures in no class folder were left out (${listed(stray)})`]
        : []),
    ],
  };
}
