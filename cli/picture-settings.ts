/** @file How a picture is made, apart from what it is of: the record that flags become and that recipes keep. */

import { InputError } from "../src/error.ts";
import { nearest } from "../src/model/nearest.ts";
import type { MaximizeOptions } from "../src/preimage/maximize.ts";
import { type PresetName, presetNames, presets } from "../src/preimage/presets.ts";
import { isFile, readInput } from "./files.ts";
import type { PictureFlags } from "./options.ts";

const names = [
  "preset",
  "size",
  "steps",
  "seed",
  "restarts",
  "batch",
  "constants",
  "parametrisation",
  "transforms",
  "regularisers",
  "optimiser",
  "schedule",
  "transparent",
  "anchor",
] as const;

/** What is left out is the technique's or the preset's own. */
export type PictureSettings = Pick<MaximizeOptions, (typeof names)[number]>;

/** The settings among the fields of a record, which may hold more. */
export const settingsIn = (record: PictureSettings): PictureSettings =>
  Object.fromEntries(names.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])));

/** The settings that flags ask for; those of a preset's file first. */
export const settingsOf = ({ preset, ...flags }: PictureFlags): PictureSettings => ({
  ...(preset !== undefined && readPreset(preset)),
  ...settingsIn(flags),
});

/** Settings, beside its constants, that a preset's file may hold. */
const words = ["parametrisation", "transforms", "regularisers", "optimiser", "schedule"] as const;

/**
 * A preset by its name, or a JSON file that changes one: `{"preset": "lucid", "learningRate": 0.1, "transforms": "none"}`.
 *
 * Throws `InputError` for names that are none, and for keys that the preset does not have.
 */
export function readPreset(text: string): PictureSettings {
  const known = presetNamed(text);
  if (known) return { preset: known };
  if (!isFile(text))
    throw new InputError(
      `there is no preset '${text}': did you mean ${nearest(text, presetNames).join(", ")}? A JSON file that changes one works, too`,
    );
  const { preset: name, ...rest } = jsonOf(text);
  const preset = typeof name === "string" ? presetNamed(name) : undefined;
  if (!preset)
    throw new InputError(
      `the preset '${text}': expected "preset" to be one of ${presetNames.join(", ")}, got ${JSON.stringify(name)}`,
    );
  const constants = Object.keys(presets[preset].constants);
  const allowed = [...constants, ...words, "steps"];
  const settings: Record<string, unknown> = { preset };
  const changed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if (!allowed.includes(key))
      throw new InputError(
        `the preset '${text}': '${preset}' has no '${key}': did you mean ${nearest(key, allowed).join(", ")}?`,
      );
    if (constants.includes(key)) changed[key] = value;
    else settings[key] = axisOrSteps(text, key, value);
  }
  return { ...settings, ...(Object.keys(changed).length > 0 && { constants: changed }) };
}

const presetNamed = (text: string): PresetName | undefined => presetNames.find((name) => name === text);

function jsonOf(path: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(readInput(path, "preset")));
  } catch (error) {
    if (error instanceof InputError) throw error;
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new InputError(
      `the preset '${path}': expected a JSON object such as {"preset": "lucid", "learningRate": 0.1}`,
    );
  return json as Record<string, unknown>;
}

/** Steps are a whole number, all else is text. */
function axisOrSteps(path: string, key: string, value: unknown): string | number {
  const fits = key === "steps" ? Number.isSafeInteger(value) && (value as number) > 0 : typeof value === "string";
  if (fits) return value as string | number;
  throw new InputError(
    `the preset '${path}': ${key}: expected ${key === "steps" ? "a whole number above 0" : `text such as "${key === "transforms" ? "jitter:8,rotate:10" : "none"}"`}, got ${JSON.stringify(value)}`,
  );
}
