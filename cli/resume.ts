/** @file `--resume`: goes on with a picture from its saved state, as if it had never stopped. */

import { dirname, join } from "node:path";
import { InputError } from "../src/error.ts";
import { decodeSaved } from "../src/preimage/saved.ts";
import { readInput, stem } from "./files.ts";
import { ingredientsOf } from "./ingredients.ts";
import { isScheduled, type Job, needsPhoto } from "./job.ts";
import type { PictureFlags } from "./options.ts";
import { endPicture } from "./picture.ts";
import { settingsIn } from "./picture-settings.ts";
import { wholeRecipe } from "./recipe.ts";
import { say } from "./say.ts";

/** Flags that say where to go on and what to keep, not what picture it is. */
const allowed = new Set(
  "resume steps out device json quiet state snapshots animate model photo labels mean std range colour layout judge photos report".split(
    " ",
  ),
);

/**
 * Makes the picture of a saved state with all the settings that it was made with, to `--steps` in all.
 *
 * @param verb The verb that was called, which must be the picture's.
 * @param args Where model and photo lie, where they are not found.
 */
export async function resumePicture(verb: Job["verb"], args: readonly string[], flags: PictureFlags): Promise<void> {
  const path = flags.resume!;
  const other = Object.keys(flags).find((name) => !allowed.has(name));
  if (other !== undefined)
    throw new InputError(
      `--resume goes on with the settings of '${path}': leave out --${other.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`,
    );
  const saved = decodeState(path);
  const recipe = wholeRecipe(saved.recipe, path);
  if (recipe.job.verb !== verb)
    throw new InputError(`'${path}' is the state of a picture of '${recipe.job.verb}', not of '${verb}'`);
  const [model = flags.model, photo] = args;
  if (args.length > (needsPhoto(recipe.job) ? 2 : 1))
    throw new InputError(
      "--resume goes on with what the state is of: give no more than where the model and the photo lie",
    );
  const ingredients = await ingredientsOf(recipe, path, { model, photo });
  const { steps = recipe.steps } = flags;
  const settings = { ...settingsIn(recipe), ...(steps !== undefined && { steps }) };
  if (steps !== recipe.steps && isScheduled(recipe.job, settings) && !flags.quiet)
    say(
      `Note: the schedule follows the number of steps: ${recipe.stepsDone} steps were made as the first of ${recipe.steps ?? "the preset's own"}, the others are the last of ${steps ?? "the preset's own"}.`,
    );
  const stage = { ...(recipe.steps !== undefined && { steps: recipe.steps }), stepsDone: recipe.stepsDone };
  await endPicture(recipe.job, ingredients, flags, {
    out: flags.out ?? join(dirname(path), `${stem(path)}.png`),
    settings,
    goingOn: { states: saved.states, stages: [...(recipe.stages ?? []), stage] },
  });
}

function decodeState(path: string) {
  try {
    return decodeSaved(readInput(path, "state"));
  } catch (error) {
    throw error instanceof InputError ? new InputError(`'${path}': ${error.message}`) : error;
  }
}
