/** @file Runs one entry in a process of its own, so that its peak memory is its own: `run-entry.ts NAME [--quick]`. */

import { availableParallelism } from "node:os";
import { entries } from "./entries/all.ts";
import type { EntryResult, Figure } from "./figure.ts";
import { once, peakMemory } from "./measure.ts";
import { type Peer, torchPeer } from "./peer.ts";

const [name, ...flags] = process.argv.slice(2);
const entry = entries.find((e) => e.name === name);
if (!entry) throw new Error(`no entry is called ${name}`);

// Before any work: a new process counts what this one holds as its own peak.
const peers: Peer[] = [];
for (const name of entry.peers ?? []) {
  const peer = await torchPeer(name, availableParallelism());
  if (peer) peers.push(peer);
}
const figures: Figure[] = [...(await entry.run({ quick: flags.includes("--quick"), peers }))];
if (!entry.delegates) figures.push({ name: "peak memory", unit: "MB", ...once(peakMemory()) });
for (const peer of peers) {
  figures.push({ name: `${peer.name} peak memory`, unit: "MB", ...once(await peer.peak()) });
  peer.close();
}
const notes = peers.slice(0, 1).map(({ about }) => `peer: ${about}`);
const result: EntryResult = { entry: entry.name, figures, notes };
process.stdout.write(`${JSON.stringify(result)}\n`);
