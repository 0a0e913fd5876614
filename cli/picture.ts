/** @file From a job to a file: checks the output, runs with a progress line, stops on Ctrl-C, writes the PNG with its recipe. */

import { join } from "node:path";
import type { Model } from "../src/model/model.ts";
import type { PresetName, Progress, StartEnd, TechniqueOptions } from "../src/preimage/technique.ts";
import { encodePng } from "../src/tensor/image.node.ts";
import { type Image, imageDims } from "../src/tensor/image.ts";
import { Ending } from "./exit.ts";
import { checkWritable, safeName, stem, writeOutput } from "./files.ts";
import type { Input } from "./input.ts";
import { type Job, type Made, run, subjectOf } from "./job.ts";
import type { PictureFlags } from "./options.ts";
import { recipeText } from "./recipe.ts";
import { printJson, progressLine, say } from "./say.ts";
import { stopSignal } from "./stop.ts";
import { digits } from "./table.ts";
import { version } from "./version.ts";

/** A model or photo that was read, and the file it came from. */
export interface Ingredients {
  readonly model: Input<Model>;
  readonly photo?: Input<Image>;
  /** See `Photos`. */
  readonly others?: readonly Input<Image>[];
}

/** What `--json` prints. */
export type Numbers = Omit<Made, "image"> & {
  readonly out: string;
  /** Height and width of the picture. */
  readonly size: readonly [number, number];
};

/** `squeezenet-maximize-logits_rose.png`, with the photo's name behind where there is one. */
export const defaultOut = (job: Job, { model, photo }: Ingredients, folder = "."): string =>
  join(
    folder,
    `${[stem(model.source.name), job.verb, subjectOf(job), ...(photo ? [stem(photo.source.name)] : [])].map(safeName).join("-")}.png`,
  );

/** The technique's options among the flags. */
export const techniqueOptions = ({ preset, size, steps, seed, device }: PictureFlags): TechniqueOptions => ({
  ...(preset && { preset }),
  ...(size && { size }),
  ...(steps && { steps }),
  ...(seed !== undefined && { seed }),
  ...(device && { device }),
});

/** Runs a job to its end or to Ctrl-C, showing how far it is. */
export async function finish(
  title: string,
  steps: AsyncGenerator<Progress, Made>,
  { quiet = false, onStep }: { readonly quiet?: boolean | undefined; readonly onStep?: (step: number) => void } = {},
): Promise<Made> {
  const line = progressLine(title, { quiet });
  try {
    for (;;) {
      const next = await steps.next();
      if (next.done) return next.value;
      const { step, steps: all, objective } = next.value;
      line.update(step, all, `objective ${digits(objective)}`);
      onStep?.(step);
    }
  } finally {
    line.end();
  }
}

/**
 * Makes the picture of a job and writes it. Returns the numbers for `--json`. Throws `Ending` with 130 after Ctrl-C when
 * there was nothing to keep.
 */
export async function makePicture(
  job: Job,
  ingredients: Ingredients,
  flags: PictureFlags,
  out = flags.out ?? defaultOut(job, ingredients),
): Promise<Numbers> {
  const { model, photo, others = [] } = ingredients;
  const inputs = [model, ...(photo ? [photo] : []), ...others];
  checkWritable(
    out,
    inputs.map((input) => input.file),
  );
  const signal = stopSignal();
  const photos = { photo: photo?.value, others: others.map((other) => other.value) };
  const steps = run(job, model.value, photos, { ...techniqueOptions(flags), signal });
  const made = await finish(`${job.verb} ${subjectOf(job)}`, steps, flags);
  const { image, ...numbers } = made;
  if (made.steps === 0) throw new Ending(130, "stopped before the first step was done: nothing was written");

  const text = recipeText({
    version,
    job,
    model: model.source,
    preprocessing: model.value.preprocessing,
    ...(photo && { photo: photo.source }),
    preset: made.preset as PresetName,
    ...(flags.size && { size: flags.size }),
    ...(flags.steps && { steps: flags.steps }),
    stepsDone: made.steps,
    stopped: signal.aborted,
    seed: made.seed,
    device: made.device,
    provider: made.provider,
  });
  writeOutput(out, await encodePng(image, { text }));
  if (!flags.quiet) report(out, made, model.value, signal.aborted);
  const [, height, width] = imageDims(image);
  return { out, ...job, size: [height, width], ...numbers };
}

/** Makes one picture, prints its numbers if asked to, and ends with 130 when it was stopped. */
export async function endPicture(job: Job, ingredients: Ingredients, flags: PictureFlags): Promise<void> {
  const numbers = await makePicture(job, ingredients, flags);
  if (flags.json) printJson(numbers);
  if (stopSignal().aborted) throw new Ending(130);
}

function report(out: string, made: Made, { preprocessingSource }: Model, stopped: boolean): void {
  const { steps, ms, device, preset, objective, activation, notes } = made;
  const change = ({ start, end }: StartEnd): string => `${digits(start)} → ${digits(end)}`;
  if (stopped) say(`Stopped after ${steps} steps; what there was is kept.`);
  for (const note of notes) say(`Note: ${note}.`);
  say(`Preprocessing: ${preprocessingSource}.`);
  if (objective && activation) say(`objective ${change(objective)}, activation ${change(activation)}`);
  say(`${steps} steps of '${preset}' on ${device} in ${digits(ms / 1000)} s: ${out}`);
}
