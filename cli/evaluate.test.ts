/** @file `fovea evaluate` and `fovea data`: numbers to the letter, classes by name, and what does not match. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { syntheticFlowers } from "../src/data/synthetic.ts";
import { netSource, nets, sourceBytes } from "../src/nets/net.ts";
import { commandsIn, tinyNet } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-evaluate-"));
const at = (...names: string[]): string => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { run } = commandsIn(() => folder);
const { json } = commandsIn(() => folder, "--device", "cpu", "--workers", "0");
const evaluated = (...args: string[]) => json("evaluate", ...args);
const flowers = "synthetic:classes=3,count=60,size=24";
const { classes } = syntheticFlowers({ classes: 3, count: 60, size: 24 });

beforeAll(async () => {
  const source = netSource(nets.nin({ classes: 3, width: 6 }), { picture: [3, 24, 24], seed: 4 });
  const labelled = { ...source, metadata: { "fovea.labels": JSON.stringify(classes) } };
  writeFileSync(at("net.onnx"), sourceBytes(labelled));
  writeFileSync(at("plain.onnx"), sourceBytes(source));
  const made = await run("data", "synthetic", "--out", "flowers", "--classes", "3", "--count", "60", "--size", "24");
  expect(made.code, made.stderr).toBe(0);
});

describe("evaluate", () => {
  let found: Record<string, unknown>;
  beforeAll(async () => {
    found = await evaluated("net.onnx", "--data", flowers, "--split", "test");
  });

  test("tells the numbers that others rely on", () => {
    for (const key of ["n", "top1", "balanced", "loss", "top5", "skipped", "ms"])
      expect(typeof found[key], key).toBe("number");
    expect(found).toMatchObject({ n: 9, skipped: 0, device: "cpu", split: "test", labels: classes });
    const confusion = found.confusion as number[][];
    const perClass = found.perClass as { label: string; n: number; recall: number }[];
    expect(perClass.map(({ label, n }) => [label, n])).toEqual(classes.map((label) => [label, 3]));
    const right = confusion.reduce((sum, row, i) => sum + row[i]!, 0);
    expect(found.top1).toBeCloseTo(right / 9, 12);
    expect(found.balanced).toBeCloseTo(perClass.reduce((sum, { recall }) => sum + recall, 0) / 3, 12);
    expect((found.mistakes as unknown[]).length).toBe(9 - right);
    const [low, high] = found.interval as [number, number];
    expect(low).toBeLessThan(found.top1 as number);
    expect(high).toBeGreaterThan(found.top1 as number);
  });

  test("finds classes by name, in whatever order the folder has them, and in batches of any size", async () => {
    expect([...classes].sort()).not.toEqual(classes);
    const other = await evaluated("net.onnx", "--data", "flowers", "--batch", "4");
    for (const key of ["n", "top1", "balanced", "confusion", "labels"]) expect(other[key], key).toEqual(found[key]);
    expect(other.loss).toBeCloseTo(found.loss as number, 5);
  });

  test("shows a net that takes one picture at a time one picture at a time", async () => {
    writeFileSync(at("one.onnx"), tinyNet());
    const { n, loss } = await evaluated("one.onnx", "--data", "synthetic:classes=4,count=40,size=16");
    expect(n).toBe(8);
    expect(loss).toBeGreaterThan(0);
  });

  test("counts and names pictures that cannot be read", async () => {
    const [kind] = readdirSync(at("flowers", "val"));
    const [picture] = readdirSync(at("flowers", "val", kind!));
    writeFileSync(at("flowers", "val", kind!, picture!), "no picture");
    const { n, skipped, unreadable } = await evaluated("net.onnx", "--data", "flowers", "--split", "val");
    expect({ n, skipped }).toEqual({ n: 8, skipped: 1 });
    expect(unreadable).toEqual([
      { name: `val/${kind}/${picture}`, reason: expect.stringContaining("cannot be decoded") },
    ]);
  });

  test("prints a table for people", async () => {
    const { code, stdout } = await run("evaluate", "net.onnx", "--data", flowers, "--split", "all");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^synthetic flowers, split all: 60 pictures of 3 classes\ntop-1 +0\.\d{3} +\(95 %: /);
    for (const label of classes) expect(stdout).toMatch(new RegExp(`^${label} +20 `, "m"));
  });

  test.each([
    [
      "more classes than the net has",
      ["net.onnx", "--data", "synthetic:classes=4,count=12,size=24"],
      /has 4 classes, the net only 3/,
    ],
    [
      "other classes",
      ["net.onnx", "--data", "synthetic:classes=3,count=12,size=24,seed=9"],
      /does not know \d of the 3 classes.*--labels/,
    ],
    [
      "another number of nameless classes",
      ["plain.onnx", "--data", "synthetic:classes=4,count=12,size=24"],
      /3 classes without names, .* has 4/,
    ],
    [
      "a split that is not there",
      ["net.onnx", "--data", flowers, "--split", "exam"],
      /no split 'exam': expected one of train \(42\), val \(9\), test \(9\)/,
    ],
    [
      "a size that the net does not take",
      ["net.onnx", "--data", flowers, "--size", "32"],
      /takes pictures of 24×24 pixels/,
    ],
    ["no data", ["net.onnx"], /required option '--data/],
  ])("refuses %s", async (_, args, message) => {
    const { code, stderr } = await run("evaluate", ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe("data", () => {
  test("list tells names and homes", async () => {
    const { code, stdout } = await run("data", "list", "--json");
    expect(code).toBe(0);
    const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["flowers102", "mnist", "cifar10"]));
  });

  test("info counts classes and splits of what synthetic wrote", async () => {
    const { stdout } = await run("data", "info", "flowers", "--json");
    const found = JSON.parse(stdout) as { format: string; pictures: number; splits: object; classes: { n: number }[] };
    expect(found).toMatchObject({ pictures: 60, splits: { train: 42, val: 9, test: 9 } });
    expect(found.classes.map(({ n }) => n)).toEqual([20, 20, 20]);
  });

  test.each([
    ["get of an unknown name", ["get", "flower102"], /no public data set 'flower102' here: did you mean flowers102/],
    ["info of nothing", ["info", "nowhere"], /nowhere/],
    ["synthetic over what is there", ["synthetic", "--out", "flowers"], /is there already/],
    ["one class", ["synthetic", "--out", "new", "--classes", "1"], /xpected a whole number from 2/],
  ])("refuses %s", async (_, args, message) => {
    const { code, stderr } = await run("data", ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
