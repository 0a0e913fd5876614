/** @file The files that go into a picture: as flags name them, or as a recipe remembers them. */

import { InputError } from "../src/error.ts";
import type { Model } from "../src/model/model.ts";
import type { MaximizeOptions } from "../src/preimage/maximize.ts";
import type { PictureState } from "../src/preimage/run-state.ts";
import { decodeSaved } from "../src/preimage/saved.ts";
import type { Image } from "../src/tensor/image.ts";
import { readSpectrum, type Spectrum } from "../src/tensor/natural-spectrum.ts";
import { readNpy } from "../src/tensor/npy.ts";
import { cast, Tensor } from "../src/tensor/tensor.ts";
import { readInput } from "./files.ts";
import { findSource, type Input, inputOf, readModelFile, readPhoto } from "./input.ts";
import { needsPhoto } from "./job.ts";
import type { OutputFlags, PictureFlags } from "./options.ts";
import { isLookJob, type LookJob, type Recipe, type Source } from "./recipe.ts";

/** What was read, and the files it came from. */
export interface Ingredients {
  readonly model: Input<Model>;
  readonly photo?: Input<Image>;
  /** See `Photos`. */
  readonly others?: readonly Input<Image>[];
  readonly start?: Input<Image | PictureState>;
  readonly spectrum?: Input<Spectrum>;
  /** What an objective names: photos, and directions. */
  readonly with?: Readonly<Record<string, Input<Image | Float32Array>>>;
}

/** All of them but the model and the photo, which are arguments. */
export async function readExtras(
  { start, spectrum, with: named }: Pick<PictureFlags, "start" | "spectrum" | "with">,
  flags: OutputFlags = {},
): Promise<Pick<Ingredients, "start" | "spectrum" | "with">> {
  const entries: [string, Input<Image | Float32Array>][] = [];
  for (const text of named ?? []) {
    const [, name, file] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (!name || !file) throw new InputError(`--with '${text}': expected a name and a file, such as cat=cat.jpg`);
    entries.push([name, await readNamed(file, flags)]);
  }
  return {
    ...(start !== undefined && { start: await readStart(start, flags) }),
    ...(spectrum !== undefined && { spectrum: await readSpectrumFile(spectrum) }),
    ...(entries.length > 0 && { with: Object.fromEntries(entries) }),
  };
}

/** A direction in a .npy file, else a photo. */
async function readNamed(file: string, flags: OutputFlags): Promise<Input<Image | Float32Array>> {
  if (!/\.npy$/i.test(file)) return readPhoto(file, flags);
  const bytes = readInput(file, "direction");
  const { data } = cast(readNpy(bytes), "float32");
  return inputOf(file, bytes, data);
}

async function readStart(file: string, flags: OutputFlags): Promise<Input<Image | PictureState>> {
  if (!/\.safetensors$/i.test(file)) return readPhoto(file, flags);
  const bytes = readInput(file, "state");
  return inputOf(file, bytes, decodeSaved(bytes).states[0]!);
}

async function readSpectrumFile(file: string): Promise<Input<Spectrum>> {
  const bytes = readInput(file, "spectrum");
  return inputOf(file, bytes, readSpectrum(new TextDecoder().decode(bytes)));
}

/** What a technique is given of them. */
export function optionsOf({ start, spectrum, with: named = {} }: Ingredients): MaximizeOptions {
  const values = Object.entries(named).map(([name, { value }]) => [name, value] as const);
  const photos = values.filter((entry): entry is [string, Image] => entry[1] instanceof Tensor);
  const vectors = values.filter((entry): entry is [string, Float32Array] => !(entry[1] instanceof Tensor));
  return {
    ...(start && { start: start.value }),
    ...(spectrum && { spectrum: spectrum.value }),
    ...(photos.length > 0 && { photos: Object.fromEntries(photos) }),
    ...(vectors.length > 0 && { vectors: Object.fromEntries(vectors) }),
  };
}

/** Where they came from, for a recipe. */
export const sourcesOf = ({
  model,
  photo,
  start,
  spectrum,
  with: named,
}: Ingredients): Partial<Recipe> & Pick<Recipe, "model"> => ({
  model: model.source,
  ...(photo && { photo: photo.source }),
  ...(start && { start: start.source }),
  ...(spectrum && { spectrum: spectrum.source }),
  ...(named && { with: Object.fromEntries(Object.entries(named).map(([name, input]) => [name, input.source])) }),
});

/** Their files. */
export const filesOf = ({ model, photo, others = [], start, spectrum, with: named = {} }: Ingredients): string[] =>
  [model, photo, ...others, start, spectrum, ...Object.values(named)].flatMap((input) => (input ? [input.file] : []));

/** Where the user says that a file of a recipe lies. */
export interface Places {
  readonly model?: string | undefined;
  readonly photo?: string | undefined;
}

/**
 * What a recipe was made of, looked for where it was, here, and beside `picture`.
 *
 * Throws `InputError` for what is not found, and for files that are not those of the recipe.
 */
export async function ingredientsOf(
  recipe: Pick<Recipe, "model" | "preprocessing"> &
    Partial<Omit<Recipe, "job">> & { readonly job: Recipe["job"] | LookJob },
  picture: string,
  places: Places = {},
): Promise<Ingredients> {
  const find = (source: Source, what: string): string => {
    const flag = what === "model" || what === "photo" ? what : undefined;
    const found = (flag && places[flag]) ?? findSource(source, picture);
    if (found) return found;
    throw new InputError(
      `the ${what} '${source.name}' of the recipe was not found: ${flag ? `say where it is with --${flag}` : "put it here"}`,
    );
  };
  const { range, ...preprocessing } = recipe.preprocessing;
  const modelFlags = {
    ...preprocessing,
    mean: [...preprocessing.mean],
    std: [...preprocessing.std],
    range: [...range],
  };
  const quiet = { quiet: true };
  const { level } = recipe.model;
  const model = await readModelFile(find(recipe.model, "model"), {
    ...modelFlags,
    ...quiet,
    ...(level !== undefined && { level }),
  });
  expectSame(model, recipe.model, "model");
  const photo =
    (isLookJob(recipe.job) || needsPhoto(recipe.job)) && recipe.photo
      ? await readPhoto(find(recipe.photo, "photo"), quiet)
      : undefined;
  if (photo && recipe.photo) expectSame(photo, recipe.photo, "photo");
  const extras = await readExtras(
    {
      ...(recipe.start && { start: find(recipe.start, "start") }),
      ...(recipe.spectrum && { spectrum: find(recipe.spectrum, "spectrum") }),
      ...(recipe.with && {
        with: Object.entries(recipe.with).map(([name, source]) => `${name}=${find(source, `'${name}'`)}`),
      }),
    },
    quiet,
  );
  if (extras.start) expectSame(extras.start, recipe.start!, "start");
  if (extras.spectrum) expectSame(extras.spectrum, recipe.spectrum!, "spectrum");
  for (const [name, input] of Object.entries(extras.with ?? {})) expectSame(input, recipe.with![name]!, `'${name}'`);
  return { model, ...(photo && { photo }), ...extras };
}

function expectSame({ file, source }: Input<unknown>, { name, sha256 }: Source, what: string): void {
  if (source.sha256 === sha256) return;
  const remedy = what === "model" || what === "photo" ? ` with --${what}` : "";
  throw new InputError(
    `'${file}' is not the ${what} '${name}' that the picture was made with (SHA-256 ${source.sha256.slice(0, 12)}…, expected ${sha256.slice(0, 12)}…): give the right one${remedy}`,
  );
}
