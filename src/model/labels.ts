/** @file Names of a net's classes: read from JSON or text, or known because the model says what it was trained on. */

import { expect, InputError } from "../error.ts";

export interface Labels {
  readonly names: readonly string[];
  /** Where they come from, in words. */
  readonly source: string;
}

const wellKnown: readonly (readonly [RegExp, string, readonly string[]])[] = [
  [
    /cifar[-_ ]?10(?!0)/i,
    "CIFAR-10",
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
  ],
  [
    /fashion[-_ ]?mnist/i,
    "Fashion-MNIST",
    ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
  ],
  [/mnist/i, "MNIST", ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]],
];

/** Names of a ten-class net whose name or description tells its data set. */
export function wellKnownLabels(description: string): Labels | undefined {
  const found = wellKnown.find(([pattern]) => pattern.test(description));
  return found && { names: found[2], source: `${found[1]}, as the model's name says` };
}

/**
 * Labels from JSON (a list of names; an object from class number to name, or to [id, name]; an object from name to class
 * number) or from text with one name a line.
 *
 * Throws an `InputError` where the text is neither, or a class is left out.
 */
export function parseLabels(text: string, where: string): string[] {
  if (!/^\s*[[{]/.test(text))
    return text
      .replace(/^\ufeff/, "")
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => line.replace(/^n\d{8}\s+/, "").trim());
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(
      `${where}: the labels are no valid JSON: give a list of names, or a text file with one a line`,
    );
  }
  return labelsOf(json, where);
}

/** The same from parsed JSON. */
export function labelsOf(json: unknown, where: string): string[] {
  const entries = Object.entries(json ?? {});
  const numbered = entries.every(([key]) => /^\d+$/.test(key));
  const names: (string | undefined)[] = [];
  for (const [key, value] of entries) {
    const index = numbered ? Number(key) : Number(value);
    const name: unknown = numbered ? (Array.isArray(value) ? value.at(-1) : value) : key;
    if (Number.isInteger(index) && index >= 0 && index < entries.length && typeof name === "string")
      names[index] = name;
  }
  const missing = Array.from({ length: Math.max(1, entries.length) }, (_, i) => i).find((i) => names[i] === undefined);
  expect(
    missing === undefined,
    () => `${where}: no label for class ${missing}: give a list of names, one for each class`,
  );
  return names as string[];
}

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[\s_-]+/g, " ")
    .trim();

/** Class numbers that a label names, by its whole text or one of its comma-separated synonyms; case, `_` and `-` do not count. */
export function classesNamed(names: readonly string[], label: string): number[] {
  const wanted = plain(label);
  const whole = names.flatMap((name, i) => (plain(name) === wanted ? [i] : []));
  if (whole.length > 0) return whole;
  return names.flatMap((name, i) => (name.split(",").some((part) => plain(part) === wanted) ? [i] : []));
}
