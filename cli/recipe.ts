/** @file The recipe that every picture carries in its file: all that is needed to make it again. */

import { InputError } from "../src/error.ts";
import type { Preprocessing } from "../src/model/preprocessing.ts";
import type { PresetName } from "../src/preimage/technique.ts";
import type { DeviceName } from "../src/runtime/backend.ts";
import { readPngText } from "../src/tensor/png-text.ts";
import type { Job } from "./job.ts";

/** Keyword of the PNG's text entry. */
const keyword = "fovea";

/** A file that went in. */
export interface Source {
  /** Without its folder. */
  readonly name: string;
  /** As it was typed, unless that was an absolute path: those say too much about the machine. */
  readonly path?: string;
  readonly sha256: string;
}

export interface Recipe {
  /** Version that made the picture. */
  readonly version: string;
  readonly job: Job;
  readonly model: Source;
  readonly preprocessing: Preprocessing;
  readonly photo?: Source;
  readonly preset: PresetName;
  /** Side asked for; absent: the net's own. */
  readonly size?: number;
  /** Asked for, schedules follow it; absent: the preset's own. */
  readonly steps?: number;
  readonly stepsDone: number;
  /** Whether Ctrl-C ended the run after `stepsDone`. */
  readonly stopped: boolean;
  readonly seed: number;
  readonly device: DeviceName;
  readonly provider: string;
}

/** Text entries for the PNG of a picture. */
export const recipeText = (recipe: Recipe): Record<string, string> => ({ [keyword]: JSON.stringify(recipe) });

/** The recipe in a PNG. Throws `InputError` where there is none. */
export function readRecipe(png: Uint8Array, path: string): Recipe {
  const text = readPngText(png)[keyword];
  if (text === undefined)
    throw new InputError(
      `'${path}' carries no recipe: expected a PNG that fovea wrote; saving it with another program may have removed it`,
    );
  const damaged = new InputError(`the recipe in '${path}' is damaged: make the picture anew`);
  let recipe: Partial<Recipe> | null;
  try {
    recipe = JSON.parse(text) as Partial<Recipe> | null;
  } catch {
    throw damaged;
  }
  const whole =
    recipe?.job?.verb &&
    recipe.model?.sha256 &&
    recipe.preprocessing &&
    recipe.preset &&
    [recipe.stepsDone, recipe.seed].every(Number.isSafeInteger);
  if (!whole) throw damaged;
  return recipe as Recipe;
}
