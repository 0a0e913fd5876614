/** @file The pictures of a run: which it trains on and validates on, and its batches. */

import type { Batch, Dataset } from "../src/data/dataset.ts";
import { requireClasses, splitName, splitSizes } from "../src/data/dataset.ts";
import type { Loader, Place } from "../src/data/loader.node.ts";
import { InputError } from "../src/error.ts";
import type { TrainingSet } from "../src/training/fit.ts";
import { pickSplits, withSplits } from "./dataset.ts";
import type { TrainConfig } from "./train-config.ts";

export interface Parts {
  readonly train: Dataset;
  /** Name of the split that is validated on, or `none`. */
  readonly validateSplit: string;
  readonly validate?: Dataset;
  readonly notes: readonly string[];
}

/** Throws `InputError` for splits that are not there or overlap, and for data that cannot be trained on. */
export function parts(whole: Dataset, { trainSplit, validateSplit }: TrainConfig): Parts {
  const trained = trainSplit.map(splitName);
  const sizes = splitSizes(whole);
  const known = (name: string): boolean => sizes.has(splitName(name)) || name === "all" || name === "none";
  const complete = [...trainSplit, validateSplit ?? "val"].every(known);
  const { dataset, notes } = complete ? { dataset: whole, notes: [] } : withSplits(whole);
  const train = pickSplits(dataset, trainSplit);
  requireClasses(train);

  const overlaps = (split: string): boolean => trained.includes("all") || split === "all" || trained.includes(split);
  const free = splitSizes(dataset).has("val") && !overlaps("val");
  const split = validateSplit ? splitName(validateSplit) : free ? "val" : "none";
  if (split === "none") return { train, validateSplit: split, notes };
  if (overlaps(split))
    throw new InputError(
      `the split '${split}' is trained on, so that it says nothing in validation: name another with --validate-split, or none`,
    );
  return { train, validateSplit: split, validate: pickSplits(dataset, [split]), notes };
}

/** Batches of epoch after epoch from one stream: those of the next are made while one ends. */
export function trainingSet(loader: Loader): TrainingSet {
  let stream: AsyncGenerator<Batch, never> | undefined;
  let next: Place = { epoch: 0, number: 0 };
  return {
    batches: loader.batches,
    async *epoch(epoch, from) {
      if (from >= loader.batches) return;
      if (!stream || next.epoch !== epoch || next.number !== from) {
        next = { epoch, number: from };
        stream = loader.stream(next);
      }
      while (next.epoch === epoch) {
        const { value } = await stream.next();
        const last = next.number + 1 === loader.batches;
        next = last ? { epoch: epoch + 1, number: 0 } : { epoch, number: next.number + 1 };
        yield value;
      }
    },
  };
}
