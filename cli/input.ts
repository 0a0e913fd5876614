/** @file What a verb reads: the model with what the flags say about it, and the photo. */

import { basename, dirname, isAbsolute, join } from "node:path";
import { InputError } from "../src/error.ts";
import { addressText, parseAddress } from "../src/model/address.ts";
import { throughLevel } from "../src/model/levels.ts";
import { loadModel } from "../src/model/load.node.ts";
import type { Model } from "../src/model/model.ts";
import { defaultNet, isShipped, shippedFile, shippedNets, shippedPath } from "../src/model/shipped.node.ts";
import { contentHash } from "../src/runtime/compile.ts";
import { decodeImage } from "../src/tensor/image.node.ts";
import { type Image, imageDims } from "../src/tensor/image.ts";
import { isFile, readInput, stem } from "./files.ts";
import type { ModelFlags, OutputFlags } from "./options.ts";
import type { Source } from "./recipe.ts";
import { say } from "./say.ts";

export interface Input<T> {
  readonly value: T;
  /** As it was typed. */
  readonly file: string;
  readonly source: Source;
}

/**
 * Splits arguments into the model's file and the rest. `chosen` (--model) is the model, else the first argument is where its
 * name ends in .onnx, is that of a net that ships, or is any file and the rest is all there; else it is the net that ships.
 *
 * @param needed Whether something must follow the model.
 */
export function splitModel(
  args: readonly string[],
  { needed = false, model }: ModelFlags & { readonly needed?: boolean },
): readonly [model: string, ...rest: string[]] {
  if (model !== undefined) return [modelFile(model), ...args];
  const [first, ...rest] = args;
  if (first === undefined) return [shippedPath(defaultNet)];
  const complete = rest.length > 0 || !needed;
  if (/\.onnx$/i.test(first) || isShipped(first) || (complete && isFile(first))) return [modelFile(first), ...rest];
  if (needed) return [shippedPath(defaultNet), ...args];
  throw new InputError(
    `'${first}' is no .onnx file and no net that ships (${Object.keys(shippedNets).join(", ")}): check the name`,
  );
}

const modelFile = (name: string): string => (isShipped(name) && !isFile(name) ? shippedPath(name) : name);

/** Opens a model with what the flags say about it; with `level`, as a function of that level alone. */
export async function readModelFile(
  file: string,
  { labels, mean, std, range, colour, layout, level, quiet = false }: ModelFlags & OutputFlags,
): Promise<Input<Model>> {
  const given = { mean, std, range: range as [number, number] | undefined, colour, layout };
  const preprocessing = Object.fromEntries(Object.entries(given).filter((entry) => entry[1] !== undefined));
  const whole = await loadModel(file, { labels, preprocessing });
  const value = level === undefined ? whole : throughLevel(whole, level);
  const notes =
    level === undefined ? [] : [`only level ${level} of the pyramid sees the picture, the others the mean colour`];
  if (!quiet) for (const note of [...value.warnings, ...notes]) say(`Note: ${note}.`);
  const source = nameOf(file, await whole.hash());
  return { value, file, source: level === undefined ? source : { ...source, level } };
}

/** An address as typed, written out with the layer's own name. Throws `InputError` where the net has no such unit. */
export const wholeAddress = (model: Model, text: string): string => addressText(parseAddress(model, text));

const smallestSide = 8;

/** Reads and decodes a photo, saying what was left out or reduced. */
export async function readPhoto(file: string, { quiet = false }: OutputFlags = {}): Promise<Input<Image>> {
  const bytes = readInput(file, "photo");
  try {
    const { image, notes } = await decodeImage(bytes);
    const [, height, width] = imageDims(image);
    if (Math.min(height, width) < smallestSide)
      throw new InputError(
        `${width}×${height} pixels show nothing: give one of at least ${smallestSide}×${smallestSide}`,
      );
    if (!quiet) for (const note of notes) say(`Note: ${note}.`);
    return await inputOf(file, bytes, image);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`the photo '${file}': ${error.message}`);
    throw error;
  }
}

/** What was read from the bytes of a file. */
export const inputOf = async <T>(file: string, bytes: Uint8Array, value: T): Promise<Input<T>> => ({
  value,
  file,
  source: nameOf(file, await contentHash(bytes)),
});

/** What to call a model in file names: `net`, or `net-level2` where only that level sees the picture. */
export const modelName = ({ name, level }: Source): string =>
  stem(name) + (level === undefined ? "" : `-level${level}`);

const nameOf = (file: string, sha256: string): Source => ({
  name: basename(file),
  ...(!isAbsolute(file) && { path: file }),
  sha256,
});

/** Where a file of a recipe may lie: as it was typed, here, beside the picture, or among the nets that ship. */
export function findSource({ name, path }: Source, picture: string): string | undefined {
  const places = [...(path ? [path] : []), name, join(dirname(picture), name)];
  return places.find(isFile) ?? shippedFile(name);
}
