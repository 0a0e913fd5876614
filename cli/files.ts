/** @file Reading and writing files: errors in words, outputs checked before the work, never half-written. */

import { randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../src/error.ts";
import { Ending } from "./exit.ts";

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

const statOf = (path: string) => statSync(path, { throwIfNoEntry: false });

/** True for a file that is there and is no folder. */
export function isFile(path: string): boolean {
  try {
    return statOf(path)?.isFile() ?? false;
  } catch {
    return false;
  }
}

/** True for a folder that is there. */
export function isFolder(path: string): boolean {
  try {
    return statOf(path)?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

const readFailures: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file: check the path",
  ENOTDIR: "a part of the path is a file, not a folder: check the path",
  EISDIR: "it is a folder: give a file",
  EACCES: "you may not read it: change its permissions",
  EPERM: "you may not read it: change its permissions",
  ENAMETOOLONG: "the name is too long: check the path",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB: give a smaller file",
};

/**
 * All bytes of a file. Throws `InputError` where it cannot be read.
 *
 * @param what What the file is for, such as "model".
 */
export function readInput(path: string, what: string): Uint8Array {
  try {
    const { buffer, byteOffset, byteLength } = readFileSync(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    const why = readFailures[codeOf(error)] ?? `${codeOf(error)}: check the path`;
    throw new InputError(`the ${what} '${path}' cannot be read: ${why}`);
  }
}

/**
 * Throws `InputError` where `path` cannot be written: no such folder, itself a folder, no permission, or one of the
 * files that are read. Call it before the work.
 */
export function checkWritable(path: string, inputs: readonly string[] = []): void {
  const refuse = (why: string): never => {
    throw new InputError(`the output '${path}' cannot be written: ${why}`);
  };
  const folder = dirname(resolve(path));
  if (path === "") refuse("the name is empty: give a file name");
  if (isFolder(path)) refuse("it is a folder: give a file name in it");
  if (!isFolder(folder)) refuse(`there is no folder '${folder}': make it first`);
  if (basename(path).length > 200) refuse("the name is too long: give a shorter one");
  if (inputs.some((input) => isFile(input) && isFile(path) && realpathSync(input) === realpathSync(path)))
    refuse("it is one of the inputs: give another name");
  for (const place of isDevice(path) ? [path] : isFile(path) ? [path, folder] : [folder])
    try {
      accessSync(place, constants.W_OK);
    } catch (error) {
      refuse(`you may not write in '${place}' (${codeOf(error)}): choose another place`);
    }
}

const isDevice = (path: string): boolean => {
  const stat = statOf(path);
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
};

/** Writes a whole file under a temporary name and renames it, so that nobody ever sees a part of it. */
export function writeOutput(path: string, bytes: Uint8Array | string): void {
  const target = isFile(path) ? realpathSync(path) : resolve(path);
  const name = `.${basename(target).slice(0, 100)}.${randomUUID().slice(0, 8)}.part`;
  const temporary = join(dirname(target), name);
  try {
    if (isDevice(path)) writeFileSync(path, bytes);
    else {
      writeFileSync(temporary, bytes, { flag: "wx" });
      renameSync(temporary, target);
    }
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeFailure(path, error);
  }
}

/** What to end with when the system refused to write `path`. */
export function writeFailure(path: string, error: unknown): Ending {
  const why = codeOf(error) === "ENOSPC" ? "the disk is full: make room and run it again" : codeOf(error);
  return new Ending(1, `the output '${path}' could not be written: ${why}`);
}

/** `features.12:17@3,4` → `features.12_17@3,4`: a part of a file name on any system. */
export const safeName = (text: string): string => text.replace(/[^\p{L}\p{N}.,@+=-]+/gu, "_").slice(0, 80) || "_";

/** The file's name without its folder and its last extension. */
export const stem = (path: string): string => basename(path).replace(/(.)\.[^.]*$/, "$1");
