/** @file Pictures that are computed for a photo at once, without steps: from a job to the sheet and its numbers, and again from a recipe. */

import type { Model } from "../src/model/model.ts";
import type { Device } from "../src/runtime/backend.ts";
import { encodePng } from "../src/tensor/image.node.ts";
import type { Image } from "../src/tensor/image.ts";
import { writeOutput } from "./files.ts";
import type { Ingredients } from "./ingredients.ts";
import { type Looked, type LookOptions, labelOf } from "./looked.ts";
import { type LookJob, type LookRecipe, recipeText } from "./recipe.ts";
import { printJson, say } from "./say.ts";
import { version } from "./version.ts";

/** Throws `Ending` with 130 when it was stopped. */
async function runLook(job: LookJob, model: Model, photo: Image, options: LookOptions): Promise<Looked> {
  if (job.verb === "attribute")
    return (await import("./attribute-sheet.ts")).attributeSheet(model, photo, job, options);
  return (await import("./levels-strip.ts")).levelsStrip(model, photo, options);
}

/** Writes the picture with its recipe. */
async function writeLook(
  out: string,
  job: LookJob,
  { model, photo }: Required<Pick<Ingredients, "model" | "photo">>,
  { size, seed }: LookOptions,
  { image, classes, device, provider }: Looked,
): Promise<void> {
  const names = model.value.labels?.names;
  const recipe: LookRecipe = {
    version,
    job,
    model: model.source,
    preprocessing: model.value.preprocessing,
    photo: photo.source,
    ...(names && { labels: Object.fromEntries(classes.map((c) => [c, labelOf(names, c)])) }),
    ...(size !== undefined && { size }),
    seed,
    device,
    provider,
  };
  writeOutput(out, await encodePng(image, { text: recipeText(recipe) }));
}

/**
 * Makes a picture, and prints what came of it.
 *
 * @param told The numbers that `--json` prints, as words.
 */
export async function showLook<Numbers>(
  out: string,
  job: LookJob,
  ingredients: Required<Pick<Ingredients, "model" | "photo">>,
  options: LookOptions & { readonly json?: boolean | undefined },
  told: (numbers: Numbers) => string,
): Promise<void> {
  const { model, photo } = ingredients;
  const looked = await runLook(job, model.value, photo.value, options);
  await writeLook(out, job, ingredients, options, looked);
  const { level } = model.source;
  if (options.json) printJson({ out, ...(level !== undefined && { level }), ...looked.numbers });
  if (options.quiet) return;
  for (const note of looked.notes) say(`Note: ${note}.`);
  say(`Preprocessing: ${model.value.preprocessingSource}.`);
  say(told(looked.numbers as Numbers));
  say(out);
}

/** The picture again. */
export async function remakeLook(
  { job, seed, size, labels, device: before }: LookRecipe,
  { model, photo }: Ingredients,
  { device = before, quiet }: { readonly device?: Device; readonly quiet?: boolean },
): Promise<Image> {
  if (!photo) throw new Error("internal: repro: the photo of a look was not read");
  const names: string[] = [];
  for (const [c, name] of Object.entries(labels ?? {})) names[Number(c)] = name;
  const named = { ...model.value, labels: labels && { names, source: "the recipe" } };
  return (await runLook(job, named, photo.value, { seed, size, device, quiet })).image;
}
