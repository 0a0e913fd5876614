/** @file Gets a public data set: downloads its files into a folder and unpacks them there. */

import { createReadStream } from "node:fs";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PublicDataset } from "./catalogue.ts";
import { type FetchOptions, fetchFile } from "./fetch.node.ts";
import { readTar } from "./tar.ts";

export interface GetOptions extends FetchOptions {
  /** Called before an archive is unpacked. */
  readonly onUnpack?: (archive: string) => void;
}

/**
 * Leaves a folder that `openDataset` opens, archives included. Done a second time it only checks what is there; broken
 * off, it goes on. Throws what `fetchFile` and `readTar` throw.
 */
export async function getDataset(dataset: PublicDataset, folder: string, options: GetOptions = {}): Promise<void> {
  for (const file of dataset.files) {
    const path = join(folder, file.name);
    await fetchFile(file, path, options);
    const mark = `${path}.unpacked`;
    if (!file.unpack || (await stat(mark).catch(() => undefined))) continue;
    options.onUnpack?.(file.name);
    await unpack(path, folder, options.signal);
    await writeFile(mark, "");
  }
}

/** Puts an archive's files into a folder, each under another name first. */
export async function unpack(archive: string, folder: string, signal?: AbortSignal): Promise<void> {
  for await (const { path, bytes } of readTar(createReadStream(archive), { name: archive })) {
    signal?.throwIfAborted();
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(`${target}.part`, bytes);
    await rename(`${target}.part`, target);
  }
}
