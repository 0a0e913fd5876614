/** @file Checkpoints on disk: written beside, then renamed, so that a whole one is there at any moment. */

import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError } from "../error.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "./checkpoint.ts";

/**
 * Replaces the checkpoint at `path`, which outlives a crash or a power cut at any time.
 *
 * Throws an `InputError` where the disk is full or may not be written to; the old checkpoint is then still there.
 */
export async function writeCheckpoint(path: string, snapshot: Snapshot): Promise<void> {
  const beside = `${path}.part`;
  try {
    const file = await open(beside, "w");
    try {
      await file.writeFile(encodeSnapshot(snapshot));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(beside, { force: true });
    throw new InputError(
      `${path}: the checkpoint could not be written (${reasonOf(error)}): training stopped; go on from the last one`,
    );
  }
}

/** Makes a rename outlast a power cut, where the system lets folders be synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** The checkpoint at `path`; `undefined` if there is none. Throws an `InputError` where it cannot be read. */
export async function readCheckpoint(path: string): Promise<Snapshot | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new InputError(`${path}: the checkpoint could not be read (${reasonOf(error)})`);
  }
  try {
    return decodeSnapshot(bytes);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`) : error;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "it may not be written",
  EROFS: "the disk is read-only",
  ENOENT: "its folder is not there",
};

const reasonOf = (error: unknown): string => {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
};
