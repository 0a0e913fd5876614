/** @file What a data set is: classes, labelled pictures that are loaded when they are wanted, and splits. */

import { expect, InputError } from "../error.ts";
import type { Rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Flower } from "./flower.ts";

/** Mostly `train`, `val` and `test`; `all` where the data came without splits. */
export type Split = string;

/** Where a picture comes from, as plain data that can be sent to a worker. */
export type Source =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "encoded"; readonly bytes: Uint8Array }
  | {
      readonly kind: "pixels";
      readonly data: Uint8Array;
      readonly height: number;
      readonly width: number;
      /** Grey [H, W], or red, green and blue planes [3, H, W], as idx and CIFAR files lay them out. */
      readonly channels: 1 | 3;
    }
  | { readonly kind: "flower"; readonly flower: Flower; readonly size: number };

export interface Item {
  /** What to call the picture in messages and reports: a path within the data set or a running number. */
  readonly name: string;
  /** Index into the data set's `classes`. */
  readonly label: number;
  readonly split: Split;
  readonly source: Source;
  /** Which collection a picture was taken from, where the data says so (column `source` of index.csv). */
  readonly origin?: string;
}

export interface Dataset {
  readonly name: string;
  /** What the files were recognised as, e.g. "image folder" or "Oxford Flowers-102". */
  readonly format: string;
  /** Names of the classes, all different. */
  readonly classes: readonly string[];
  readonly items: readonly Item[];
  /** One sentence for each thing that a reader should know: pictures left out, empty classes. */
  readonly notes: readonly string[];
}

/** What one step of training or evaluation gets. */
export interface Batch {
  readonly epoch: number;
  /** Number of the batch within its epoch, from 0. */
  readonly number: number;
  /** [B, H, W, 3], sRGB 0…255. */
  readonly images: Tensor<"uint8">;
  /** [B]; −1 where the place is empty (the end of an evaluation, an unreadable picture there). */
  readonly labels: Int32Array;
  /** [B, classes]: rows sum to 1; a row is all 0 where the place is empty. */
  readonly targets: Tensor<"float32">;
  /** [B]: positions in the data set's `items`; −1 where the place is empty. */
  readonly items: Int32Array;
}

const aliases: Readonly<Record<string, Split>> = {
  train: "train",
  training: "train",
  trn: "train",
  val: "val",
  valid: "val",
  validation: "val",
  dev: "val",
  test: "test",
  testing: "test",
  tst: "test",
  eval: "test",
};

/** `train`, `val` or `test` for the many ways to write them; undefined for any other word. */
export const knownSplit = (word: string): Split | undefined => aliases[word.trim().toLowerCase()];

/** `knownSplit`, or the word itself. */
export const splitName = (word: string): Split => knownSplit(word) ?? word.trim();

/** Number of pictures in each split, in the order train, val, test, others. */
export function splitSizes({ items }: Dataset): ReadonlyMap<Split, number> {
  const sizes = new Map<Split, number>();
  for (const { split } of items) sizes.set(split, (sizes.get(split) ?? 0) + 1);
  const order = ["train", "val", "test"];
  const rank = (split: Split): number => (order.indexOf(split) + order.length + 1) % (order.length + 1);
  return new Map([...sizes].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b)));
}

/** Number of pictures of each class. */
export function classSizes({ classes, items }: Dataset): Int32Array {
  const sizes = new Int32Array(classes.length);
  for (const { label } of items) sizes[label]!++;
  return sizes;
}

/** Only one split; its classes stay all. Throws an `InputError` that lists the splits there are for any other name. */
export function selectSplit(dataset: Dataset, split: Split): Dataset {
  const wanted = splitName(split);
  const sizes = splitSizes(dataset);
  const there = Array.from(sizes, ([name, size]) => `${name} (${size})`).join(", ");
  expect(
    sizes.has(wanted),
    () => `${dataset.name}: there is no split '${split}': expected one of ${there}: name one of these`,
  );
  return { ...dataset, items: dataset.items.filter((item) => item.split === wanted) };
}

/**
 * Gives splits to a data set without them, each class divided alike, by seeded chance. `fractions` are the shares of
 * val and test; what is left is train. A class of at least three pictures has one in every split with a share.
 */
export function divide(
  dataset: Dataset,
  { val = 0.1, test = 0.1 }: { readonly val?: number; readonly test?: number },
  random: Rng,
): Dataset {
  expect(
    val >= 0 && test >= 0 && val + test < 1,
    () => `split: expected shares of val and test below 1 together, got ${val} and ${test}: try 0.1 and 0.1`,
  );
  const splits = dataset.items.map((item) => item.split);
  for (const [label, indices] of indicesByClass(dataset).entries()) {
    shuffle(indices, random.fork(label));
    const share = (fraction: number): number =>
      fraction === 0 || indices.length < 3 ? 0 : Math.max(1, Math.round(fraction * indices.length));
    const [nVal, nTest] = [share(val), share(test)];
    indices.forEach((index, k) => {
      splits[index] = k < nTest ? "test" : k < nTest + nVal ? "val" : "train";
    });
  }
  return { ...dataset, items: dataset.items.map((item, i) => ({ ...item, split: splits[i]! })) };
}

/** Positions in `items` of each class's pictures. */
export function indicesByClass({ classes, items }: Pick<Dataset, "classes" | "items">): number[][] {
  const lists: number[][] = classes.map(() => []);
  for (const [i, { label }] of items.entries()) lists[label]!.push(i);
  return lists;
}

/** Throws an `InputError` unless there are two classes or more and each has a picture: what a net can be trained on. */
export function requireClasses(dataset: Dataset): void {
  const { name, classes, items } = dataset;
  expect(
    classes.length >= 2,
    () => `${name}: only one class (${classes[0]}): expected at least two: add a folder of other pictures`,
  );
  const empty = classes.filter((_, label) => classSizes(dataset)[label] === 0);
  expect(
    empty.length === 0,
    () =>
      `${name}: no pictures of ${listed(empty)}${items[0] ? ` in split ${items[0].split}` : ""}: expected at least one of each class: add some or remove the class`,
  );
}

/** Fisher–Yates, in place. */
export function shuffle<T extends number[] | Int32Array>(array: T, random: Rng): T {
  for (let i = array.length - 1; i > 0; i--) {
    const j = random.int(0, i + 1);
    [array[i], array[j]] = [array[j]!, array[i]!];
  }
  return array;
}

/** The first few names, and how many more there are. */
export const listed = (names: readonly string[], few = 3): string =>
  names.slice(0, few).join(", ") + (names.length > few ? ` and ${names.length - few} more` : "");

/** How many bad pictures a data set may have: one in a hundred, and at least ten. */
export const tolerated = (total: number): number => Math.max(10, Math.floor(total / 100));

/** The note that says which pictures were left out; an `InputError` when they are more than `tolerated`. */
export function leftOut(dataset: string, bad: readonly string[], total: number, why: string): string[] {
  const sentence = `${dataset}: ${bad.length} of ${total} pictures ${why} (${listed(bad)})`;
  if (bad.length > tolerated(total))
    throw new InputError(`${sentence}: expected at most ${tolerated(total)}: copy the data set again`);
  return bad.length === 0 ? [] : [`${sentence}: left out`];
}
