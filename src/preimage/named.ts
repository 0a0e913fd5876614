/** @file Lists as users type them: `pad:12,jitter:8,scale:0.9-1.1`, names with numbers or ranges of numbers behind them. */

import { expect, InputError } from "../error.ts";
import { nearest } from "../model/nearest.ts";

/** A number, or the two ends of a range. */
export type Argument = readonly [from: number, to: number];

/** One thing that has a name. */
export interface Named<T> {
  /** What may stand behind the name, in this order, and what counts where it is left out; `undefined` must be given. */
  readonly arguments: Readonly<Record<string, number | Argument | undefined>>;
  /** What it does, in a few words for the help. */
  readonly what: string;
  /** Makes it of its arguments; of a range that is given as one number, both ends are that. */
  readonly make: (args: Readonly<Record<string, Argument>>) => T;
}

export type Table<T> = Readonly<Record<string, Named<T>>>;

/**
 * What a list names, in its order; nothing for `none`.
 *
 * @param axis What the list is of, for the errors: "transforms".
 *
 * Throws an `InputError` that suggests the nearest names, or says what a name takes.
 */
export function readList<T>(axis: string, text: string, table: Table<T>): T[] {
  if (text.trim() === "none") return [];
  return text.split(",").map((part) => readNamed(axis, part, table));
}

/** What a single name with its arguments stands for. */
export function readNamed<T>(axis: string, text: string, table: Table<T>): T {
  const [name = "", ...given] = text.trim().split(":");
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!found) {
    const names = nearest(name, Object.keys(table)).join(", ");
    throw new InputError(`${axis}: there is no "${name}": did you mean ${names}?`);
  }
  const wanted = Object.entries(found.arguments);
  const usage = [name, ...wanted.map(([argument]) => argument)].join(":");
  expect(
    given.length <= wanted.length,
    () => `${axis}: "${text.trim()}" has too many numbers: expected ${usage}${wanted.length === 0 ? " alone" : ""}`,
  );
  const args = wanted.map(([argument, usual], i): [string, Argument] => {
    const value = given[i] === undefined ? usual : rangeOf(given[i]!);
    if (value === undefined)
      throw new InputError(
        given[i] === undefined
          ? `${axis}: ${name} needs a number behind it: write ${usage}`
          : `${axis}: ${name}: expected ${argument} as a number or a range such as 0.9-1.1, got "${given[i]}"`,
      );
    return [argument, typeof value === "number" ? [value, value] : value];
  });
  return found.make(Object.fromEntries(args));
}

const number = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?";
const range = new RegExp(`^(${number})(?:-(${number}))?$`, "i");

function rangeOf(text: string): Argument | undefined {
  const match = range.exec(text.trim());
  if (!match) return undefined;
  const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
  return [from, to];
}
