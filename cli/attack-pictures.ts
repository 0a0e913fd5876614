/** @file The pictures that are attacked: a part of a data set that a larger part contains, as often as they are needed. */

import type { Dataset, Item } from "../src/data/dataset.ts";
import { InputError } from "../src/error.ts";
import { classesNamed } from "../src/model/labels.ts";
import type { Picture } from "../src/robustness/attack.ts";
import type { Classifier } from "../src/robustness/classifier.ts";
import { picturesOf } from "../src/robustness/pictures.ts";
import { rng } from "../src/tensor/rng.ts";
import type { AttackFlags } from "./attack-flags.ts";
import { openChosen } from "./labelled-pictures.ts";

export interface Pictures {
  readonly data: Dataset;
  /** How many there are to attack. */
  readonly count: number;
  /** All of them, in order; those in `wanted` alone, if given. */
  readonly open: (wanted?: ReadonlySet<number>) => AsyncGenerator<Picture>;
  /** Their numbers, the first of which are spread over all. */
  readonly order: readonly number[];
  readonly item: (number: number) => Item;
  readonly unreadable: ReadonlyMap<string, string>;
  readonly close: () => Promise<void>;
}

/** Decoded pictures are kept for the next attack in so much memory. */
const CACHE = 2 ** 29;

/**
 * `limit` of the pictures: the same for every net, and among those of any larger limit. With targets, those of the target class
 * are left out.
 */
export function picturesFor(net: Classifier, data: Dataset, flags: AttackFlags): Pictures {
  const target = flags.target === undefined ? undefined : classNumber(net, data, flags.target);
  const among = [...data.items.keys()].filter((i) => data.items[i]!.label !== target);
  if (among.length === 0) throw new InputError(`${data.name}: no pictures of other classes than the target`);
  const { order, numbers, loader } = openChosen(data, flags, { among, size: net.picture[1], cacheBytes: CACHE });
  const random = rng(flags.seed ?? 0).fork("target");
  const aim = (item: number, label: number): number | undefined => {
    if (target !== undefined) return target;
    if (!flags.targeted) return undefined;
    const other = random.fork(item).int(0, net.classes - 1);
    return other < label ? other : other + 1;
  };
  return {
    data,
    count: numbers.length,
    order,
    item: (number) => data.items[number]!,
    unreadable: loader.unreadable,
    close: () => loader.close(),
    async *open(wanted) {
      for await (const picture of picturesOf(net, loader.epoch())) {
        const item = numbers[picture.item]!;
        if (!wanted || wanted.has(item)) yield { ...picture, item, target: aim(item, picture.label) };
      }
    },
  };
}

function classNumber(net: Classifier, { classes }: Dataset, text: string): number {
  const names = net.labels ?? classes;
  const found = classesNamed(names, text);
  const number = found.length === 1 ? found[0]! : /^\d+$/.test(text) ? Number(text) : -1;
  if (number < 0 || number >= net.classes)
    throw new InputError(`--target: the net has no one class '${text}': expected a name or 0 to ${net.classes - 1}`);
  return number;
}
