/** @file Loads a data set as batches, made by threads ahead of the step that uses them. */

import { availableParallelism } from "node:os";
import { expect, InputError } from "../error.ts";
import { rng } from "../tensor/rng.ts";
import { type Augmentation, checkAugmentation } from "./augmentation.ts";
import type { Failure, Slot } from "./batch.ts";
import { type Batch, type Dataset, type Item, listed, tolerated } from "./dataset.ts";
import type { Done, Job } from "./job.node.ts";
import { epochOrder } from "./order.ts";
import { openPool } from "./pool.node.ts";
import type { Rgb8 } from "./rgb8.ts";

export interface LoaderOptions {
  /** Side of the square pictures, in pixels. */
  readonly size: number;
  readonly batchSize: number;
  /** Default 0. */
  readonly seed?: number;
  /**
   * Given: training. Each epoch is a seeded shuffle, pictures are changed by chance, and what does not fill a batch is
   * left out. Not given: evaluation. Pictures come in their order, as they are, and the last batch is filled up with
   * empty places.
   */
  readonly augmentation?: Augmentation | undefined;
  /** Class balance of training, 0…1: see `epochOrder`. Default 0. */
  readonly balance?: number;
  /** Part of the shorter side that evaluation shows. Default 1. */
  readonly portion?: number;
  /** Worker threads; default one less than the processor's, 1 to 4. With 0 this thread does the work. */
  readonly workers?: number;
  /** Batches made ahead; default workers + 2. */
  readonly ahead?: number;
  /**
   * Memory for decoded pictures in bytes; default 2 GiB. What fits first stays: epochs read all pictures equally often.
   */
  readonly cacheBytes?: number;
  /** Photos are decoded to this many pixels on their shorter side if they are larger; default 2 · size. */
  readonly shorterSide?: number;
  /** How many unreadable pictures are left out before it is an error; default `tolerated` of all. */
  readonly mostUnreadable?: number;
}

/** A place in the endless row of batches. */
export interface Place {
  readonly epoch: number;
  /** Number of the batch in its epoch, from 0. */
  readonly number: number;
}

export interface Loader {
  /** Batches of an epoch. */
  readonly batches: number;
  /** The batches from a place on, through all following epochs: every batch is the same however one came to it. */
  stream(from?: Place): AsyncGenerator<Batch, never>;
  /** The batches of one epoch, from a number on. */
  epoch(epoch?: number, from?: number): AsyncGenerator<Batch, void>;
  /** Pictures that could not be read so far, each with its reason. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Ends the threads; waiting batches are dropped. */
  close(): Promise<void>;
}

const gibibyte = 2 ** 30;

/**
 * Throws an `InputError` for options that make no sense or a data set too small for one batch. Iterating throws one
 * when more than `mostUnreadable` pictures are unreadable; up to there they are left out and listed in `unreadable`.
 */
export function openLoader(dataset: Dataset, options: LoaderOptions): Loader {
  const { size, batchSize, seed = 0, augmentation, balance = 0, portion = 1, cacheBytes = 2 * gibibyte } = options;
  const { workers = Math.min(4, Math.max(1, availableParallelism() - 1)) } = options;
  const { ahead = workers + 2, shorterSide = 2 * size } = options;
  for (const [name, value, least] of [
    ["size", size, 1],
    ["batch size", batchSize, 1],
    ["workers", workers, 0],
    ["ahead", ahead, 1],
  ] as const)
    expect(
      Number.isInteger(value) && value >= least,
      () => `loader: ${name}: expected a whole number of ${least} or more, got ${value}`,
    );
  if (augmentation) checkAugmentation(augmentation);
  const { items, classes, name } = dataset;
  const training = augmentation !== undefined;
  const batches = training ? Math.floor(items.length / batchSize) : Math.ceil(items.length / batchSize);
  expect(
    batches > 0,
    () => `${name}: ${items.length} pictures do not fill a batch of ${batchSize}: make the batch smaller`,
  );

  const recipe = { seed, size, classes: classes.length, augmentation, portion };
  const pool = openPool({ recipe, shorterSide }, workers);
  const cache = new Map<number, Rgb8>();
  const unreadable = new Map<string, string>();
  let room = cacheBytes;
  let jobs = 0;

  const orders = new Map<number, Int32Array>();
  function orderOf(epoch: number): Int32Array {
    let order = orders.get(epoch);
    if (!order) {
      order = training
        ? epochOrder(dataset, rng(seed).fork(epoch).fork("order"), balance)
        : Int32Array.from(items.keys());
      if (orders.size > 2) orders.clear();
      orders.set(epoch, order);
    }
    return order;
  }

  function jobAt({ epoch, number }: Place): Job {
    const order = orderOf(epoch);
    const first = number * batchSize;
    const slots = Array.from({ length: batchSize }, (_, k) => slotOf(items, order[first + k] ?? -1, cache));
    return { id: jobs++, epoch, number, first, slots };
  }

  function keep({ decoded }: Done): void {
    for (const { item, picture } of decoded)
      if (picture.data.length <= room && !cache.has(item)) {
        room -= picture.data.length;
        cache.set(item, picture);
      }
  }

  function note(failures: readonly Failure[]): void {
    for (const { item, reason } of failures) unreadable.set(items[item]!.name, reason);
    const limit = options.mostUnreadable ?? tolerated(items.length);
    if (unreadable.size > limit)
      throw new InputError(
        `${name}: more than ${limit} of ${items.length} pictures cannot be read (${listed([...unreadable.values()])}): get the data set again or remove them`,
      );
  }

  async function* ordered(places: Iterator<Place, void>): AsyncGenerator<Batch, void> {
    const waiting: Promise<Done>[] = [];
    const ask = (): void => {
      const next = places.next();
      if (next.done) return;
      const done = pool.run(jobAt(next.value));
      // Whoever awaits it hears of an error; until then it must not count as unhandled.
      done.then(keep, () => undefined);
      waiting.push(done);
    };
    for (let i = 0; i < Math.max(1, ahead); i++) ask();
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { batch, failures } = await next;
      note(failures);
      ask();
      yield batch;
    }
  }

  return {
    batches,
    unreadable,
    async *stream(from = { epoch: 0, number: 0 }) {
      yield* ordered(placesFrom(from, batches, Number.POSITIVE_INFINITY));
      throw new Error("internal: loader: the endless row of batches ended");
    },
    epoch: (epoch = 0, from = 0) => ordered(placesFrom({ epoch, number: from }, batches, epoch + 1)),
    close: () => pool.close(),
  };
}

function* placesFrom({ epoch, number }: Place, batches: number, end: number): Generator<Place, void> {
  for (let e = epoch; e < end; e++)
    for (let n = e === epoch ? number : 0; n < batches; n++) yield { epoch: e, number: n };
}

function slotOf(items: readonly Item[], item: number, cache: ReadonlyMap<number, Rgb8>): Job["slots"][number] & Slot {
  const found = items[item];
  if (!found) return { item: -1, label: -1, name: "", picture: undefined, source: undefined };
  const picture = cache.get(item);
  const { label, name } = found;
  return { item, label, name, picture, source: picture ? undefined : sendable(found.source) };
}

/** A view would take its whole buffer along to the other thread. */
const sendable = (source: Item["source"]): Item["source"] => {
  if (source.kind === "pixels") return { ...source, data: source.data.slice() };
  return source.kind === "encoded" ? { ...source, bytes: source.bytes.slice() } : source;
};
