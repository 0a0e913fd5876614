/** @file Pictures of a data set as a net takes them, with their labels: a part that any larger part contains; and the flags for it. */

import type { Command } from "commander";
import { type Dataset, type Item, shuffle } from "../src/data/dataset.ts";
import { type Loader, type LoaderOptions, openLoader } from "../src/data/loader.node.ts";
import { InputError } from "../src/error.ts";
import type { Model } from "../src/model/model.ts";
import { channelsOf } from "../src/model/preprocessing.ts";
import { picturesOf } from "../src/robustness/pictures.ts";
import { rng } from "../src/tensor/rng.ts";
import { DATA } from "./dataset.ts";
import { chosenPictures, matched, squareSide } from "./evaluate.ts";
import { splitModel } from "./input.ts";
import { type ModelFlags, type OutputFlags, wholeNumber } from "./options.ts";
import { say } from "./say.ts";

/** Flags of verbs that look at one photo or, with --data, at a data set. */
export interface PhotoOrDataFlags {
  readonly batch?: number;
  readonly out?: string;
  readonly data?: string;
  readonly split?: string;
  readonly limit?: number;
  readonly workers?: number;
}

export interface DataFlags extends OutputFlags, Omit<PhotoOrDataFlags, "out"> {
  readonly data: string;
  readonly size?: number;
}

/** @param out What the PNG file is named after. */
export const withDataFlags = (command: Command, out: string): Command =>
  command
    .option("--batch <number>", "pictures at once (default: what half of the memory takes)", wholeNumber(1, 65_536))
    .option("--out <file>", `PNG file (default: named after ${out})`)
    .option("--data <path>", `in place of a photo: ${DATA}`)
    .option("--split <name>", "with --data: which pictures (default: test, or all where there are no splits)")
    .option("--limit <number>", "with --data: so many pictures, by chance but always the same", wholeNumber(1, 1e9))
    .option("--workers <number>", "with --data: threads that load pictures", wholeNumber(0, 256));

/**
 * The model's file, and the one photo or the data set that is looked at. Throws `InputError` for neither and both, and for flags
 * that go with the other.
 *
 * @param needs What a photo is for: "an attribution".
 */
export function photoOrData(
  args: readonly string[],
  flags: PhotoOrDataFlags & ModelFlags,
  needs: string,
): { readonly file: string } & (
  | { readonly photo: string; readonly data?: never }
  | { readonly data: string; readonly photo?: never }
) {
  const { data } = flags;
  const [file, photo, ...more] = splitModel(args, { ...flags, needed: data === undefined });
  if (data !== undefined && photo) throw new InputError("give a photo or --data, not both");
  if (more.length > 0) throw new InputError(`expected a model and one photo, got ${more.length + 2} files`);
  if (data !== undefined) {
    if (flags.out !== undefined)
      throw new InputError("--data makes no picture: leave out --out; --json prints the numbers");
    return { file, data };
  }
  if (!photo) throw new InputError(`no photo was given: ${needs} needs one, or give --data`);
  for (const name of ["split", "limit", "workers"] as const)
    if (flags[name] !== undefined) throw new InputError(`--${name} goes with --data`);
  return { file, photo };
}

/** Some pictures of a data set, opened. */
export interface Chosen {
  /** Their numbers in the data, the first of which are spread over all. */
  readonly order: readonly number[];
  /** The same from the smallest: the picture that the loader calls i is number `numbers[i]`. */
  readonly numbers: readonly number[];
  readonly loader: Loader;
}

/**
 * Opens `limit` of the pictures: by chance, but always the same, and among those of any larger limit.
 *
 * @param among Numbers of the pictures to choose from; all by default.
 */
export function openChosen(
  data: Dataset,
  { limit, workers, portion }: Pick<DataFlags, "limit" | "workers"> & Pick<LoaderOptions, "portion">,
  {
    among = [...data.items.keys()],
    ...options
  }: Pick<LoaderOptions, "size" | "cacheBytes"> & { readonly among?: readonly number[] },
): Chosen {
  const order = Array.from(shuffle(Int32Array.from(among), rng(0).fork("limit"))).slice(0, limit);
  const numbers = [...order].sort((a, b) => a - b);
  const loader = openLoader(
    { ...data, items: numbers.map((i) => data.items[i]!) },
    {
      ...options,
      batchSize: Math.min(32, numbers.length),
      ...(portion !== undefined && { portion }),
      ...(workers !== undefined && { workers }),
    },
  );
  return { order, numbers, loader };
}

export interface LabelledPictures {
  readonly data: Dataset;
  readonly split: string;
  /** Side of the pictures. */
  readonly size: number;
  readonly count: number;
  readonly each: () => AsyncGenerator<{
    readonly item: Item;
    /** Its number in the data. */
    readonly number: number;
    /** [C, H, W] in 0…1. */
    readonly image: Float32Array;
    readonly label: number;
  }>;
  readonly unreadable: ReadonlyMap<string, string>;
  readonly close: () => Promise<void>;
}

/** `limit` of the pictures, by chance but always the same. Throws `InputError` where the classes are not the net's. */
export async function labelledPictures(model: Model, flags: DataFlags): Promise<LabelledPictures> {
  const tell = flags.quiet ? () => {} : say;
  const { dataset, split } = await chosenPictures(flags, tell);
  const data = matched(model, dataset, tell);
  const size = squareSide(model, flags.size);
  if (data.items.length === 0) throw new InputError(`${data.name}: there are no pictures in split ${split}`);
  const { numbers, loader } = openChosen(data, flags, { size, cacheBytes: 0 });
  return {
    data,
    split,
    size,
    count: numbers.length,
    each: async function* () {
      for await (const { item, image, label } of picturesOf(
        { name: model.name, picture: [channelsOf(model.preprocessing), size, size] },
        loader.epoch(),
      )) {
        const number = numbers[item]!;
        yield { item: data.items[number]!, number, image, label };
      }
    },
    unreadable: loader.unreadable,
    close: () => loader.close(),
  };
}
