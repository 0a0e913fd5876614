/** @file Where the time of ResNet-18's input gradient at 224² goes, by operator: `npx tsx bench/profile.ts [batch]`. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { host } from "#runtime-host";
import { serialise } from "../src/ops/serialise.ts";
import { absorbScale } from "../src/passes/absorb-scale.ts";
import { lower } from "../src/passes/lower.ts";
import { prune } from "../src/passes/needed.ts";
import { chooseBackend } from "../src/runtime/choose.ts";
import { spread } from "./measure.ts";
import { gradientGraph, noise, resnet18 } from "./work.ts";

interface Event {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}

const batch = Number(process.argv[2] ?? 1);
const graph = absorbScale(lower(prune(gradientGraph(resnet18(224), batch))));
const { backend, ort } = await chooseBackend("cpu");
const folder = mkdtempSync(join(tmpdir(), "fovea-profile-"));
const session = await ort.InferenceSession.create(serialise(graph), {
  ...backend.sessionOptions(host.threads),
  enableProfiling: true,
  profileFilePrefix: join(folder, "run"),
});
const [input] = graph.inputs;
const x = new ort.Tensor("float32", noise(input!.shape).data, input!.shape);
for (let i = 0; i < 25; i++) await session.run({ [input!.name]: x });
session.endProfiling();
const events: Event[] = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), "utf8"));
rmSync(folder, { recursive: true });

/** Durations in microseconds of every node, by its name, then medians added up by operator. */
const nodes = new Map<string, { op: string; times: number[] }>();
for (const { cat, name, dur, args } of events) {
  if (cat !== "Node" || !args.op_name || !name.endsWith("_kernel_time")) continue;
  const node = nodes.get(name) ?? { op: args.op_name, times: [] };
  node.times.push(dur);
  nodes.set(name, node);
}
const byOperator = new Map<string, { calls: number; ms: number }>();
for (const { op, times } of nodes.values()) {
  const { calls, ms } = byOperator.get(op) ?? { calls: 0, ms: 0 };
  byOperator.set(op, { calls: calls + 1, ms: ms + spread(times).median / 1000 });
}
for (const [op, { calls, ms }] of [...byOperator].sort((a, b) => b[1].ms - a[1].ms))
  console.log(`${ms.toFixed(2).padStart(8)} ms  ${String(calls).padStart(3)} × ${op}`);
