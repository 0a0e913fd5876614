/** @file The settings of a report: flags over a config file over defaults. */

import { readThresholds, type Thresholds } from "../src/report/net-report-thresholds.ts";
import { DATA } from "./dataset.ts";
import {
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

type Reader<T> = Pick<Setting<T>, "expected" | "read">;

/** A number, or names; `none` is 0. */
const countOrNames = (most: number): Reader<number | readonly string[]> => ({
  expected: `a number from 0 to ${most}, or names with commas between them`,
  read: (raw) =>
    raw === "none" ? 0 : (whole(0, most).read(raw) ?? (typeof raw === "number" ? undefined : words.read(raw))),
});

const weights: Reader<readonly number[]> = {
  expected: "numbers above 0 with commas between them",
  read: (raw) => {
    const parts: readonly unknown[] = typeof raw === "string" ? raw.split(",") : Array.isArray(raw) ? raw : [raw];
    const xs = parts.map((x) => (typeof x === "string" && x.trim() === "" ? Number.NaN : Number(x)));
    return xs.length > 0 && xs.every((x) => x > 0 && Number.isFinite(x)) ? xs : undefined;
  },
};

/** An object, or its JSON in a flag. */
const bounds: Reader<Thresholds> = {
  expected: 'JSON such as {"classes.*.probability": {"min": 0.9}}',
  read: (raw) => {
    if (typeof raw !== "string") return readThresholds(raw);
    try {
      return readThresholds(JSON.parse(raw));
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  },
};

/** Addresses, in which lists of channels have commas too: `layer3:1,4-6,layer4:0@2,2` are two. */
const addresses: Reader<readonly string[]> = {
  expected: "addresses with commas between them, such as layer3:0-15,layer4:7",
  read: (raw) => {
    const parts: readonly unknown[] = typeof raw === "string" ? [raw] : Array.isArray(raw) ? raw : [raw];
    const all = parts.flatMap((part) =>
      typeof part === "string" ? part.split(/,(?!\s*\d+(?:-\d+)?(?:@|,|$))/) : [""],
    );
    const names = all.map((name) => name.trim());
    return names.length > 0 && names.every(Boolean) ? names : undefined;
  },
};

const count = whole(1, 1_000_000);

export const settings = {
  photos: {
    flag: "--photos <folder>",
    help: `photos to invert, to exaggerate and to find what units like: ${DATA}`,
    ...text,
  },
  photo: { flag: "--photo <file>", help: "what caricatures are made of (default: one of --photos)", ...text },
  judge: {
    flag: "--judge <file>",
    help: "an independent net with the same classes, or none (default: the one that ships for them)",
    ...text,
  },
  beside: {
    flag: "--beside <net>",
    help: "a second net with the same classes, shown and measured side by side with the first",
    ...text,
  },
  size: { flag: "--size <pixels>", help: "side of the pictures (default: the net's own)", ...whole(8, 8192) },
  layers: {
    flag: "--layers <list>",
    help: "layers to take channels from, to invert at, to exaggerate; or how many main ones (default: 5)",
    ...countOrNames(1000),
  },
  units: {
    flag: "--units <list>",
    help: "units to show, such as layer3:0-15,layer4:7 (default: --channels)",
    ...addresses,
  },
  channels: {
    flag: "--channels <number>",
    help: "units of each layer, evenly spread (default: 4)",
    ...whole(0, 100_000),
  },
  classes: { flag: "--classes <list>", help: "classes to show, or how many (default: 20)", ...countOrNames(100_000) },
  codeWeights: {
    flag: "--code-weights <list>",
    help: "C of the inversions (default: 1,20,100,300)",
    ...weights,
  },
  inverted: { flag: "--inverted <number>", help: "photos that are inverted (default: 20)", ...whole(1, 100_000) },
  seen: { flag: "--seen <number>", help: "photos that the net is shown (default: 500)", ...whole(1, 100_000_000) },
  steps: { flag: "--steps <number>", help: "of pictures of units and classes (default: 256)", ...count },
  inversionSteps: { flag: "--inversion-steps <number>", help: "of inversions (default: 120)", ...count },
  caricatureSteps: { flag: "--caricature-steps <number>", help: "of caricatures (default: 120)", ...count },
  seed: { flag: "--seed <number>", help: "of all chance (default: 0)", ...whole(0, Number.MAX_SAFE_INTEGER) },
  batch: {
    flag: "--batch <number>",
    help: "pictures at once (default: what memory takes, at most 8)",
    ...whole(1, 1000),
  },
  threads: { flag: "--threads <number>", help: "of the net (default: all cores)", ...whole(1, 1024) },
  device: {
    flag: "--device <name>",
    help: "where to compute (default: auto)",
    ...choice(["auto", "cpu", "webgpu", "cuda", "wasm"]),
  },
  quick: { flag: "--quick", help: "a first look in minutes: fewer and shorter of everything", ...yes },
  thresholds: {
    flag: "--thresholds <json>",
    help: "bounds of the report's numbers; a broken one ends with exit code 1",
    ...bounds,
  },
} as const satisfies Settings;

/** What a config file may hold: the settings, and the model. */
const inFile = {
  model: { flag: "--model <name>", help: "a net that ships or an .onnx file", ...text },
  ...settings,
} as const satisfies Settings;

export type Given = ValuesOf<typeof inFile>;

const defaults = {
  layers: 5,
  channels: 4,
  classes: 20,
  codeWeights: [1, 20, 100, 300],
  inverted: 20,
  seen: 500,
  steps: 256,
  inversionSteps: 120,
  caricatureSteps: 120,
  seed: 0,
  device: "auto",
  quick: false,
  thresholds: {},
} as const satisfies Given;

/** What `--quick` has in the place of the defaults. */
const quickly = {
  layers: 3,
  channels: 2,
  classes: 6,
  codeWeights: [100],
  inverted: 4,
  seen: 60,
  steps: 64,
  inversionSteps: 40,
  caricatureSteps: 40,
} as const satisfies Given;

export type ReportConfig = Given & Required<Pick<Given, keyof typeof defaults>>;

/** The settings in a config file. Throws `InputError` where it cannot be read or holds anything else. */
export const readConfig = (path: string): Given => readConfigFile(inFile, path, '{"thresholds": {"dead": {"max": 3}}}');

/** Fills in the defaults; the settings come in one order whatever order they were given in. */
export const resolved = (given: Given): ReportConfig =>
  inOrder(inFile, { ...defaults, ...(given.quick && quickly), ...given }) as ReportConfig;
