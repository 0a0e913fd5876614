/** @file The folder beside a report: what of it is done, so that it is not done again. */

import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../src/error.ts";
import type { Keep } from "../src/preimage/report-pieces.ts";
import { isFile, readInput, stem, writeFailure, writeOutput } from "./files.ts";
import { lock } from "./train-lock.ts";

export interface Parts extends Keep {
  readonly folder: string;
  /** Lets others in. */
  readonly close: () => void;
}

interface Kept {
  readonly key: string;
  readonly value: unknown;
}

/** The folder `report.parts` beside `report.html`. Throws `InputError` where it is a file, or another run is at work in it. */
export function openParts(out: string): Parts {
  const folder = join(dirname(out), `${stem(out)}.parts`);
  if (isFile(folder)) throw new InputError(`'${folder}' is a file: the report keeps what is done there; move it away`);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw writeFailure(folder, error);
  }
  const close = lock(join(folder, "lock"));
  const fileOf = (key: string): string =>
    join(folder, `${createHash("sha256").update(key).digest("hex").slice(0, 24)}.json`);
  return {
    folder,
    close,
    find: async (key) => {
      const path = fileOf(key);
      if (!isFile(path)) return undefined;
      try {
        const kept = JSON.parse(new TextDecoder().decode(readInput(path, "part"))) as Partial<Kept>;
        return kept.key === key ? kept.value : undefined;
      } catch {
        // Cut short by a crash of the machine: it is made again.
        return undefined;
      }
    },
    put: async (key, value) => writeOutput(fileOf(key), JSON.stringify({ key, value } satisfies Kept)),
  };
}
