/** @file `fovea repro`: makes a picture again from the recipe in its file and compares the pixels. */

import type { Command } from "commander";
import { decodeImage, encodePng } from "../src/tensor/image.node.ts";
import { type Image, imageDims, toBytes8 } from "../src/tensor/image.ts";
import { Ending } from "./exit.ts";
import { checkWritable, readInput, writeOutput } from "./files.ts";
import { type Ingredients, ingredientsOf } from "./ingredients.ts";
import { type Made, run, subjectOf } from "./job.ts";
import { type DeviceFlag, type OutputFlags, withDevice, withOutput } from "./options.ts";
import { finish, runOptions } from "./picture.ts";
import { settingsIn } from "./picture-settings.ts";
import { isLook, type Recipe, readRecipe, recipeText } from "./recipe.ts";
import { printJson, say } from "./say.ts";
import { isSheet } from "./sheet-recipe.ts";
import { stopSignal } from "./stop.ts";
import { version } from "./version.ts";
import { viewOf } from "./view.ts";

interface Flags extends DeviceFlag, OutputFlags {
  readonly model?: string;
  readonly photo?: string;
  readonly photos?: string;
  readonly out?: string;
}

const help = `
Model and photo are looked for where they were, here, and beside the picture; their SHA-256 must be the recipe's.
Exit code 0 when all pixels are the same, 1 when some differ. Another device or version may differ in the last digit.

Example:
  fovea repro a.png --model net.onnx --out again.png`;

export const define = (command: Command): Command =>
  withOutput(
    withDevice(
      command
        .argument("<picture>", "a PNG that fovea wrote")
        .option("--model <file>", "the model it was made with, where it is not found")
        .option("--photo <file>", "the photo it was made from, where it is not found")
        .option("--photos <folder>", "the photos that stand on it, where it is a sheet and they are not found")
        .option("--out <file>", "keep the new picture here"),
    ),
  )
    .addHelpText("after", help)
    .action(repro);

async function repro(file: string, flags: Flags): Promise<void> {
  const png = readInput(file, "picture");
  const recipe = readRecipe(png, file);
  if (flags.out) checkWritable(flags.out, [file]);
  const tell = flags.quiet ? () => {} : say;
  if (recipe.version !== version)
    tell(`Note: the picture was made with fovea ${recipe.version}, this is ${version}: it may come out differently.`);

  const ingredients = await ingredientsOf(recipe, file, flags);
  const image = isLook(recipe)
    ? await (await import("./look.ts")).remakeLook(recipe, ingredients, flags)
    : isSheet(recipe)
      ? await (await import("./sheet-repro.ts")).remakeSheet(recipe, ingredients, file, flags)
      : await make(recipe, ingredients, flags);
  const again = await encodePng(image, { text: recipeText({ ...recipe, version }) });
  if (flags.out) writeOutput(flags.out, again);
  const read = async (bytes: Uint8Array) => (await decodeImage(bytes, { maxPixels: Number.POSITIVE_INFINITY })).image;
  const comparison = compare(await read(again), await read(png));
  if (flags.json) printJson({ ...comparison, ...(flags.out && { out: flags.out }), recipe });
  else process.stdout.write(`${verdict(comparison)}\n`);
  if (!comparison.identical) throw new Ending(1);
}

/** Runs the recipe, as far as the first run came, and stops and goes on where that did. */
async function make(
  recipe: Recipe,
  ingredients: Ingredients,
  { device = recipe.device, quiet }: Flags,
): Promise<Image> {
  const { job, stages = [], stopped, stepsDone } = recipe;
  const interrupted = stopSignal();
  const settings = settingsIn(recipe);
  const { steps: _, ...others } = runOptions(settings, ingredients, device);
  const all = [...stages.map((stage) => ({ ...stage, stopped: true })), { steps: recipe.steps, stepsDone, stopped }];
  let made: Made | undefined;
  for (const stage of all) {
    const early = new AbortController();
    const options = {
      ...others,
      ...(stage.steps !== undefined && { steps: stage.steps }),
      ...(made?.states && { from: made.states }),
      signal: AbortSignal.any([early.signal, interrupted]),
    };
    made = await finish(
      `${job.verb} ${subjectOf(job)}`,
      run(job, ingredients.model.value, { photo: ingredients.photo?.value }, options),
      {
        quiet,
        onStep: ({ step }) => {
          if (stage.stopped && step >= stage.stepsDone) early.abort();
        },
      },
    );
    if (interrupted.aborted) throw new Ending(130, "stopped: the pictures were not compared and nothing was written");
  }
  return viewOf(made!, ingredients.model.value.preprocessing);
}

interface Comparison {
  readonly identical: boolean;
  /** Largest difference of one colour value, in steps of 0…255; null when the sizes differ. */
  readonly maxDifference: number | null;
  /** Share of colour values that differ, 0…1; null when the sizes differ. */
  readonly share: number | null;
}

function compare(a: Image, b: Image): Comparison {
  if (imageDims(a).join() !== imageDims(b).join()) return { identical: false, maxDifference: null, share: null };
  const [x, y] = [toBytes8(a), toBytes8(b)];
  let maxDifference = 0;
  let count = 0;
  for (let i = 0; i < x.length; i++) {
    const difference = Math.abs(x[i]! - y[i]!);
    if (difference > 0) count++;
    maxDifference = Math.max(maxDifference, difference);
  }
  return { identical: count === 0, maxDifference, share: count / x.length };
}

function verdict({ identical, maxDifference, share }: Comparison): string {
  if (identical) return "identical: every pixel is the same";
  if (maxDifference === null || share === null) return "different: the new picture has another size";
  return `different: ${(100 * share).toPrecision(3)} % of the colour values differ, by at most ${maxDifference} of 255`;
}
