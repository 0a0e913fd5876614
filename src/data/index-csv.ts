/** @file Reads folders with an index.csv: file, label, split and, if it likes, where a picture is from. */

import { expect, InputError } from "../error.ts";
import { parseCsv } from "./csv.ts";
import { type Dataset, type Item, leftOut, splitName } from "./dataset.ts";
import { byText, type FileTree, findFile } from "./tree.ts";

/**
 * The header names the columns `file` and `label`; `split` (default all) and `source` may be there. Files are relative
 * to index.csv or to one folder beside it. Classes are in numeric order where all labels are whole numbers, else in
 * text order; `cat_to_name.json` gives numbers their names. Undefined without an index.csv in the folder itself.
 */
export async function indexCsv(tree: FileTree): Promise<Dataset | undefined> {
  if (!tree.files.includes("index.csv")) return undefined;
  const [header = [], ...rows] = parseCsv(new TextDecoder().decode(await tree.read("index.csv")));
  const column = (name: string): number => header.findIndex((field) => field.trim().toLowerCase() === name);
  const [fileAt, labelAt, splitAt, originAt] = ["file", "label", "split", "source"].map(column) as [
    number,
    number,
    number,
    number,
  ];
  expect(
    fileAt >= 0 && labelAt >= 0,
    () =>
      `${tree.name}/index.csv: expected a header with the columns file and label, got '${header.join(",")}': add it as the first line`,
  );
  expect(rows.length > 0, () => `${tree.name}/index.csv lists no pictures: expected one line for each`);
  const incomplete = rows.findIndex((row) => !row[fileAt]?.trim() || !row[labelAt]?.trim());
  expect(
    incomplete < 0,
    () => `${tree.name}/index.csv: picture ${incomplete + 1} has no file or no label: expected both in every line`,
  );

  const files = new Set(tree.files);
  const pathOf = (row: readonly string[]): string => row[fileAt]!.trim().replaceAll("\\", "/").replace(/^\.\//, "");
  const prefixes = ["", ...tree.folders.filter((path) => !path.includes("/")).map((path) => `${path}/`)];
  const found = (prefix: string): number => rows.filter((row) => files.has(prefix + pathOf(row))).length;
  const prefix = prefixes.reduce((best, next) => (found(next) > found(best) ? next : best));

  const keys = [...new Set(rows.map((row) => row[labelAt]!.trim()))];
  const numeric = keys.every((key) => /^\d+$/.test(key));
  keys.sort(numeric ? (a, b) => Number(a) - Number(b) : byText);
  const labels = new Map(keys.map((key, label) => [key, label]));
  const names = numeric ? await categoryNames(tree) : undefined;

  const missing: string[] = [];
  const items: Item[] = [];
  for (const row of rows) {
    const path = pathOf(row);
    if (!files.has(prefix + path)) missing.push(path);
    else
      items.push({
        name: path,
        label: labels.get(row[labelAt]!.trim())!,
        split: splitName(row[splitAt] || "all"),
        source: tree.source(prefix + path),
        ...(row[originAt] && { origin: row[originAt].trim() }),
      });
  }
  return {
    name: tree.name,
    format: "index.csv",
    classes: keys.map((key) => names?.get(Number(key)) ?? key),
    items,
    notes: leftOut(tree.name, missing, rows.length, "of index.csv are missing"),
  };
}

/** Names of numbered classes from `cat_to_name.json`, a record of number → name. */
export async function categoryNames(tree: FileTree): Promise<ReadonlyMap<number, string> | undefined> {
  const file = findFile(tree, "cat_to_name.json");
  if (file === undefined) return undefined;
  const text = new TextDecoder().decode(await tree.read(file));
  try {
    const names: unknown = JSON.parse(text);
    return new Map(Object.entries(names ?? {}).map(([key, name]) => [Number(key), String(name)]));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InputError(`${tree.name}/${file} is no JSON (${error.message}): expected a record of number to name`);
  }
}
