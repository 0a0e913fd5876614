/** @file Peak memory of passes over data sets of n and 4 n pictures, each in a process of its own. */

import type { Figure } from "../figure.ts";
import { once } from "../measure.ts";
import { inProcess } from "../process.ts";
import type { Entry, Setting } from "./entry.ts";

export const evaluateMemory: Entry = {
  name: "evaluate-memory",
  about: "peak memory of evaluate over n and 4 n pictures of 128²",
  delegates: true,
  run,
};

async function run({ quick }: Setting): Promise<Figure[]> {
  const n = quick ? 64 : 1024;
  const peaks: number[] = [];
  for (const count of [n, 4 * n]) {
    const found = await inProcess<{ pictures: number; peak: number }>("evaluate-pass.ts", [String(count)]);
    if (found.pictures !== count) throw new Error(`${found.pictures} of ${count} pictures were evaluated`);
    peaks.push(found.peak);
  }
  const [few, many] = peaks as [number, number];
  return [
    { name: `peak memory, ${n} pictures`, unit: "MB", ...once(few) },
    { name: `peak memory, ${4 * n} pictures`, unit: "MB", ...once(many) },
    { name: `${4 * n} / ${n} pictures`, unit: "×", ...once(many / few), target: { below: 1.1 } },
  ];
}
