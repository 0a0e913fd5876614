/** @file A folder of files, on disk, in an archive or in memory, as the readers of data sets see it. */

import { knownSplit, type Source } from "./dataset.ts";
import type { Chunks } from "./streams.ts";
import { readTar } from "./tar.ts";

export interface FileTree {
  readonly name: string;
  /** Paths of files below the folder, `/` between parts, sorted; hidden ones left out. */
  readonly files: readonly string[];
  /** Paths of folders below it. */
  readonly folders: readonly string[];
  /** How a worker gets the file; it is one of `files`. */
  source(path: string): Source;
  read(path: string): Promise<Uint8Array>;
}

/** Plain order of code units: the same on every host. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** True for names that start with a dot, anywhere in the path, and for what macOS packs beside files. */
export const isHidden = (path: string): boolean => /(?:^|\/)(?:\.|__MACOSX(?:\/|$))/.test(path);

/** A tree of files in memory. */
export function memoryTree(name: string, contents: ReadonlyMap<string, Uint8Array>): FileTree {
  const files = [...contents.keys()].filter((path) => !isHidden(path)).sort(byText);
  const folders = new Set<string>();
  for (const path of files)
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) folders.add(path.slice(0, at));
  const bytesOf = (path: string): Uint8Array => {
    const bytes = contents.get(path);
    if (!bytes) throw new Error(`internal: ${name} has no file ${path}`);
    return bytes;
  };
  return {
    name,
    files,
    folders: [...folders].sort(byText),
    source: (path) => ({ kind: "encoded", bytes: bytesOf(path) }),
    read: async (path) => bytesOf(path),
  };
}

/** All files of a tar archive, plain or gzip, in memory. Throws what `readTar` throws. */
export async function tarTree(name: string, chunks: Chunks): Promise<FileTree> {
  const contents = new Map<string, Uint8Array>();
  for await (const { path, bytes } of readTar(chunks, { name, wanted: (path) => !isHidden(path) }))
    contents.set(path, bytes);
  return memoryTree(name, contents);
}

/** The tree below one of its folders. */
export function subtree(tree: FileTree, folder: string): FileTree {
  const prefix = `${folder}/`;
  const below = (paths: readonly string[]): string[] =>
    paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  return {
    name: tree.name,
    files: below(tree.files),
    folders: below(tree.folders),
    source: (path) => tree.source(prefix + path),
    read: (path) => tree.read(prefix + path),
  };
}

/** The tree without the folders that wrap all of it, as archives have them; a split or a folder of pictures is none. */
export function unwrapped(tree: FileTree): FileTree {
  const [top, ...others] = tree.folders.filter((path) => !path.includes("/"));
  const bare = tree.files.some((path) => !path.includes("/"));
  if (top === undefined || others.length > 0 || bare || knownSplit(top) !== undefined) return tree;
  const inside = subtree(tree, top);
  const own = inside.files.filter((path) => !path.includes("/"));
  return own.some(isPicture) && !own.includes("index.csv") ? tree : unwrapped(inside);
}

/** The first file of that base name, as archives and downloads may wrap it in folders. */
export const findFile = (tree: FileTree, ...names: readonly string[]): string | undefined =>
  tree.files.find((path) => names.includes(baseName(path)));

/** True for the endings of pictures that both hosts decode. */
export const isPicture = (path: string): boolean => /\.(?:jpe?g|png|webp|gif|avif|tiff?)$/i.test(path);
