/** @file Opens a model from disk, with what lies beside it: external data, a .fovea.json file, labels. */

import { closeSync, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve, sep } from "node:path";
import { InputError } from "../error.ts";
import type { External } from "../onnx/tensor.ts";
import { parseLabels } from "./labels.ts";
import { type Model, type ModelOptions, openModel } from "./model.ts";

export interface LoadOptions extends Pick<ModelOptions, "preprocessing"> {
  /** A .json or .txt file with the names of the classes. */
  readonly labels?: string | undefined;
}

/**
 * Opens an .onnx file. `x.fovea.json` (or `x.onnx.fovea.json`) beside `x.onnx` is read if it is there.
 *
 * Throws an `InputError` for a path that is missing, unreadable or a folder, and whatever `openModel` finds wrong; each
 * begins with the path.
 */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<Model> {
  const bytes = await readBytes(path, "the model");
  const labels = options.labels === undefined ? undefined : await loadLabels(options.labels);
  const sidecar = await readSidecar(path);
  try {
    return openModel(bytes, {
      name: basename(path).replace(/\.onnx$/i, ""),
      external: externalIn(dirname(resolve(path))),
      sidecar,
      preprocessing: options.preprocessing,
      labels: labels && { names: labels, source: options.labels! },
    });
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
}

/** Names of classes from a .json or .txt file. */
const loadLabels = async (path: string): Promise<string[]> =>
  parseLabels(new TextDecoder().decode(await readBytes(path, "the labels")), path);

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "it may not be read",
  EPERM: "it may not be read",
};

async function readBytes(path: string, what: string): Promise<Uint8Array> {
  try {
    if ((await stat(path)).isDirectory()) throw new InputError(`${path} is a folder: give the path of ${what} itself`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new InputError(`${path}: ${what} could not be read (${reasons[code] ?? message}): check the path`);
  }
}

async function readSidecar(path: string): Promise<unknown> {
  for (const file of [`${path.replace(/\.onnx$/i, "")}.fovea.json`, `${path}.fovea.json`]) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    try {
      return JSON.parse(text);
    } catch {
      throw new InputError(`${file} is no valid JSON: mend it or take it away`);
    }
  }
  return undefined;
}

/** Data files in the model's own folder or below it; symbolic links may not lead out. */
function externalIn(folder: string): External {
  return (location, offset, length) => {
    try {
      const root = realpathSync(folder);
      const file = realpathSync(resolve(folder, location));
      if (!file.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
      return readRange(file, offset, length);
    } catch {
      return undefined;
    }
  };
}

function readRange(file: string, offset: number, length: number): Uint8Array | undefined {
  const handle = openSync(file, "r");
  try {
    if (fstatSync(handle).size < offset + length) return undefined;
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = readSync(handle, bytes, done, length - done, offset + done);
      if (count === 0) return undefined;
      done += count;
    }
    return bytes;
  } finally {
    closeSync(handle);
  }
}
