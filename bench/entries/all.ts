/** @file All entries, in the order in which they run. */

import type { Entry } from "./entry.ts";
import { evaluateMemory } from "./evaluate.ts";
import { gradientEntry } from "./gradient.ts";
import { loader } from "./loader.ts";
import { lucidOnResnet, lucidOnSqueezenet } from "./lucid.ts";
import { memoryEntries } from "./memory.ts";
import { trainEntries } from "./train.ts";
import { wasm } from "./wasm.ts";

export const entries: readonly Entry[] = [
  gradientEntry(1),
  gradientEntry(8),
  lucidOnResnet,
  lucidOnSqueezenet,
  wasm,
  ...trainEntries,
  loader,
  ...memoryEntries,
  evaluateMemory,
];
