/** @file The settings of a training run: flags over a config file over defaults. */

import { availableParallelism } from "node:os";
import { type Augmentation, augmentations } from "../src/data/augmentation.ts";
import { nets } from "../src/nets/net.ts";
import { shrinkings } from "../src/nets/pyramid.ts";
import { stemNames } from "../src/nets/resnet.ts";
import { twinForms, twins } from "../src/nets/topdown.ts";
import { scheduleNames } from "../src/optimise/schedule.ts";
import { type TrainingRuleName, trainingRuleNames } from "../src/optimise/training-rules.ts";
import { DATA } from "./dataset.ts";
import {
  above0,
  between,
  choice,
  inOrder,
  readConfigFile,
  type Setting,
  type Settings,
  text,
  type ValuesOf,
  whole,
  words,
  yes,
} from "./setting.ts";
import { attackSettings, completeAttack } from "./train-attack.ts";

export type NetName = keyof typeof nets;
const netNames = Object.keys(nets) as NetName[];
const others = netNames.filter((name) => !Object.hasOwn(twins, name));

type Level = keyof typeof augmentations;
const levels = Object.keys(augmentations) as Level[];

/** A named set of changes, or one's own as JSON. */
const augmentation: Pick<Setting<Level | Augmentation>, "expected" | "read"> = {
  expected: `one of ${levels.join(", ")}, or in a config file an object`,
  read: (raw) =>
    typeof raw === "object" && raw !== null && !Array.isArray(raw)
      ? (raw as Augmentation)
      : levels.find((level) => level === raw),
};

export const settings = {
  data: {
    flag: "--data <path>",
    help: DATA,
    ...text,
  },
  trainSplit: { flag: "--train-split <names>", help: "splits to train on (default: train)", ...words },
  validateSplit: {
    flag: "--validate-split <name>",
    help: "split to validate on, or none (default: val, unless it is trained on)",
    ...text,
  },
  net: {
    flag: "--net <name>",
    help: `${others.join(", ")}; or ${twinForms.forms.join(", ")} with * one of ${twinForms.families.join(", ")} (default: resnet18)`,
    ...choice(netNames),
  },
  from: { flag: "--from <file>", help: "start from the weights of an .onnx file", ...text },
  freeze: { flag: "--freeze <layers...>", help: "layers that keep their weights", ...words },
  width: { flag: "--width <number>", help: "channels of the first stage (default: the net's own)", ...above0 },
  stem: {
    flag: "--stem <kind>",
    help: "first layers of a ResNet: large, medium or small (default: small up to 48 pixels, medium up to 96, else large)",
    ...choice(stemNames),
  },
  pyramid: {
    flag: "--pyramid <kind>",
    help: "how a top-down net makes the picture smaller: gaussian, none, max or blur-pool (default: gaussian)",
    ...choice(shrinkings),
  },
  size: {
    flag: "--size <pixels>",
    help: "side of the pictures (default: the net's, the data's, or 128)",
    ...whole(8, 1024),
  },
  trainSize: {
    flag: "--train-size <pixels>",
    help: "side of the pictures while training (default: --size)",
    ...whole(8, 1024),
  },
  epochs: { flag: "--epochs <number>", help: "passes over the data (default: 30)", ...whole(1, 100_000) },
  batch: { flag: "--batch <number>", help: "pictures at once (default: 32)", ...whole(1, 65_536) },
  accumulate: { flag: "--accumulate <number>", help: "batches to a step (default: 1)", ...whole(1, 1024) },
  optimiser: {
    flag: "--optimiser <name>",
    help: `${trainingRuleNames.join(", ")} (default: sgd)`,
    ...choice(trainingRuleNames),
  },
  lr: { flag: "--lr <rate>", help: "largest learning rate (default: the update rule's)", ...above0 },
  schedule: {
    flag: "--schedule <name>",
    help: `${scheduleNames.join(", ")} (default: one-cycle)`,
    ...choice(scheduleNames),
  },
  warmup: {
    flag: "--warmup <epochs>",
    help: "epochs of growing rate before step or cosine (default: 0)",
    ...between(0, 1000),
  },
  momentum: { flag: "--momentum <number>", help: "of sgd (default: 0.9)", ...between(0, 0.999) },
  weightDecay: {
    flag: "--weight-decay <number>",
    help: "of weights alone (default: the update rule's)",
    ...between(0, 100),
  },
  clip: { flag: "--clip <norm>", help: "largest norm of the gradient (default: none)", ...above0 },
  augment: { flag: "--augment <level>", help: `${levels.join(", ")} (default: standard)`, ...augmentation },
  labelSmoothing: { flag: "--label-smoothing <part>", help: "in place of the level's", ...between(0, 0.99) },
  mixup: { flag: "--mixup <alpha>", help: "in place of the level's; 0 is none", ...between(0, 100) },
  cutmix: { flag: "--cutmix <alpha>", help: "in place of the level's; 0 is none", ...between(0, 100) },
  balanced: {
    flag: "--balanced [share]",
    help: "classes alike often (1) or half-way there (0.5) (default: 0)",
    ...between(0, 1, 1),
  },
  dropout: { flag: "--dropout <rate>", help: "in front of the last layer (default: 0)", ...between(0, 0.99) },
  average: {
    flag: "--average [decay]",
    help: "keep and use a moving average of the weights (decay: 0.999)",
    ...between(0, 0.999999, 0.999),
  },
  ...attackSettings,
  seed: {
    flag: "--seed <number>",
    help: "of weights, order, changes and noise (default: 0)",
    ...whole(0, Number.MAX_SAFE_INTEGER),
  },
  validateEvery: {
    flag: "--validate-every <epochs>",
    help: "epochs between validations (default: 1)",
    ...whole(1, 100_000),
  },
  saveEvery: {
    flag: "--save-every <steps>",
    help: "steps between checkpoints within an epoch (default: 500)",
    ...whole(1, 1_000_000),
  },
  half: { flag: "--half", help: "store the final weights in 16 bits", ...yes },
  threads: { flag: "--threads <number>", help: "of the step (default: all cores)", ...whole(1, 1024) },
  workers: {
    flag: "--workers <number>",
    help: "threads that load pictures (default: cores − 1, at most 4)",
    ...whole(0, 256),
  },
  device: {
    flag: "--device <name>",
    help: "where to compute (default: auto)",
    ...choice(["auto", "cpu", "webgpu", "cuda", "wasm"]),
  },
} as const satisfies Settings;

export type Given = ValuesOf<typeof settings>;

/** Largest learning rates that mostly work for nets from scratch, at a batch of about 32. */
const rates: Readonly<Record<TrainingRuleName, number>> = {
  sgd: 0.05,
  adam: 1e-3,
  adamw: 1e-3,
  lamb: 5e-3,
  lion: 2e-4,
};
const decays: Readonly<Record<TrainingRuleName, number>> = { sgd: 5e-4, adam: 0, adamw: 0.05, lamb: 0.02, lion: 0.5 };

const defaults = {
  trainSplit: ["train"],
  net: "resnet18",
  epochs: 30,
  batch: 32,
  accumulate: 1,
  optimiser: "sgd",
  schedule: "one-cycle",
  warmup: 0,
  augment: "standard",
  balanced: 0,
  dropout: 0,
  seed: 0,
  validateEvery: 1,
  saveEvery: 500,
  half: false,
  device: "auto",
} as const satisfies Given;

/** Everything that is known without looking at the data. */
export type TrainConfig = Given &
  Required<Pick<Given, Exclude<keyof typeof defaults, "net"> | "lr" | "weightDecay" | "threads">>;

/** The settings in a config file. Throws `InputError` where it cannot be read or holds anything else. */
export const readConfig = (path: string): Given => readConfigFile(settings, path, '{"net": "resnet18"}');

/** Fills in the defaults; the settings come in one order whatever order they were given in. */
export function resolved(given: Given): TrainConfig {
  const { optimiser } = { ...defaults, ...given };
  const { net: _, ...rest } = defaults;
  const all: Given = {
    ...(given.from === undefined ? defaults : rest),
    lr: given.from === undefined ? rates[optimiser] : rates[optimiser] / 5,
    weightDecay: decays[optimiser],
    threads: availableParallelism(),
    ...completeAttack(given),
    ...given,
  };
  return inOrder(settings, all) as TrainConfig;
}

/** The changes that training pictures go through. */
export function augmentationOf({ augment, labelSmoothing, mixup, cutmix }: TrainConfig): Augmentation {
  const level: Augmentation = typeof augment === "string" ? augmentations[augment as Level] : augment;
  const { smoothing, mixup: levelMixup, cutmix: levelCutmix, ...rest } = level;
  const chosen = {
    smoothing: labelSmoothing ?? smoothing,
    mixup: mixup ?? levelMixup,
    cutmix: cutmix ?? levelCutmix,
  };
  return { ...rest, ...Object.fromEntries(Object.entries(chosen).filter(([, x]) => x)) };
}
