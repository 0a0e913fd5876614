/** @file Pictures that were made before are not made again: each is kept under what it depends on. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeOutput } from "../../cli/files.ts";
import type { Image } from "../../src/tensor/image.ts";
import { readNpy, writeNpy } from "../../src/tensor/npy.ts";

/** A picture and what it took. */
export interface Made {
  /** [3,H,W] in 0…1. */
  readonly image: Image;
  /** Milliseconds of its steps. */
  readonly ms: number;
  readonly steps: number;
}

/** What is kept under a record of all that decides on it; made, and kept, where it is not there. */
export type Store = (what: Readonly<Record<string, unknown>>, make: () => Promise<Made>) => Promise<Made>;

/** @param fresh Makes everything anew. */
export function storeIn(folder: string, { fresh = false } = {}): Store {
  mkdirSync(folder, { recursive: true });
  return async (what, make) => {
    const name = digest(JSON.stringify(what)).slice(0, 16);
    const [picture, facts] = [join(folder, `${name}.npy`), join(folder, `${name}.json`)];
    if (!fresh && existsSync(facts)) {
      const { ms, steps } = JSON.parse(readFileSync(facts, "utf8")) as Made;
      return { image: readNpy(new Uint8Array(readFileSync(picture))) as Image, ms, steps };
    }
    const { image, ms, steps } = await make();
    writeOutput(picture, writeNpy(image));
    writeOutput(facts, `${JSON.stringify({ ms, steps, what }, null, 2)}\n`);
    return { image, ms, steps };
  };
}

const digest = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

/** A hash of the code behind pictures: with other code, they are made anew. */
export function codeHash(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const path = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
    const files = readdirSync(path, { recursive: true, encoding: "utf8" }).filter(
      (file) => /\.(?:ts|py)$/.test(file) && !/\.test\.ts$/.test(file),
    );
    for (const file of files.sort()) hash.update(file).update(readFileSync(join(path, file)));
  }
  return hash.digest("hex").slice(0, 16);
}
