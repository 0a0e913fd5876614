/** @file From the settings of a run to what `fit` wants: loaders, schedule, update rule. */

import type { Dataset } from "../src/data/dataset.ts";
import { type Loader, openLoader } from "../src/data/loader.node.ts";
import { scheduleNamed } from "../src/optimise/schedule.ts";
import { trainingRule } from "../src/optimise/training-rules.ts";
import { attackedShape, expectAdversary } from "../src/training/adversary.ts";
import { type FitOptions, stepsPerEpoch } from "../src/training/fit.ts";
import { adversaryOf } from "./train-attack.ts";
import { augmentationOf, type TrainConfig } from "./train-config.ts";
import { type Parts, trainingSet } from "./train-data.ts";
import type { Ingredients } from "./train-folder.ts";
import type { StartingNet } from "./train-net.ts";

export interface Loaders {
  readonly train: Loader;
  readonly validate?: Loader | undefined;
  /** Those of validation that are attacked. */
  readonly attacked?: Loader | undefined;
}

/** Decoded pictures that validation keeps in memory. */
const VALIDATION_CACHE = 2 ** 29;

/** Opens the pictures of a run; whoever does so closes them. */
export function openLoaders({ train, validate }: Parts, config: TrainConfig & { readonly size: number }): Loaders {
  const { size, trainSize = size, batch, seed, balanced, workers } = config;
  const threads = workers !== undefined && { workers };
  const augmentation = augmentationOf(config);
  const validation = (set: Dataset, most: number): Loader =>
    openLoader(set, {
      size,
      batchSize: Math.min(most, set.items.length),
      workers: Math.min(workers ?? 1, 1),
      cacheBytes: VALIDATION_CACHE,
    });
  return {
    train: openLoader(train, { size: trainSize, ...threads, batchSize: batch, seed, balance: balanced, augmentation }),
    validate: validate && validation(validate, batch),
    attacked:
      validate && config.attackPictures ? validation(spread(validate, config.attackPictures), batch) : undefined,
  };
}

/** As many pictures, taken evenly from all: data sets are mostly sorted by class. */
function spread(dataset: Dataset, count: number): Dataset {
  const { items } = dataset;
  const n = Math.min(count, items.length);
  return { ...dataset, items: Array.from({ length: n }, (_, i) => items[Math.floor((i * items.length) / n)]!) };
}

export function fitOptions(
  config: TrainConfig,
  { net, size }: StartingNet,
  { validate }: Parts,
  loaders: Loaders,
  data: Ingredients["data"],
): FitOptions {
  const {
    trainSize = size,
    batch,
    accumulate,
    epochs,
    seed,
    optimiser,
    lr,
    schedule,
    warmup,
    momentum,
    weightDecay,
    balanced,
  } = config;
  const set = trainingSet(loaders.train);
  const perEpoch = stepsPerEpoch(set, accumulate);
  const warm = Math.round(warmup * perEpoch);
  const learningRate = scheduleNamed(schedule, { rate: lr, steps: epochs * perEpoch, warm });
  const augmentation = augmentationOf(config);
  const { validate: loader, attacked } = loaders;
  const adversary = adversaryOf(config);
  if (adversary) expectAdversary(adversary, attackedShape(net, batch, [trainSize, trainSize]));
  return {
    net,
    data: set,
    batch,
    size: [trainSize, trainSize],
    accumulate,
    epochs,
    seed,
    learningRate,
    optimiser: trainingRule(optimiser, { learningRate, weightDecay, ...(momentum !== undefined && { momentum }) }),
    recipe: { optimiser, lr, schedule, warmup, momentum, weightDecay, augmentation, balanced, data },
    dropout: config.dropout,
    device: config.device,
    threads: config.threads,
    saveEvery: config.saveEvery,
    ...(adversary && { adversary }),
    ...(config.average && { average: config.average }),
    ...(config.clip !== undefined && { clip: config.clip }),
    ...(config.freeze && { freeze: config.freeze }),
    ...(validate &&
      loader && {
        validation: {
          batches: () => loader.epoch(),
          classes: validate.classes,
          every: config.validateEvery,
          ...(attacked && { attacked: () => attacked.epoch() }),
        },
      }),
  };
}
