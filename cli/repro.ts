/** @file `fovea repro`: makes a picture again from the recipe in its file and compares the pixels. */

import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import { decodeImage, encodePng } from "../src/tensor/image.node.ts";
import { type Image, imageDims, toBytes8 } from "../src/tensor/image.ts";
import { Ending } from "./exit.ts";
import { checkWritable, readInput, writeOutput } from "./files.ts";
import { findSource, type Input, readModelFile, readPhoto } from "./input.ts";
import { needsPhoto, run, subjectOf } from "./job.ts";
import { type DeviceFlag, type OutputFlags, withDevice, withOutput } from "./options.ts";
import { finish, techniqueOptions } from "./picture.ts";
import { type Recipe, readRecipe, recipeText, type Source } from "./recipe.ts";
import { printJson, say } from "./say.ts";
import { stopSignal } from "./stop.ts";
import { version } from "./version.ts";

interface Flags extends DeviceFlag, OutputFlags {
  readonly model?: string;
  readonly photo?: string;
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

  const find = (source: Source, flag: "model" | "photo"): string => {
    const found = flags[flag] ?? findSource(source, file);
    if (found) return found;
    throw new InputError(`the ${flag} '${source.name}' of the recipe was not found: say where it is with --${flag}`);
  };
  const { range, ...preprocessing } = recipe.preprocessing;
  const modelFlags = {
    ...preprocessing,
    mean: [...preprocessing.mean],
    std: [...preprocessing.std],
    range: [...range],
  };
  const model = await readModelFile(find(recipe.model, "model"), { ...modelFlags, quiet: true });
  expectSame(model, recipe.model, "model");
  const photo =
    needsPhoto(recipe.job) && recipe.photo ? await readPhoto(find(recipe.photo, "photo"), { quiet: true }) : undefined;
  if (photo && recipe.photo) expectSame(photo, recipe.photo, "photo");

  const image = await make(recipe, model, photo, flags);
  if (flags.out) writeOutput(flags.out, await encodePng(image, { text: recipeText({ ...recipe, version }) }));
  const comparison = compare(image, (await decodeImage(png, { maxPixels: Number.POSITIVE_INFINITY })).image);
  if (flags.json) printJson({ ...comparison, ...(flags.out && { out: flags.out }), recipe });
  else process.stdout.write(`${verdict(comparison)}\n`);
  if (!comparison.identical) throw new Ending(1);
}

/** Runs the recipe, as far as the first run came. */
async function make(
  recipe: Recipe,
  model: Input<Parameters<typeof run>[1]>,
  photo: Input<Image> | undefined,
  { device = recipe.device, quiet }: Flags,
): Promise<Image> {
  const early = new AbortController();
  const interrupted = stopSignal();
  const options = {
    ...techniqueOptions({ ...recipe, device }),
    signal: AbortSignal.any([early.signal, interrupted]),
  };
  const made = await finish(
    `${recipe.job.verb} ${subjectOf(recipe.job)}`,
    run(recipe.job, model.value, { photo: photo?.value }, options),
    { quiet, onStep: (step) => recipe.stopped && step >= recipe.stepsDone && early.abort() },
  );
  if (interrupted.aborted) throw new Ending(130, "stopped: the pictures were not compared and nothing was written");
  return made.image;
}

function expectSame({ file, source }: Input<unknown>, { name, sha256 }: Source, what: "model" | "photo"): void {
  if (source.sha256 !== sha256)
    throw new InputError(
      `'${file}' is not the ${what} '${name}' that the picture was made with (SHA-256 ${source.sha256.slice(0, 12)}…, expected ${sha256.slice(0, 12)}…): give the right one with --${what}`,
    );
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
