/** @file Attacks of the same names by PyTorch and by fovea on one net and the same pictures, side by side. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { planOf } from "../../cli/attack-flags.ts";
import { picturesFor } from "../../cli/attack-pictures.ts";
import { chosenPictures, matched, squareSide } from "../../cli/evaluate.ts";
import { readModelFile, splitModel } from "../../cli/input.ts";
import { table } from "../../cli/table.ts";
import type { Picture } from "../../src/robustness/attack.ts";
import { attackNamed, catalogue, type Effort } from "../../src/robustness/catalogue.ts";
import { classifierOf } from "../../src/robustness/classifier.ts";
import { attackAll } from "../../src/robustness/run.ts";
import { encodeTensors } from "../../src/tensor/safetensors.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { writePeerModel } from "../peers/torch-graph.ts";
import { attackPeer } from "./peer.ts";

const usage = `npx tsx bench/attacks/main.ts --model NET --data DIR [--split test] [--limit 200] [--norm linf] [--eps 8/255]
  [--attack fgsm,pgd,apgd-ce,apgd-t,fab-t,square] [--steps 100] [--restarts 1] [--queries 1000] [--targets 9] [--seed 0]
  [--threads 1] [--json]

Needs torch, and torchattacks or foolbox, under FOVEA_PEER_PYTHON (or python3). Exit code 1 where fovea leaves more than 0.5 points
more pictures standing than the peer does. Sizes are medians over the pictures that both fooled, whatever eps.
`;

/** An attack in both: robust accuracy in %, milliseconds, and the median size of the change where the attack seeks the smallest. */
interface Line {
  readonly name: string;
  readonly ours: number;
  readonly ms?: number;
  readonly theirs?: number;
  readonly theirMs?: number;
  readonly size?: number | undefined;
  readonly theirSize?: number | undefined;
  /** Why the peer has no answer. */
  readonly note?: string;
}

/** Points of accuracy by which fovea may be weaker. */
const TOLERANCE = 0.5;

const { values: flags } = parseArgs({
  options: {
    model: { type: "string" },
    data: { type: "string" },
    split: { type: "string" },
    limit: { type: "string", default: "200" },
    norm: { type: "string", default: "linf" },
    eps: { type: "string" },
    attack: { type: "string", default: "fgsm,pgd,apgd-ce,apgd-t,fab-t,square" },
    steps: { type: "string", default: "100" },
    restarts: { type: "string", default: "1" },
    queries: { type: "string", default: "1000" },
    targets: { type: "string", default: "9" },
    seed: { type: "string", default: "0" },
    threads: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (flags.help || flags.data === undefined) {
  process.stderr.write(usage);
  process.exitCode = flags.help ? 0 : 2;
} else await compare(flags.data);

function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

async function compare(from: string): Promise<void> {
  const [threads, seed] = [Number(flags.threads), Number(flags.seed)];
  const effort = {
    steps: Number(flags.steps),
    restarts: Number(flags.restarts),
    queries: Number(flags.queries),
    targets: Number(flags.targets),
  } satisfies Effort;
  const asked = {
    data: from,
    norm: flags.norm,
    attack: flags.attack,
    limit: Number(flags.limit),
    seed,
    workers: 0,
    ...{ checkPictures: 0, draws: 0, examples: 0, quiet: true },
    ...(flags.split !== undefined && { split: flags.split }),
    ...(flags.eps !== undefined && { eps: flags.eps }),
  };
  const plan = planOf(asked);
  const [file] = splitModel([], flags.model === undefined ? {} : { model: flags.model });
  const { value: model } = await readModelFile(file, asked);
  const options = { device: "cpu", threads } as const;
  const net = await classifierOf(model, { ...options, size: squareSide(model, undefined) });
  const { dataset, split } = await chosenPictures(asked, () => {});
  const source = picturesFor(
    net,
    matched(model, dataset, () => {}),
    asked,
  );
  const pictures: Picture[] = [];
  for await (const picture of source.open()) pictures.push(picture);
  await source.close();

  const folder = mkdtempSync(join(tmpdir(), "fovea-peer-"));
  try {
    const [graph, shown] = [join(folder, "net.safetensors"), join(folder, "pictures.safetensors")];
    writePeerModel(graph, model);
    const images = Float32Array.from(pictures.flatMap(({ image }) => Array.from(image)));
    const text = JSON.stringify({ labels: pictures.map(({ label }) => label) });
    const dims = [pictures.length, ...net.picture];
    writeFileSync(shown, encodeTensors({ tensors: { images: tensor("float32", dims, images) }, text }));
    const peer = await attackPeer(graph, shown, threads);
    const n = pictures.length;
    const points = (stands: readonly boolean[]): number => (100 * stands.filter(Boolean).length) / n;
    const rows: Line[] = [];
    const worst = { ours: [...peer.right], theirs: [...peer.right] };
    for (const name of plan.names) {
      process.stderr.write(`${name}\n`);
      const method = attackNamed(name, { ...effort, norm: plan.norm, eps: plan.eps });
      const start = performance.now();
      const outcomes = await attackAll(net, method, pictures, { ...options, seed });
      const ms = performance.now() - start;
      const ours = outcomes.map((o) => !o.success);
      const request = { ...effort, name, norm: plan.norm.name, eps: plan.eps, classes: net.classes, seed };
      const reply = await peer.ask(request);
      ours.forEach((stands, i) => {
        worst.ours[i] &&= stands;
      });
      if (typeof reply === "string") {
        rows.push({ name, ours: points(ours), ms, note: reply });
        continue;
      }
      reply.stands.forEach((stands, i) => {
        worst.theirs[i] &&= stands;
      });
      const sizes = outcomes.flatMap(({ answer, label, distance }, i) => {
        const theirs = reply.sizes[i];
        return typeof theirs === "number" && answer !== label ? [[distance, theirs] as const] : [];
      });
      rows.push({
        ...{ name, ours: points(ours), ms, theirs: points(reply.stands), theirMs: reply.ms },
        ...(catalogue[name].seeks === "smallest" && {
          size: median(sizes.map(([ours]) => ours)),
          theirSize: median(sizes.map(([, theirs]) => theirs)),
        }),
      });
    }
    peer.close();
    rows.push({ name: "all of them", ours: points(worst.ours), theirs: points(worst.theirs) });
    const weaker = rows.filter((r) => r.theirs !== undefined && r.ours > r.theirs + TOLERANCE + 1e-9);
    const facts = { net: model.name, data: dataset.name, split, n, norm: plan.norm.name, eps: plan.eps, ...effort };
    const result = { ...facts, clean: points(peer.right), peer: peer.about, attacks: rows };
    if (flags.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    else {
      const cell = (x: number | undefined, digits = 1): string => (x === undefined ? "" : x.toFixed(digits));
      const columns = [
        "robust accuracy, %",
        "fovea",
        "torch",
        "difference",
        "fovea s",
        "torch s",
        "fovea size",
        "torch size",
        "",
      ].map((title, i) => ({ title, align: i === 0 || i === 8 ? ("left" as const) : ("right" as const) }));
      const lines = rows.map((r) => [
        r.name,
        cell(r.ours),
        cell(r.theirs),
        r.theirs === undefined ? "" : cell(r.ours - r.theirs),
        cell(r.ms && r.ms / 1000),
        cell(r.theirMs && r.theirMs / 1000),
        cell(r.size, 4),
        cell(r.theirSize, 4),
        weaker.includes(r) ? "weaker" : (r.note ?? ""),
      ]);
      process.stdout.write(
        `${facts.net} on ${facts.data} (${split}), ${n} pictures, clean ${cell(result.clean)} %, ${facts.norm} ${facts.eps}, ${peer.about}\n${table(columns, lines)}\n`,
      );
    }
    if (weaker.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
