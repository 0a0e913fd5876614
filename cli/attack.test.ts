/** @file `fovea attack`: names to the letter, going on after a kill and after Ctrl-C, curves, transfer, and bad input. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { syntheticFlowers } from "../src/data/synthetic.ts";
import { netSource, nets, sourceBytes } from "../src/nets/net.ts";
import { builderOf } from "../src/ops/builder.ts";
import { serialise } from "../src/ops/serialise.ts";
import { checkNames } from "../src/robustness/checks/all.ts";
import { rng } from "../src/tensor/rng.ts";
import { wilson } from "../src/tensor/statistics.ts";
import { fovea } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-attack-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const flowers = "synthetic:classes=3,count=60,size=16";
const { classes } = syntheticFlowers({ classes: 3, count: 60, size: 16 });
const small = ["--device", "cpu", "--threads", "1", "--workers", "0", "--data", flowers, "--split", "all"];
const standard = ["--suite", "standard", "--eps", "16/255", "--steps", "3", "--queries", "12", "--targets", "2"];
const checked = ["--draws", "8", "--check-pictures", "4", "--limit", "12"];

/** The means of the three colours, times a matrix: a net without hidden layers, wrong about some pictures. */
function colourNet(seed: number, options: { readonly softmax?: boolean; readonly classes?: number } = {}): Uint8Array {
  const count = options.classes ?? 3;
  const g = builderOf();
  const x = g.input("image", "float32", [1, 3, 16, 16]);
  const weights = rng(seed).fillNormal(new Float32Array(3 * count), 0, 4);
  const z = g.matmul(g.mean(x, [2, 3], false), g.numbers(weights, [3, count], "float32"));
  g.output(options.softmax ? g.op("Softmax", [z], { axis: 1 }) : z, "logits");
  return serialise(g.graph);
}

beforeAll(() => {
  const source = netSource(nets.nin({ classes: 3, width: 4 }), { picture: [3, 16, 16], seed: 4 });
  const labelled = { ...source, metadata: { "fovea.labels": JSON.stringify(classes) } };
  writeFileSync(join(folder, "net.onnx"), sourceBytes(labelled));
  writeFileSync(join(folder, "colours.onnx"), colourNet(2));
  writeFileSync(join(folder, "sure.onnx"), colourNet(3, { softmax: true }));
});

interface Attacked {
  readonly n: number;
  readonly clean: number;
  readonly robustAccuracy: number;
  readonly intervals: { readonly clean: number[]; readonly robustAccuracy: number[] };
  readonly perAttack: Readonly<
    Record<string, { attacked: number; fooled: number; alone: number | null; robustAccuracy: number }>
  >;
  readonly checks: readonly { readonly name: string; readonly status: string; readonly says: string }[];
  readonly leftOut: Readonly<Record<string, string>>;
  readonly curve?: readonly { readonly attack: string; readonly eps: number; readonly accuracy: number }[];
  readonly notes: readonly string[];
  readonly resumed: number;
  readonly out: string;
  readonly records: string;
  readonly [fact: string]: unknown;
}

async function attacked(...args: string[]): Promise<Attacked & { readonly stderr: string }> {
  const { code, stdout, stderr } = await fovea(folder, ["attack", ...args, ...small, "--json"]);
  expect(code, stderr).toBe(0);
  return { ...(JSON.parse(stdout) as Attacked), stderr };
}

describe("attack", () => {
  test("the suite tells what others rely on, and goes on from a torn record to the same end", async () => {
    const whole = await attacked("net.onnx", ...standard, ...checked, "--out", "whole.html");
    const { n, clean, robustAccuracy, perAttack } = whole;
    expect([n, whole.resumed, whole.norm, whole.suite]).toEqual([12, 0, "linf", "standard"]);
    expect(Object.keys(perAttack)).toEqual(["apgd-ce", "apgd-dlr", "fab-t", "square"]);
    expect(whole.leftOut).toEqual({ "apgd-t": "needs 4 classes, and the net has 3" });
    expect(whole.stderr).toContain("apgd-t-linf is left out: it needs 4 classes");
    expect(whole.checks.map(({ name }) => name)).toEqual(checkNames);
    for (const { status } of whole.checks) expect(["passed", "failed", "not applicable"]).toContain(status);
    const fooled = Object.values(perAttack).reduce((sum, a) => sum + a.fooled, 0);
    expect(robustAccuracy).toBeCloseTo(clean - fooled / n, 12);
    expect(whole.intervals.robustAccuracy).toEqual(wilson(Math.round(robustAccuracy * n), n));
    const html = readFileSync(join(folder, "whole.html"), "utf8");
    expect(html).toContain("How robust is net?");
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/);

    // As a kill leaves it: half of the lines, the last one cut short.
    const lines = readFileSync(join(folder, whole.records), "utf8").trimEnd().split("\n");
    const before = lines.slice(0, Math.floor(lines.length / 2)).join("\n");
    const name = whole.records.replace("whole", "part");
    writeFileSync(join(folder, name), `${before}\n${lines.at(-1)!.slice(0, 20)}`);
    const rest = await attacked("net.onnx", ...standard, ...checked, "--out", "part.html");
    expect(rest.resumed).toBeGreaterThan(0);
    for (const key of ["n", "clean", "robustAccuracy", "perAttack", "checks"])
      expect(rest[key], key).toEqual(whole[key]);
    const after = readFileSync(join(folder, name), "utf8");
    expect(after.startsWith(`${before}\n`)).toBe(true);
    const now = after
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const runs = now.filter((line) => "run" in line && "item" in line).map(({ item, run }) => `${item} ${run}`);
    expect(new Set(runs).size).toBe(runs.length);
  }, 120_000);

  test("Ctrl-C ends with 130 and keeps what is finished", async () => {
    const long = ["attack", "net.onnx", ...small, "--json", "--out", "long.html", "--steps", "400"];
    let sent = false;
    const stopped = await fovea(folder, long, (text, kill) => {
      if (!sent && text.includes("clean")) kill("SIGINT");
      sent ||= text.includes("clean");
    });
    expect([stopped.code, stopped.stdout], stopped.stderr).toEqual([130, ""]);
    expect(stopped.stderr).toContain("the same command goes on from there");
    expect(readdirSync(folder).filter((name) => name.startsWith("long."))).toHaveLength(1);
  }, 60_000);

  test("a larger limit keeps what a smaller one did; named attacks run on all that are right", async () => {
    const some = await attacked("colours.onnx", "--attack", "fgsm,uniform-noise", "--limit", "10", "--out", "n.html");
    const more = await attacked("colours.onnx", "--attack", "fgsm,uniform-noise", "--limit", "20", "--out", "n.html");
    expect([some.n, more.n, some.resumed > 10, more.resumed]).toEqual([10, 20, false, expect.any(Number)]);
    expect(more.resumed).toBeGreaterThanOrEqual(10);
    const right = Math.round(more.clean * 20);
    for (const a of Object.values(more.perAttack)) {
      expect(a.attacked).toBe(right);
      expect(a.alone).toBeCloseTo((right - a.fooled) / 20, 12);
    }
    expect(more.checks).toEqual([]);
  }, 60_000);

  test("a curve starts at the clean accuracy and falls; probabilities are told apart from logits", async () => {
    const found = await attacked(
      ...["sure.onnx", "--suite", "curve", "--attack", "pgd,gaussian-noise", "--steps", "4", "--limit", "12"],
      ...["--epsilons", "0,0.05,1", "--out", "c.html"],
    );
    expect(found.notes.join()).toContain("probabilities");
    expect(found.stderr).toContain("logarithm");
    expect(found.curve!.map(({ attack, eps }) => `${attack} ${eps}`)).toEqual([
      ...["pgd 0", "pgd 0.05", "pgd 1"],
      ...["gaussian-noise 0", "gaussian-noise 0.05", "gaussian-noise 1"],
    ]);
    const accuracy = found.curve!.map((p) => p.accuracy);
    expect([accuracy[0], accuracy[3]]).toEqual([found.clean, found.clean]);
    expect(accuracy[2]).toBeLessThanOrEqual(found.clean);
    expect([found.eps, found.robustAccuracy]).toEqual([1, Math.min(accuracy[2]!, accuracy[5]!)]);
    expect(readFileSync(join(folder, "c.html"), "utf8")).toContain("<polyline");
  }, 60_000);

  test("pictures made on another net, each towards a class of its own", async () => {
    const found = await attacked(
      ...["colours.onnx", "--attack", "pgd", "--steps", "3", "--eps", "0.2", "--norm", "l2", "--targeted"],
      ...["--transfer-from", "sure.onnx", "--limit", "8", "--out", "t.html"],
    );
    expect(Object.keys(found.perAttack)).toEqual(["transfer-pgd"]);
    expect([found.targeted, found.norm]).toEqual([true, "l2"]);
  }, 60_000);
});

describe("bad input", () => {
  const refused = async (words: string, ...args: string[]) => {
    const { code, stdout, stderr } = await fovea(folder, ["attack", ...args]);
    expect([code, stdout], stderr).toEqual([2, ""]);
    expect(stderr).toContain(words);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  };

  test("eps in 0…255 is named", () => refused("8/255", "net.onnx", "--data", flowers, "--eps", "8", "--quiet"), 30_000);

  test(
    "an eps in l2 that no picture can move by",
    () =>
      refused("eps: expected a number from 0 to 27.7", "net.onnx", "--data", flowers, "--norm", "l2", "--eps", "40"),
    30_000,
  );

  test("pictures without labels", async () => {
    const bare = join(folder, "bare");
    mkdirSync(bare);
    writeFileSync(join(bare, "picture.png"), "");
    await refused("bare", "net.onnx", "--data", "bare", "--quiet");
  }, 30_000);
});
