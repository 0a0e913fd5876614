/** @file Pictures of a data set as a net takes them, with their labels: a part that any larger part contains. */

import { type Dataset, type Item, shuffle } from "../src/data/dataset.ts";
import { openLoader } from "../src/data/loader.node.ts";
import { InputError } from "../src/error.ts";
import type { Model } from "../src/model/model.ts";
import { channelsOf } from "../src/model/preprocessing.ts";
import { picturesOf } from "../src/robustness/pictures.ts";
import { rng } from "../src/tensor/rng.ts";
import { chosenPictures, matched, squareSide } from "./evaluate.ts";
import type { OutputFlags } from "./options.ts";
import { say } from "./say.ts";

export interface DataFlags extends OutputFlags {
  readonly data: string;
  readonly split?: string;
  readonly limit?: number;
  readonly size?: number;
  readonly workers?: number;
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
  const order = shuffle(Int32Array.from(data.items.keys()), rng(0).fork("limit")).slice(0, flags.limit);
  const chosen = [...order].sort((a, b) => a - b);
  const loader = openLoader(
    { ...data, items: chosen.map((i) => data.items[i]!) },
    {
      size,
      batchSize: Math.min(32, chosen.length),
      cacheBytes: 0,
      ...(flags.workers !== undefined && { workers: flags.workers }),
    },
  );
  return {
    data,
    split,
    size,
    count: chosen.length,
    each: async function* () {
      for await (const { item, image, label } of picturesOf(
        { name: model.name, picture: [channelsOf(model.preprocessing), size, size] },
        loader.epoch(),
      )) {
        const number = chosen[item]!;
        yield { item: data.items[number]!, number, image, label };
      }
    },
    unreadable: loader.unreadable,
    close: () => loader.close(),
  };
}
