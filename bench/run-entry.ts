/** @file Runs one entry in a process of its own, so that its peak memory is its own: `run-entry.ts NAME [--quick]`. */

import { availableParallelism } from "node:os";
import { entries } from "./entries/all.ts";
import type { EntryResult, Figure } from "./figure.ts";
import { torchPeer } from "./peer.ts";

const [name, ...flags] = process.argv.slice(2);
const entry = entries.find((e) => e.name === name);
if (!entry) throw new Error(`no entry is called ${name}`);

const peer = entry.hasPeer ? await torchPeer(availableParallelism()) : undefined;
const once = (x: number) => ({ median: x, low: x, high: x, count: 1 });
const figures: Figure[] = [...(await entry.run({ quick: flags.includes("--quick"), peer }))];
// Kilobytes on every system.
figures.push({ name: "peak memory", unit: "MB", ...once(process.resourceUsage().maxRSS / 1024) });
if (peer) figures.push({ name: "PyTorch peak memory", unit: "MB", ...once(await peer.close()) });
const result: EntryResult = { entry: entry.name, figures, notes: peer ? [`peer: ${peer.about}`] : [] };
process.stdout.write(`${JSON.stringify(result)}\n`);
