/** @file What `bench:quality` can be asked, read and checked. */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { expect, InputError } from "../../src/error.ts";

export const parts = ["maximize", "invert", "speed"] as const;
export type Part = (typeof parts)[number];

/** Real photos of flowers, where they have been fetched; they do not ship. */
const FLOWERS = "../shared/data/flowers18";

export const usage = `npm run bench:quality -- [--only PART]… [--markdown FILE] …

Measures our pictures against those of PyTorch (Lucent's pipeline; Adam on pixels) and against no regularisation, on the same
net, units, steps, size and seeds. PyTorch runs under FOVEA_PEER_PYTHON (or python3) where it can import torch and NumPy.
What was made is kept in --out and not made again: Ctrl-C loses one picture.

  --only PART       maximize, invert or speed; all of them by default
  --model NET       a file or a net that ships (flowers18)
  --judge NET       a second net with the same classes; the one that ships, where there is one
  --units LIST      a,b,c of layer:17, logits:rose or logits:*; all classes, and 3 channels of 4 layers
  --layers LIST     layers that photos are inverted from (6 main layers)
  --photos PATH     photos to invert, a folder or a data set, of which the test split (${FLOWERS} if there, else synthetic flowers)
  --count N         how many of them (5)
  --size N          side of the pictures (128)
  --steps N         of a maximised unit (256)
  --invert-steps N  of an inversion (350)
  --seeds N         pictures of each unit (2)
  --rounds N        of the measurement of speed (16)
  --threads N       of either side (all)
  --json FILE       where the figures go (OUT/quality.json); - prints them in place of the tables
  --markdown FILE   writes a page with tables and pictures, pictures into images/ beside it
  --out DIR         pictures, sheets and figures (bench/out/quality)
  --fresh           makes everything anew
  --quick           few small pictures: only to see that everything runs
`;

export interface Flags {
  readonly only: readonly Part[];
  readonly model: string;
  readonly judge: string | undefined;
  readonly units: readonly string[] | undefined;
  readonly layers: readonly string[] | undefined;
  readonly photos: string | undefined;
  readonly count: number;
  readonly size: number;
  readonly steps: number;
  readonly invertSteps: number;
  readonly seeds: number;
  readonly rounds: number;
  readonly threads: number;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
  readonly out: string;
  readonly fresh: boolean;
  readonly quick: boolean;
  readonly help: boolean;
}

const text = { type: "string" } as const;
const options = {
  only: { type: "string", multiple: true },
  model: text,
  judge: text,
  units: text,
  layers: text,
  photos: text,
  count: text,
  size: text,
  steps: text,
  "invert-steps": text,
  seeds: text,
  rounds: text,
  threads: text,
  json: text,
  markdown: text,
  out: text,
  fresh: { type: "boolean" },
  quick: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** Throws an `InputError` for flags that are none, and numbers that are no whole numbers above 0. */
export function flagsOf(args: readonly string[]): Flags {
  const values = parsed(args);
  const only = values.only ?? [...parts];
  for (const part of only)
    expect(parts.includes(part as Part), () => `--only: expected ${parts.join(", ")}, got "${part}"`);
  const quick = values.quick ?? false;
  const whole = (
    name: "count" | "size" | "steps" | "invert-steps" | "seeds" | "rounds" | "threads",
    usual: number,
  ): number => {
    const given = values[name] === undefined ? usual : Number(values[name]);
    expect(
      Number.isSafeInteger(given) && given > 0,
      () => `--${name}: expected a whole number above 0, got ${values[name]}`,
    );
    return given;
  };
  const list = (given: string | undefined) => given?.split(",").map((each) => each.trim());
  return {
    only: only as Part[],
    model: values.model ?? "flowers18",
    judge: values.judge,
    units: list(values.units) ?? (quick ? ["logits:0", "logits:5"] : undefined),
    layers: list(values.layers),
    photos: values.photos ?? (existsSync(FLOWERS) ? FLOWERS : undefined),
    count: whole("count", quick ? 2 : 5),
    size: whole("size", quick ? 64 : 128),
    steps: whole("steps", quick ? 8 : 256),
    invertSteps: whole("invert-steps", quick ? 7 : 350),
    seeds: whole("seeds", quick ? 1 : 2),
    rounds: whole("rounds", quick ? 2 : 16),
    threads: whole("threads", availableParallelism()),
    json: values.json,
    markdown: values.markdown,
    out: values.out ?? fileURLToPath(new URL("../out/quality", import.meta.url)),
    fresh: values.fresh ?? false,
    quick,
    help: values.help ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new InputError((error as Error).message);
  }
}
