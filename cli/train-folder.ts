/** @file The folder of a run: what is in it, whose it is, and whether a run may go on in it. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Dataset } from "../src/data/dataset.ts";
import { InputError } from "../src/error.ts";
import { isFile, readInput, writeFailure, writeOutput } from "./files.ts";
import { type Given, readConfig, type TrainConfig } from "./train-config.ts";

const files = {
  config: "config.json",
  environment: "environment.json",
  metrics: "metrics.jsonl",
  validation: "validation.json",
  checkpoint: "checkpoint.safetensors",
  model: "model.onnx",
  report: "report.html",
  lock: "lock",
} as const;

export type RunFolder = { readonly [K in keyof typeof files]: string } & { readonly folder: string };

/**
 * Makes the folder if need be; `tidy` removes what was made if nothing has come into it. Throws `InputError` where it is a file,
 * `Ending` where it cannot be made.
 */
export function runFolder(folder: string): { readonly paths: RunFolder; readonly tidy: () => void } {
  if (isFile(folder)) throw new InputError(`the output '${folder}' is a file: give the name of a folder`);
  try {
    const first = mkdirSync(folder, { recursive: true });
    return { paths: pathsIn(folder), tidy: () => first !== undefined && removeEmpty(resolve(folder), resolve(first)) };
  } catch (error) {
    throw writeFailure(folder, error);
  }
}

/** Removes a folder, and those around it up to `last`, as far as they are empty. */
function removeEmpty(folder: string, last: string): void {
  try {
    rmdirSync(folder);
  } catch {
    return;
  }
  if (folder !== last) removeEmpty(dirname(folder), last);
}

export const pathsIn = (folder: string): RunFolder => ({
  folder,
  ...(Object.fromEntries(Object.entries(files).map(([key, name]) => [key, join(folder, name)])) as {
    readonly [K in keyof typeof files]: string;
  }),
});

/**
 * The settings of the run that is in a folder. `undefined` where there is none, and where it has not come to a checkpoint
 * and other settings are given: then it is begun anew.
 */
export function earlierConfig(folder: string, given: Given): Given | undefined {
  const { config, checkpoint } = pathsIn(folder);
  if (!existsSync(config) || (given.data !== undefined && !existsSync(checkpoint))) return undefined;
  return readConfig(config);
}

/** Settings that may change between the sittings of one run: where things are and how fast they go, not what comes out. */
const free = new Set<keyof Given>([
  "data",
  "from",
  "validateSplit",
  "validateEvery",
  "saveEvery",
  "attackPictures",
  "half",
  "threads",
  "workers",
  "device",
]);

/** Throws `InputError` that names each setting in which a run differs from the one whose folder it wants. */
export function expectSameConfig(folder: string, earlier: Given, now: Given): void {
  const names = [...new Set([...Object.keys(earlier), ...Object.keys(now)])] as (keyof Given)[];
  const text = (x: unknown): string => (x === undefined ? "not given" : JSON.stringify(x));
  const changes = names.filter((n) => !free.has(n) && text(earlier[n]) !== text(now[n]));
  if (changes.length === 0) return;
  const list = changes.map((n) => `${n} was ${text(earlier[n])}, now ${text(now[n])}`).join("; ");
  throw new InputError(
    `the folder '${folder}' holds a run with other settings (${list}): take another folder with --out, or the same settings`,
  );
}

/** What a run is made of beside its settings; two sittings of one run have the same. */
export interface Ingredients {
  readonly data: {
    readonly name: string;
    readonly classes: readonly string[];
    /** Pictures that are trained on, and a hash of their names and labels. */
    readonly pictures: number;
    readonly sha256: string;
  };
  readonly net: { readonly name: string; readonly parameters: number; readonly sha256: string };
}

export const dataFacts = ({ name, classes, items }: Dataset): Ingredients["data"] => {
  const hash = createHash("sha256");
  for (const item of items) hash.update(`${item.label} ${item.name}\n`);
  return { name, classes, pictures: items.length, sha256: hash.digest("hex") };
};

/** Throws `InputError` that says in what the data or the net differ from those that the run in this folder had. */
export function expectSameIngredients({ folder, environment, checkpoint }: RunFolder, now: Ingredients): void {
  if (!existsSync(environment) || !existsSync(checkpoint)) return;
  let earlier: Partial<Ingredients>;
  try {
    earlier = JSON.parse(new TextDecoder().decode(readInput(environment, "environment"))) as Partial<Ingredients>;
  } catch {
    return;
  }
  const { data, net } = earlier;
  const changes: string[] = [];
  if (data && data.classes.join("\n") !== now.data.classes.join("\n"))
    changes.push(
      `${data.classes.length} classes then (${few(data.classes)}), ${now.data.classes.length} now (${few(now.data.classes)})`,
    );
  else if (data && data.pictures !== now.data.pictures)
    changes.push(`${data.pictures} training pictures then, ${now.data.pictures} now`);
  else if (data && data.sha256 !== now.data.sha256) changes.push("other training pictures or labels");
  if (net && net.sha256 !== now.net.sha256)
    changes.push(
      net.parameters === now.net.parameters
        ? "other starting weights"
        : `a net of ${net.parameters} parameters then, ${now.net.parameters} now`,
    );
  if (changes.length > 0)
    throw new InputError(
      `the folder '${folder}' holds a run on other data or of another net (${changes.join("; ")}): take another folder with --out`,
    );
}

const few = (names: readonly string[]): string => `${names.slice(0, 3).join(", ")}${names.length > 3 ? " …" : ""}`;

/** Writes the settings and what is known about the machine and the ingredients. */
export function describe(paths: RunFolder, config: TrainConfig, facts: Ingredients & Record<string, unknown>): void {
  writeOutput(paths.config, `${JSON.stringify(config, null, 2)}\n`);
  writeOutput(paths.environment, `${JSON.stringify(facts, null, 2)}\n`);
}
