/** @file Sheets of `fovea maximize`: pictures of many units, kept as they are done, gone on with, and laid out in a PNG and a page. */

import { dirname, join } from "node:path";
import type { Model } from "../src/model/model.ts";
import type { TopPhotos } from "../src/preimage/photos.ts";
import { pick } from "../src/preimage/presets.ts";
import { type SheetUnit, sheetBatch, sheetBatches, sheetUnits } from "../src/preimage/sheet.ts";
import { chooseBackend } from "../src/runtime/choose.ts";
import { Ending } from "./exit.ts";
import { checkWritable, safeName, stem, writeOutput } from "./files.ts";
import { filesOf, type Ingredients, readExtras, sourcesOf } from "./ingredients.ts";
import { type Input, modelName } from "./input.ts";
import type { MadeNumbers } from "./job.ts";
import { readJudge } from "./judge.ts";
import { runOptions } from "./picture.ts";
import { settingsOf } from "./picture-settings.ts";
import { printJson, say } from "./say.ts";
import { classesOf } from "./sheet-classes.ts";
import { drawPage, drawSheet, type UnitNumbers, unitNumbers } from "./sheet-draw.ts";
import { refuseForSheets, type SheetFlags } from "./sheet-flags.ts";
import { lookAt, makePictures, photosIn } from "./sheet-make.ts";
import { openParts, type Parts } from "./sheet-parts.ts";
import { fewerIn, photosSource, type SheetRecipe } from "./sheet-recipe.ts";
import { stopSignal } from "./stop.ts";
import { digits } from "./table.ts";
import { version } from "./version.ts";

/** Photos beside each unit, unless the user wants another number. */
const TOP = 4;

const defaultOut = (model: Input<Model>, addresses: readonly string[]): string =>
  `${safeName(modelName(model.source))}-maximize-${safeName(addresses.join("-").replaceAll("*", "all"))}.png`;

/**
 * Makes the sheet of the units that the addresses stand for, or the rest of one that was stopped, and writes PNG and page.
 *
 * Throws `InputError` for what is wrong before the work begins, and `Ending` with 130 when it was stopped.
 */
export async function makeSheet(model: Input<Model>, addresses: readonly string[], flags: SheetFlags): Promise<void> {
  refuseForSheets(flags);
  // From here on, Ctrl-C keeps what there is.
  const signal = stopSignal();
  const ingredients: Ingredients = { model, ...(await readExtras(flags, flags)) };
  const settings = settingsOf(flags);
  const { out = defaultOut(model, addresses), top = TOP, quiet = false } = flags;
  const page = join(dirname(out), `${stem(out)}.html`);
  for (const path of [out, page]) checkWritable(path, filesOf(ingredients));
  const units = sheetUnits(model.value, addresses, settings.size);
  const photos = flags.photos === undefined ? undefined : await photosIn(flags.photos, flags.photoLimit);
  const judge = await readJudge(flags.judge, model.value, flags.labels);
  const { backend, provider } = await chooseBackend(flags.device ?? "auto");
  const { preset = "lucid", seed = 0, batch: asked, ...rest } = settings;
  const recipe: SheetRecipe = {
    version,
    job: { verb: "maximize", address: addresses.join(" ") },
    ...sourcesOf(ingredients),
    preprocessing: model.value.preprocessing,
    preset,
    seed,
    ...rest,
    batch: asked ?? 0,
    stepsDone: pick("maximize", "lucid", settings).steps,
    stopped: false,
    device: backend.device,
    provider,
    sheet: {
      addresses,
      ...(flags.columns !== undefined && { columns: flags.columns }),
      ...(photos && {
        photos: await photosSource(photos, { path: flags.photos!, limit: flags.photoLimit, top }),
      }),
    },
  };

  const parts = openParts(out, units, recipe, model.value.preprocessing);
  const options = runOptions(settings, ingredients, flags.device);
  const there = units.filter(parts.has).length;
  // A sheet that was begun goes on in its own batches, however much memory there is now.
  const known = asked === undefined || asked === parts.begun?.batch ? parts.begun?.batch : undefined;
  const batch = known ?? (await sheetBatch(model.value, units, options));
  const whole = { ...recipe, batch };
  parts.begin(whole);
  try {
    if (there > 0 && !quiet) say(`Going on in ${parts.folder}: ${there} of ${units.length} pictures are there.`);
    const jobs = sheetBatches(units, { batch, restarts: settings.restarts });
    await makePictures(model.value, jobs, parts, { ...options, batch, quiet, title: addresses.join(" ") });
    const seen = photos && (await lookAt(model.value, units, photos, { top, ...flags, ...settings }));
    if (signal.aborted) stop(units, parts, flags);
    const imageOf = async (unit: SheetUnit) => (await parts.read(unit)).image;
    const classes = await classesOf(model.value, units, imageOf, {
      judge,
      ...(flags.device && { device: flags.device }),
    });
    const made = new Map<SheetUnit, { readonly unit: SheetUnit; readonly picture: MadeNumbers }>();
    const all: UnitNumbers[] = [];
    for (const [i, unit] of units.entries()) {
      const { numbers } = await parts.read(unit);
      made.set(unit, { unit, picture: numbers });
      all.push({
        ...unitNumbers(unit, numbers, { photos: seen?.units[i], classes: classes.get(unit.address) }),
        ...(flags.keep && { picture: parts.fileOf(unit) }),
      });
    }
    const fewer = fewerIn(
      jobs.map((job) => job.map((unit) => made.get(unit)!)),
      whole,
    );
    const finished = {
      model: model.value,
      recipe: { ...whole, sheet: { ...whole.sheet, ...fewer } },
      units,
      part: parts.read,
      photos: seen,
      classes,
    };
    writeOutput(out, await drawSheet(finished));
    writeOutput(page, await drawPage(finished, { all, command: commandText() }));
    if (!flags.keep) parts.remove();
    if (!quiet)
      report(all, { out, page, kept: flags.keep ? parts.folder : undefined, photos: seen, model: model.value });
    if (flags.json)
      printJson({ ...summary(whole, seen), out, page, ...(flags.keep && { parts: parts.folder }), units: all });
  } finally {
    parts.close();
  }
}

/** Says what is kept, and ends. */
function stop(units: readonly SheetUnit[], parts: Parts, { json, quiet }: SheetFlags): never {
  const done = units.filter(parts.has).length;
  const kept = done > 0 || parts.hasState();
  if (json) printJson({ stopped: true, pictures: done, of: units.length, ...(kept && { parts: parts.folder }) });
  if (!kept) throw new Ending(130, "stopped before the first step was done: nothing was written");
  if (!quiet)
    say(
      `Stopped with ${done} of ${units.length} pictures; they are kept in ${parts.folder}. Run the same command again to go on.`,
    );
  throw new Ending(130);
}

const summary = ({ job: _, sheet, stepsDone: steps, ...recipe }: SheetRecipe, photos: TopPhotos | undefined) => ({
  verb: "maximize",
  addresses: sheet.addresses,
  preset: recipe.preset,
  steps,
  seed: recipe.seed,
  batch: recipe.batch,
  device: recipe.device,
  provider: recipe.provider,
  ...(photos && {
    photos: { name: sheet.photos!.name, n: photos.photos, unreadable: photos.unreadable, size: photos.size },
  }),
});

function report(
  all: readonly UnitNumbers[],
  {
    out,
    page,
    kept,
    photos,
    model,
  }: {
    readonly out: string;
    readonly page: string;
    readonly kept: string | undefined;
    readonly photos: TopPhotos | undefined;
    readonly model: Model;
  },
): void {
  say(`Preprocessing: ${model.preprocessingSource}.`);
  for (const note of photos?.notes ?? []) say(`Note: ${note}.`);
  if (photos && photos.unreadable.length > 0)
    say(
      `Note: ${photos.unreadable.length} photos could not be read (${photos.unreadable[0]!.photo}: ${photos.unreadable[0]!.reason}).`,
    );
  for (const life of ["dead", "unmoved", "silent"] as const) {
    const found = all.filter((unit) => unit.life === life).map(({ address }) => address);
    if (found.length > 0)
      say(
        `${lifeWords[life]}: ${found.slice(0, 8).join(", ")}${found.length > 8 ? ` and ${found.length - 8} more` : ""}`,
      );
  }
  if (photos) {
    const beyond = all.filter((unit) => unit.photos!.percentile === 100).length;
    say(`${beyond} of ${all.length} pictures excite their unit more than any of ${photos.photos} photos`);
  }
  const seconds = all.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  say(`${all.length} pictures in ${digits(seconds)} s: ${out}, ${page}${kept ? `, one by one in ${kept}` : ""}`);
}

const lifeWords = {
  dead: "dead units, which nothing changes",
  unmoved: "units that photos change, but no picture that was found",
  silent: "units that are the same for all photos",
} as const;

/** The command as it was typed, for a shell. */
const commandText = (): string =>
  [
    "fovea",
    ...process.argv
      .slice(2)
      .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)),
  ].join(" ");
