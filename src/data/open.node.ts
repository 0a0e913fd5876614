/** @file Opens a data set on disk: a folder, an archive, or one of a data set's own files. */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { InputError } from "../error.ts";
import type { Dataset } from "./dataset.ts";
import { type OpenOptions, openTree } from "./open.ts";
import { diskTree } from "./tree.node.ts";
import { tarTree } from "./tree.ts";

/**
 * The path is a folder, a .tar, .tar.gz or .tgz archive (read into memory), or a file that names its folder, such as
 * index.csv. Throws an `InputError` for a path that is missing or may not be read, and what `openTree` throws.
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  try {
    if ((await stat(path)).isDirectory()) return await openTree(await diskTree(path), options);
    if (/\.(?:tar|tgz|tar\.gz)$/i.test(path))
      return await openTree(
        await tarTree(basename(path).replace(/\.(?:tar\.gz|tgz|tar)$/i, ""), createReadStream(path)),
        options,
      );
    if (isOwnFile(basename(path))) return await openTree(await diskTree(dirname(path)), options);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const { code, message } = error;
    const reason =
      code === "ENOENT" ? "there is no such file or folder" : code === "EACCES" ? "it may not be read" : message;
    throw new InputError(`${path}: the data set could not be opened (${reason}): check the path`);
  }
  throw new InputError(`${path}: this file is no data set: expected a folder, an index.csv or a tar archive`);
}

const isOwnFile = (name: string): boolean =>
  /^index\.csv$|-idx[13]-ubyte(?:\.gz)?$|^(?:data|test)_batch.*\.bin$|^(?:imagelabels|setid|datasplits)\.mat$/.test(
    name,
  );
