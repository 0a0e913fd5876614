/** @file The recipe that every picture carries in its file: all that is needed to make it again. */

import type { Baseline } from "../src/attribution/faithfulness.ts";
import { InputError } from "../src/error.ts";
import type { Preprocessing } from "../src/model/preprocessing.ts";
import type { PresetName } from "../src/preimage/presets.ts";
import type { DeviceName } from "../src/runtime/backend.ts";
import { readPngText } from "../src/tensor/png-text.ts";
import type { Job } from "./job.ts";
import type { PictureSettings } from "./picture-settings.ts";

/** Keyword of the PNG's text entry. */
const keyword = "fovea";

/** A file that went in. */
export interface Source {
  /** Without its folder. */
  readonly name: string;
  /** As it was typed, unless that was an absolute path: those say too much about the machine. */
  readonly path?: string;
  readonly sha256: string;
  /** Of a top-down net: the only level that sees the picture. */
  readonly level?: number;
}

/** Steps that a picture had before it was gone on with. */
export interface Stage {
  /** Asked for, schedules followed it; absent: the preset's own. */
  readonly steps?: number;
  /** Done, of all pictures that were made for it. */
  readonly stepsDone: number;
}

/** Settings that are absent are the technique's or the preset's own. */
export interface Recipe extends PictureSettings {
  /** Version that made the picture. */
  readonly version: string;
  readonly job: Job;
  readonly model: Source;
  readonly preprocessing: Preprocessing;
  readonly photo?: Source;
  /** A photo or a saved state. */
  readonly start?: Source;
  readonly spectrum?: Source;
  /** Photos and directions by the names that the objective uses. */
  readonly with?: Readonly<Record<string, Source>>;
  readonly preset: PresetName;
  readonly seed: number;
  /** Where it was stopped and gone on with, from the beginning. */
  readonly stages?: readonly Stage[];
  readonly stepsDone: number;
  /** Whether the run ended after `stepsDone`, before it was over. */
  readonly stopped: boolean;
  readonly device: DeviceName;
  readonly provider: string;
}

/** What is computed for a photo at once, without steps. */
export type LookJob =
  | {
      readonly verb: "attribute";
      readonly methods: readonly string[];
      /** Number of the class that is explained. */
      readonly class: number;
      readonly layer?: string;
      /** Of the curves of deletion and insertion. */
      readonly steps: number;
      readonly deletion: Baseline;
      readonly insertion: Baseline;
    }
  | { readonly verb: "levels" };

/** The recipe of such a picture. */
export interface LookRecipe
  extends Pick<Recipe, "version" | "model" | "preprocessing" | "seed" | "device" | "provider"> {
  readonly job: LookJob;
  readonly photo: Source;
  /** Names of the classes that are shown, by their numbers. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly size?: number;
}

export const isLookJob = (job: Recipe["job"] | LookJob): job is LookJob =>
  job.verb === "attribute" || job.verb === "levels";
export const isLook = (recipe: Recipe | LookRecipe): recipe is LookRecipe => isLookJob(recipe.job);

/** Text entries for the PNG of a picture. */
export const recipeText = (recipe: Recipe | LookRecipe): Record<string, string> => ({
  [keyword]: JSON.stringify(recipe),
});

/** The recipe in a PNG. Throws `InputError` where there is none. */
export function readRecipe(png: Uint8Array, path: string): Recipe | LookRecipe {
  const text = readPngText(png)[keyword];
  if (text === undefined)
    throw new InputError(
      `'${path}' carries no recipe: expected a PNG that fovea wrote; saving it with another program may have removed it`,
    );
  try {
    const json: unknown = JSON.parse(text);
    return wholeLook(json) ?? wholeRecipe(json, path);
  } catch (error) {
    throw error instanceof InputError ? error : damaged(path);
  }
}

const damaged = (path: string): InputError =>
  new InputError(`the recipe in '${path}' is damaged: make the picture anew`);

/** The recipe of a look, where it is one and nothing of it is missing. */
function wholeLook(json: unknown): LookRecipe | undefined {
  const recipe = json as Partial<LookRecipe> | null;
  const { job, model, photo, preprocessing, seed } = recipe ?? {};
  const whole = job?.verb && isLookJob(job) && model?.sha256 && photo?.sha256 && preprocessing;
  return whole && Number.isSafeInteger(seed) ? (recipe as LookRecipe) : undefined;
}

/** A recipe as JSON. Throws `InputError` where something of it is missing. */
export function wholeRecipe(json: unknown, path: string): Recipe {
  const recipe = json as Partial<Recipe> | null;
  const whole =
    recipe?.job?.verb &&
    recipe.model?.sha256 &&
    recipe.preprocessing &&
    recipe.preset &&
    [recipe.stepsDone, recipe.seed].every(Number.isSafeInteger);
  if (!whole) throw damaged(path);
  return recipe as Recipe;
}
