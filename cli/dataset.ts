/** @file The data set behind `--data`, its splits, and its classes in a net's order. */

import type { Dataset } from "../src/data/dataset.ts";
import { divide, listed, splitName, splitSizes } from "../src/data/dataset.ts";
import { openDataset } from "../src/data/open.node.ts";
import { type SyntheticOptions, syntheticFlowers } from "../src/data/synthetic.ts";
import { InputError } from "../src/error.ts";
import { classesNamed } from "../src/model/labels.ts";
import { rng } from "../src/tensor/rng.ts";
import { between, readSettings, whole } from "./setting.ts";

/** What `--data` takes, in the words of its help. */
export const DATA = "folder or archive of pictures, or synthetic[:classes=6,count=360,size=64,scale=1]";

export const syntheticSettings = {
  classes: { flag: "--classes <number>", help: "kinds of flowers (default: 6)", ...whole(2, 1440) },
  count: { flag: "--count <number>", help: "pictures in all (default: 60 a class)", ...whole(6, 10_000_000) },
  size: { flag: "--size <pixels>", help: "side (default: 64)", ...whole(8, 4096) },
  scale: {
    flag: "--scale <part>",
    help: "how large the flowers are; small ones stand off the middle (default: 1)",
    ...between(0.1, 1),
  },
  seed: {
    flag: "--seed <number>",
    help: "same seed, same pictures (default: 0)",
    ...whole(0, Number.MAX_SAFE_INTEGER),
  },
} as const;

/** A folder, archive or file of a data set, or `synthetic:classes=3,size=32`. */
export async function readDataset(data: string): Promise<Dataset> {
  const [, list] = /^synthetic(?::(.*))?$/.exec(data) ?? [];
  if (list === undefined && data !== "synthetic") return openDataset(data);
  const pairs = (list ?? "").split(",").filter(Boolean);
  const given = Object.fromEntries(pairs.map((pair) => pair.split("=", 2) as [string, string]));
  return syntheticFlowers(readSettings(syntheticSettings, given, `--data ${data}`) as SyntheticOptions);
}

/**
 * The data set with a split val: where there are no splits, a tenth each is set aside for val and test; where there is no
 * val, a tenth of train. Always the same pictures, whatever the seed of a run.
 */
export function withSplits(dataset: Dataset): { readonly dataset: Dataset; readonly notes: readonly string[] } {
  const sizes = splitSizes(dataset);
  if (sizes.has("val")) return { dataset, notes: [] };
  const random = rng(0).fork("splits");
  if (sizes.size === 1 && sizes.has("all"))
    return {
      dataset: divide(dataset, {}, random),
      notes: [`${dataset.name} has no splits: a tenth of each class was set aside for val and for test`],
    };
  if (!sizes.has("train")) return { dataset, notes: [] };
  const part = (train: boolean) => dataset.items.filter(({ split }) => (split === "train") === train);
  const { items } = divide({ ...dataset, items: part(true) }, { val: 0.1, test: 0 }, random);
  return {
    dataset: { ...dataset, items: [...items, ...part(false)] },
    notes: [`${dataset.name} has no split val: a tenth of each class of train was set aside for it`],
  };
}

/** The pictures of some splits; `all` takes every one. Throws `InputError` for a split that is not there. */
export function pickSplits(dataset: Dataset, names: readonly string[]): Dataset {
  const sizes = splitSizes(dataset);
  const wanted = new Set(names.map(splitName));
  if (wanted.has("all")) return dataset;
  for (const name of wanted)
    if (!sizes.has(name)) {
      const there = Array.from(sizes, ([split, n]) => `${split} (${n})`).join(", ");
      throw new InputError(`${dataset.name} has no split '${name}': expected one of ${there}`);
    }
  return { ...dataset, items: dataset.items.filter(({ split }) => wanted.has(split)) };
}

/**
 * The data with a net's classes in the net's order, each class found by its name (case, `_` and `-` do not count). The net
 * may know more classes than the data have. Throws `InputError` where a class has no counterpart of its own.
 *
 * @param remedy What to do about it, for the error.
 */
export function inOrderOf(labels: readonly string[], dataset: Dataset, remedy: string): Dataset {
  const { name, classes } = dataset;
  if (classes.length === labels.length && classes.every((label, i) => label === labels[i])) return dataset;
  if (classes.length > labels.length)
    throw new InputError(`${name} has ${classes.length} classes, the net only ${labels.length}: ${remedy}`);
  const found = classes.map((label) => classesNamed(labels, label));
  const unknown = classes.filter((_, i) => found[i]!.length === 0);
  if (unknown.length > 0)
    throw new InputError(
      `the net does not know ${unknown.length} of the ${classes.length} classes of ${name} (${listed(unknown)}; the net's are ${listed(labels)}): ${remedy}`,
    );
  const numbers = found.map(([first]) => first!);
  const twice = classes.filter((_, i) => found[i]!.length > 1 || numbers.indexOf(numbers[i]!) !== i);
  if (twice.length > 0)
    throw new InputError(
      `it is not clear which of the net's classes ${listed(twice)} of ${name} ${twice.length > 1 ? "are" : "is"}: ${remedy}`,
    );
  return {
    ...dataset,
    classes: labels,
    items: dataset.items.map((item) => ({ ...item, label: numbers[item.label]! })),
  };
}
