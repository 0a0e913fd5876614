/** @file All presets by name, with constants changed where the user says so. */

import { expect, InputError } from "../error.ts";
import { nearest } from "../model/nearest.ts";
import type { Recipe } from "./axes.ts";
import { type Choices, chosen } from "./choices.ts";
import { accentuatePreset } from "./presets/accentuate.ts";
import { dreamPreset } from "./presets/dream.ts";
import { faithfulPreset } from "./presets/faithful.ts";
import { lucidPreset } from "./presets/lucid.ts";
import { macoPreset } from "./presets/maco.ts";
import { naturalPreset } from "./presets/natural.ts";
import { natural2015Preset } from "./presets/natural-2015.ts";
import type { Constants, Preset, Setting, TechniqueName } from "./presets/preset.ts";

export const presets = {
  natural: naturalPreset,
  "natural-2015": natural2015Preset,
  faithful: faithfulPreset,
  lucid: lucidPreset,
  maco: macoPreset,
  dream: dreamPreset,
  accentuate: accentuatePreset,
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as PresetName[];

/** A preset that was picked for a technique, with its constants as they hold. */
export interface Picked {
  readonly name: PresetName;
  readonly constants: Constants;
  /** Steps, as asked for or else its own. */
  readonly steps: number;
  /** Whether a schedule depends on the number of steps. */
  readonly scheduled: boolean;
  readonly recipe: (setting: Omit<Setting, "technique" | "steps">) => Recipe;
}

export interface PickOptions extends Choices {
  readonly preset?: PresetName;
  readonly steps?: number;
  /** Constants of the preset that are to be others. */
  readonly constants?: Readonly<Record<string, unknown>>;
}

/**
 * Picks a preset for a technique.
 *
 * Throws `InputError` for a preset that is not made for it, constants that it does not have, and values that are none.
 */
export function pick(
  technique: TechniqueName,
  usual: PresetName,
  { preset: name = usual, steps: asked, constants: changes = {}, ...choices }: PickOptions,
): Picked {
  const found: Preset | undefined = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!found)
    throw new InputError(`there is no preset '${name}': did you mean ${nearest(name, presetNames).join(", ")}?`);
  const able = presetNames.filter((n) => (presets[n] as Preset).techniques.includes(technique));
  expect(
    found.techniques.includes(technique),
    () => `the preset '${name}' is not made to ${technique}: take ${able.join(", ")}`,
  );
  const constants = changed(name, found.constants, changes);
  const steps = asked ?? found.steps(constants, technique);
  return {
    name,
    constants,
    steps,
    scheduled:
      (choices.schedule ?? "constant") !== "constant" ||
      (choices.transforms === undefined ? found.scheduled(technique) : /\bcrops\b/.test(choices.transforms)),
    recipe: (setting) =>
      chosen(choices, { ...setting, technique, steps }, found.parametrisation, (s) => found.recipe(s, constants)),
  };
}

/** A preset's constants with some of them changed. */
function changed(name: string, constants: Constants, changes: Readonly<Record<string, unknown>>): Constants {
  const names = Object.keys(constants);
  for (const [key, value] of Object.entries(changes)) {
    const own = constants[key];
    expect(
      own !== undefined && Object.hasOwn(constants, key),
      () => `the preset '${name}' has no constant '${key}': did you mean ${nearest(key, names).join(", ")}?`,
    );
    const fits = Array.isArray(own)
      ? Array.isArray(value) && value.length > 0 && value.every(Number.isFinite)
      : Number.isFinite(value);
    expect(
      fits,
      () =>
        `the preset '${name}': ${key}: expected ${Array.isArray(own) ? `numbers such as [${own.slice(0, 3).join(", ")}]` : `a number such as ${own}`}, got ${JSON.stringify(value)}`,
    );
  }
  return { ...constants, ...(changes as Constants) };
}
