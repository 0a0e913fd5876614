/** @file Versions of fovea and of the packages it runs on. */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

interface Manifest {
  readonly name: string;
  readonly version: string;
}

export const { version } = require("../package.json") as Manifest;

/** Version of an installed package; `undefined` when it is not installed. */
export function packageVersion(name: string): string | undefined {
  try {
    for (let folder = dirname(require.resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
      const file = join(folder, "package.json");
      if (!existsSync(file)) continue;
      const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
      if (manifest.name === name) return manifest.version;
    }
  } catch {
    // Not installed.
  }
  return undefined;
}
