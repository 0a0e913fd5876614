/** @file From a job to a file: checks the output, runs with a progress line, stops on Ctrl-C, writes the PNG with its recipe. */

import { dirname, join } from "node:path";
import type { Model } from "../src/model/model.ts";
import { fitPhoto } from "../src/preimage/encode.ts";
import type { MaximizeOptions } from "../src/preimage/maximize.ts";
import type { PictureNumbers } from "../src/preimage/numbers.ts";
import { numberLine } from "../src/preimage/numbers-words.ts";
import type { PresetName } from "../src/preimage/presets.ts";
import type { PictureState } from "../src/preimage/run-state.ts";
import { encodeSaved } from "../src/preimage/saved.ts";
import type { Progress, StartEnd } from "../src/preimage/technique.ts";
import type { Device } from "../src/runtime/backend.ts";
import { chooseBackend } from "../src/runtime/choose.ts";
import { encodePng } from "../src/tensor/image.node.ts";
import { imageDims } from "../src/tensor/image.ts";
import { Ending } from "./exit.ts";
import { checkWritable, safeName, stem, writeOutput } from "./files.ts";
import { framesOf } from "./frames.ts";
import { filesOf, type Ingredients, optionsOf, sourcesOf } from "./ingredients.ts";
import { modelName } from "./input.ts";
import { type Job, type Made, type MadeNumbers, numbersOf, run, subjectOf, usualPreset } from "./job.ts";
import { type Measured, openMeasurer, VIEWS } from "./measure.ts";
import type { PictureFlags } from "./options.ts";
import { reportPath, writePictureReport } from "./picture-report.ts";
import { type PictureSettings, settingsOf } from "./picture-settings.ts";
import { type Recipe, recipeText, type Stage } from "./recipe.ts";
import { printJson, progressLine, say } from "./say.ts";
import { spreadPath, spreadStrip } from "./spread-strip.ts";
import { stopSignal } from "./stop.ts";
import { digits } from "./table.ts";
import { version } from "./version.ts";
import { viewOf } from "./view.ts";

export type { Ingredients } from "./ingredients.ts";

/** What `--json` prints. */
export type Numbers = MadeNumbers & {
  readonly out: string;
  /** Of a top-down net: the only level that saw the picture. */
  readonly level?: number;
  /** Height and width of the picture. */
  readonly size: readonly [number, number];
  /** Where the state was saved. */
  readonly state?: string;
  /** Snapshots, animation, the strip of an inversion's restarts and the page. */
  readonly also?: readonly string[];
  /** See docs/numbers.md; of an `every-layer` strip, one for each of its layers. Absent where nobody sees them. */
  readonly numbers?: PictureNumbers | readonly PictureNumbers[];
};

/** `squeezenet-maximize-logits_rose.png`, with the photo's name behind where there is one. */
export const defaultOut = (job: Job, { model, photo }: Ingredients, folder = "."): string =>
  join(
    folder,
    `${[modelName(model.source), job.verb, subjectOf(job), ...(photo ? [stem(photo.source.name)] : [])].map(safeName).join("-")}.png`,
  );

/** Whether a strip of all restarts and where they differ stands beside the picture. */
const hasSpread = (job: Job): boolean => job.verb === "invert" && "layer" in job;

/** Where the state of a picture is saved. */
const stateBeside = (out: string): string => join(dirname(out), `${stem(out)}.safetensors`);

/** Runs a job to its end or to Ctrl-C, showing how far it is. */
export async function finish(
  title: string,
  steps: AsyncGenerator<Progress, Made>,
  {
    quiet = false,
    onStep,
  }: { readonly quiet?: boolean | undefined; readonly onStep?: (progress: Progress) => Promise<void> | void } = {},
): Promise<Made> {
  const line = progressLine(title, { quiet });
  try {
    for (;;) {
      const next = await steps.next();
      if (next.done) return next.value;
      const { step, steps: all, objective } = next.value;
      line.update(step, all, `objective ${digits(objective)}`);
      await onStep?.(next.value);
    }
  } finally {
    line.end();
    await steps.return(undefined as never);
  }
}

/** What a job is run with, whether it was typed or comes from a recipe. */
export const runOptions = (
  settings: PictureSettings,
  ingredients: Ingredients,
  device: Device | undefined,
): MaximizeOptions => ({ ...settings, ...optionsOf(ingredients), ...(device && { device }) });

/** A picture that goes on. */
export interface GoingOn {
  readonly states: readonly PictureState[];
  readonly stages: readonly Stage[];
}

/**
 * Makes the picture of a job and writes it. Returns the numbers for `--json`. Throws `Ending` with 130 after Ctrl-C when
 * there was nothing to keep.
 */
export async function makePicture(
  job: Job,
  ingredients: Ingredients,
  flags: PictureFlags,
  {
    out = flags.out ?? defaultOut(job, ingredients),
    settings = settingsOf(flags),
    goingOn,
  }: { readonly out?: string | undefined; readonly settings?: PictureSettings; readonly goingOn?: GoingOn } = {},
): Promise<Numbers> {
  const { model, photo, others = [] } = ingredients;
  const inputs = filesOf(ingredients);
  checkWritable(out, inputs);
  const reportFile = reportPath(out, flags.report);
  const isSeen = !flags.quiet || flags.json || reportFile !== undefined;
  if (reportFile !== undefined) checkWritable(reportFile, [...inputs, out]);
  if (hasSpread(job) && (settings.restarts ?? 1) > 1) checkWritable(spreadPath(out), inputs);
  const signal = stopSignal();
  let seen: Progress | undefined;
  // In one order, whether they were typed or are the usual ones.
  const { preset: typed = usualPreset(job), seed = 0, ...rest } = settings;
  const recipeOf = (
    made: Pick<Made, "preset" | "device" | "provider" | "batch">,
    stepsDone: number,
    stopped: boolean,
  ): Recipe => ({
    version,
    job,
    ...sourcesOf(ingredients),
    preprocessing: model.value.preprocessing,
    preset: made.preset as PresetName,
    seed,
    ...rest,
    ...((made.batch ?? 1) > 1 && { batch: made.batch! }),
    ...(goingOn && { stages: goingOn.stages }),
    stepsDone,
    stopped,
    device: made.device,
    provider: made.provider,
  });
  const { backend, provider } = await chooseBackend(flags.device ?? "auto");
  const before = { preset: typed, device: backend.device, provider };
  const alone = (settings.restarts ?? 1) === 1;
  const frames = framesOf(out, { ...flags, ...settings }, inputs, {
    steps: settings.steps ?? 500,
    // Only a picture of its own and of the full size can be made again.
    ...(alone && job.verb !== "dream" && { textFor: ({ step }) => recipeText(recipeOf(before, step, true)) }),
  });
  const options = {
    ...runOptions(settings, ingredients, flags.device),
    ...(frames.every !== undefined && { imageEvery: frames.every }),
    ...(goingOn && { from: goingOn.states }),
    ...(isSeen && { views: VIEWS }),
    signal,
  };
  const measurer = isSeen ? await openMeasurer(job, ingredients, flags) : undefined;
  const named = others.map((other) => other.value);
  const photos = { photo: photo?.value, others: named.length > 0 ? named : (measurer?.others ?? []) };
  const made = await finish(`${job.verb} ${subjectOf(job)}`, run(job, model.value, photos, options), {
    quiet: flags.quiet,
    onStep: (progress) => {
      seen = progress;
      const images = progress.images?.map((each) => viewOf({ image: each }, model.value.preprocessing));
      return frames.see({ ...progress, ...(images && { images }) });
    },
  });
  if (made.steps === 0) throw new Ending(130, "stopped before the first step was done: nothing was written");

  const image = viewOf(made, model.value.preprocessing);
  const recipe = recipeOf(made, seen?.step ?? made.steps, signal.aborted);
  writeOutput(out, await encodePng(image, { text: recipeText(recipe) }));
  const also = await frames.end(image);
  const { layers, restarts = [] } = made;
  const [, ...sides] = imageDims(layers?.[0]?.image ?? made.image);
  const seenPhoto = photo && fitPhoto(model.value, sides, photo.value);
  if (hasSpread(job) && restarts.length > 1 && seenPhoto) {
    writeOutput(spreadPath(out), await encodePng(await spreadStrip(seenPhoto, { ...made, restarts })));
    also.push(spreadPath(out));
  }
  const state = made.states && (flags.state || signal.aborted) ? stateBeside(out) : undefined;
  if (state) writeOutput(state, encodeSaved({ recipe, states: made.states! }));
  const measured = await measurer?.measure(made);
  const [, height, width] = imageDims(made.image);
  if (reportFile !== undefined && measured) {
    const net = model.source.name;
    await writePictureReport(reportFile, { job, made, image, measured, net, photo: seenPhoto, out });
    also.push(reportFile);
  }
  if (!flags.quiet) report(out, made, model.value, { stopped: signal.aborted, state, also, measured });
  return {
    out,
    ...job,
    ...(model.source.level !== undefined && { level: model.source.level }),
    size: [height, width],
    ...numbersOf(made),
    ...(state && { state }),
    ...(also.length > 0 && { also }),
    ...(measured && { numbers: measured.layers ?? measured.numbers! }),
  };
}

/** Makes one picture, prints its numbers if asked to, and ends with 130 when it was stopped. */
export async function endPicture(
  job: Job,
  ingredients: Ingredients,
  flags: PictureFlags,
  more: Parameters<typeof makePicture>[3] = {},
): Promise<void> {
  const numbers = await makePicture(job, ingredients, flags, more);
  if (flags.json) printJson(numbers);
  if (stopSignal().aborted) throw new Ending(130);
}

function report(
  out: string,
  made: Made,
  { preprocessingSource }: Model,
  {
    stopped,
    state,
    also,
    measured,
  }: {
    stopped: boolean;
    state: string | undefined;
    also: readonly string[];
    measured: Measured | undefined;
  },
): void {
  const { steps, ms, device, preset, objective, activation, notes, restarts, spread, seed } = made;
  const change = ({ start, end }: StartEnd): string => `${digits(start)} → ${digits(end)}`;
  if (stopped) say(`Stopped after ${steps} steps; what there was is kept.`);
  for (const note of notes) say(`Note: ${note}.`);
  say(`Preprocessing: ${preprocessingSource}.`);
  if (objective && activation) say(`objective ${change(objective)}, activation ${change(activation)}`);
  if (restarts && spread)
    say(
      `seed ${seed} is the best of ${restarts.length}: activations ${digits(spread.smallest)} … ${digits(spread.largest)}, mean ${digits(spread.mean)}, deviation ${digits(spread.sd)}`,
    );
  if (measured?.numbers) say(`${numberLine(measured.numbers)}.`);
  for (const [i, numbers] of (measured?.layers ?? []).entries())
    say(`${made.layers![i]!.layer}: ${numberLine(numbers)}.`);
  if (also.length > 0)
    say(`also ${also.length > 3 ? `${also.length} files, the last ${also.at(-1)}` : also.join(", ")}`);
  if (state) say(`goes on with --resume ${state}`);
  say(`${steps} steps of '${preset}' on ${device} in ${digits(ms / 1000)} s: ${out}`);
}
