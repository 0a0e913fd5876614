/** @file A setting of a verb: one reader for what stands in a flag and what stands in a config file. */

import { type Command, InvalidArgumentError } from "commander";
import { InputError } from "../src/error.ts";
import { nearest } from "../src/model/nearest.ts";
import { readInput } from "./files.ts";

export interface Setting<T> {
  /** As commander wants it: `--lr <rate>`. */
  readonly flag: string;
  readonly help: string;
  /** What a value must be, for the error. */
  readonly expected: string;
  /** The value of a flag's text or of a config file's JSON; `undefined` where it is no such value. */
  readonly read: (raw: unknown) => T | undefined;
}

/** Settings by their names in the config file, which are those of the flags in camel case. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type ValuesOf<S extends Settings> = {
  readonly [K in keyof S]?: S[K] extends Setting<infer T> ? T : never;
};

type Reader<T> = Pick<Setting<T>, "expected" | "read">;

const asNumber = (raw: unknown): number =>
  typeof raw === "number" ? raw : typeof raw === "string" && raw.trim() !== "" ? Number(raw) : Number.NaN;

export const whole = (low: number, high: number): Reader<number> => ({
  expected: `a whole number from ${low} to ${high}`,
  read: (raw) => {
    const x = asNumber(raw);
    return Number.isInteger(x) && x >= low && x <= high ? x : undefined;
  },
});

export const above0: Reader<number> = {
  expected: "a number above 0",
  read: (raw) => {
    const x = asNumber(raw);
    return x > 0 && Number.isFinite(x) ? x : undefined;
  },
};

/** From `low` to `high`; `true` (a flag without a value) stands for `alone`. */
export const between = (low: number, high: number, alone?: number): Reader<number> => ({
  expected: `a number from ${low} to ${high}`,
  read: (raw) => {
    const x = raw === true && alone !== undefined ? alone : asNumber(raw);
    return x >= low && x <= high ? x : undefined;
  },
});

/** A number from 0, also as a fraction: 0.03, "8/255". */
export const fraction: Reader<number> = {
  expected: "a number from 0 or a fraction such as 8/255",
  read: (raw) => {
    const parts = typeof raw === "string" ? raw.split("/") : [raw];
    const [x = Number.NaN, y = 1] = parts.map(asNumber);
    const value = x / y;
    return parts.length <= 2 && value >= 0 && Number.isFinite(value) ? value : undefined;
  },
};

export const choice = <const T extends string>(options: readonly T[]): Reader<T> => ({
  expected: `one of ${options.join(", ")}`,
  read: (raw) => options.find((option) => option === raw),
});

export const text: Reader<string> = {
  expected: "some text",
  read: (raw) => (typeof raw === "string" && raw !== "" ? raw : undefined),
};

export const yes: Reader<boolean> = {
  expected: "true or false",
  read: (raw) => (typeof raw === "boolean" ? raw : undefined),
};

/** `a,b` or ["a", "b"]; also several words behind one flag. */
export const words: Reader<readonly string[]> = {
  expected: "names with commas between them",
  read: (raw) => {
    const parts: readonly unknown[] = typeof raw === "string" ? [raw] : Array.isArray(raw) ? raw : [];
    const all = parts.flatMap((part) => (typeof part === "string" ? part.split(",") : [""]));
    const names = all.map((name) => name.trim());
    return names.length > 0 && names.every(Boolean) ? names : undefined;
  },
};

/** Adds an option for each setting; flags that are not given stay out of the values. */
export function withSettings(command: Command, settings: Settings): Command {
  for (const { flag, help, expected, read } of Object.values(settings))
    if (/<|\[/.test(flag) && !/\.\.\./.test(flag))
      command.option(flag, help, (raw: string) => {
        const value = read(raw);
        if (value === undefined) throw new InvalidArgumentError(`Expected ${expected}.`);
        return value;
      });
    else command.option(flag, help);
  return command;
}

/**
 * The values among JSON or flags. Throws `InputError` for values that are none, and for names that are no settings.
 *
 * @param where What the values come from, for the error: "config.json".
 */
export function readSettings<S extends Settings>(settings: S, given: unknown, where: string): ValuesOf<S> {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new InputError(`${where}: expected an object of settings such as {"net": "resnet18"}`);
  const values: Record<string, unknown> = {};
  for (const [name, raw] of Object.entries(given)) {
    const setting = settings[name];
    if (!setting)
      throw new InputError(
        `${where}: there is no setting '${name}': did you mean ${nearest(name, Object.keys(settings)).join(", ")}?`,
      );
    if (raw === undefined || raw === null) continue;
    const value = setting.read(raw);
    if (value === undefined)
      throw new InputError(`${where}: ${name}: expected ${setting.expected}, got ${JSON.stringify(raw)}`);
    values[name] = value;
  }
  return values as ValuesOf<S>;
}

/**
 * The settings in a JSON file. Throws `InputError` where it cannot be read, and as `readSettings` does.
 *
 * @param example What such a file may hold, for the error: `{"net": "resnet18"}`.
 */
export function readConfigFile<S extends Settings>(settings: S, path: string, example: string): ValuesOf<S> {
  const bytes = readInput(path, "config");
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new InputError(`the config '${path}' is no valid JSON: expected an object such as ${example}`);
  }
  return readSettings(settings, json, `the config '${path}'`);
}

/** The values that there are, in the order of the settings whatever order they were given in. */
export function inOrder<S extends Settings>(settings: S, values: ValuesOf<S>): ValuesOf<S> {
  const names = Object.keys(settings) as (keyof S)[];
  return Object.fromEntries(
    names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  ) as ValuesOf<S>;
}
