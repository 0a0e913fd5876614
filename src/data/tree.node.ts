/** @file A folder on disk as a tree of files. */

import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { byText, type FileTree, isHidden } from "./tree.ts";

/** Lists everything below the folder; symbolic links are not followed into folders. */
export async function diskTree(folder: string): Promise<FileTree> {
  const root = resolve(folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of entries) {
    const path = relative(root, join(entry.parentPath, entry.name)).split(sep).join("/");
    if (isHidden(path)) continue;
    if (entry.isDirectory()) folders.push(path);
    else if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
  }
  return {
    name: basename(root),
    files: files.sort(byText),
    folders: folders.sort(byText),
    source: (path) => ({ kind: "file", path: join(root, path) }),
    read: (path) => readFile(join(root, path)),
  };
}
