/** @file Sheets from the command line: PNG, page and numbers, stops and goings-on, all of it again, and what is refused. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeImage, encodePng } from "../src/tensor/image.node.ts";
import { makeImage } from "../src/tensor/image.ts";
import { readPngText } from "../src/tensor/png-text.ts";
import { convNetSpec } from "../test/fixtures/conv-nets.ts";
import { netBytes } from "../test/fixtures/nets.ts";
import { refuseForSheets, refuseSheetFlags } from "./sheet-flags.ts";
import { commandsIn, fovea, type Workbench, workbench } from "./testing.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
  // Its channel relu:0 is off for every picture.
  writeFileSync(bench.path("dead.onnx"), netBytes(convNetSpec({ bias: -1000 })));
  mkdirSync(bench.path("photos"));
  mkdirSync(bench.path("none"));
  for (let i = 0; i < 6; i++) {
    const photo = makeImage(3, 24, 20, (c, y, x) => 0.5 + 0.5 * Math.sin((x + y * i) / 3 + c * i));
    writeFileSync(bench.path(`photos/p${i}.png`), await encodePng(photo));
  }
  writeFileSync(bench.path("photos/torn.png"), "no picture");
});
afterAll(() => bench.remove());

const { run } = commandsIn(() => bench.folder);
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(bench.path(name)));
const pixels = async (name: string): Promise<number[]> => [...(await decodeImage(bytes(name))).image.data];
const small = ["--size", "16", "--device", "cpu", "--seed", "2"];

interface Sheet {
  readonly out: string;
  readonly page: string;
  readonly batch: number;
  readonly photos: object;
  readonly units: readonly {
    readonly address: string;
    readonly life: string;
    readonly picture: string;
    readonly activation: { readonly start: number; readonly end: number };
    readonly notes: readonly string[];
    readonly classes?: { readonly net: { readonly probability: number; readonly rank: number } };
    readonly photos: { readonly percentile: number; readonly ratio: number; readonly best: readonly object[] };
  }[];
}

test("a sheet has all units with photos, numbers, a page, dead ones marked, and is made again", {
  timeout: 300_000,
}, async () => {
  const args = ["maximize", "dead.onnx", "relu:*", "logits:1,3", ...small, "--steps", "8", "--out", "sheet.png"];
  const { code, stdout, stderr } = await run(...args, "--photos", "photos", "--top", "3", "--keep", "--json");
  expect(code, stderr).toBe(0);
  const sheet = JSON.parse(stdout) as Sheet;
  const { units } = sheet;
  expect(sheet).toMatchObject({ out: "sheet.png", page: "sheet.html", steps: 8, seed: 2, preset: "lucid" });
  expect(sheet.photos).toMatchObject({ n: 6, unreadable: [{ photo: "torn.png" }], size: [16, 16] });
  expect(units.map(({ address }) => address)).toEqual(["relu:0", "relu:1", "relu:2", "relu:3", "logits:1", "logits:3"]);
  expect(units.map(({ life }) => life)).toEqual(["dead", ...new Array<string>(5).fill("alive")]);
  expect(units[0]!.notes.join()).toContain("and it is still off");
  for (const { life, activation, photos } of units) {
    if (life === "alive") expect(activation.end).toBeGreaterThan(activation.start);
    expect(photos.best.length).toBe(3);
    expect(photos.best[0]).toHaveProperty("box");
  }
  expect(units.map(({ classes }) => classes !== undefined)).toEqual([false, false, false, false, true, true]);
  expect(units[5]!.classes!.net.probability).toBeGreaterThan(0);
  for (const { photos } of units.slice(1)) expect(photos.percentile >= 0 && photos.percentile <= 100).toBe(true);
  expect(stderr).toMatch(/1 photos? could not be read \(torn.png/);
  expect(stderr).toContain("dead units, which nothing changes: relu:0");

  const page = new TextDecoder().decode(bytes("sheet.html"));
  expect(page.match(/<article class="unit/g)).toHaveLength(6);
  expect(page.match(/class="unit dead"/g)).toHaveLength(1);
  expect(page.match(/src="data:image\/webp/g)).toHaveLength(6 + 18);
  expect(page).toContain("fovea maximize dead.onnx 'relu:*' logits:1,3 --size 16");

  const recipe = JSON.parse(readPngText(bytes("sheet.png")).fovea!) as object;
  expect(recipe).toMatchObject({ sheet: { addresses: ["relu:*", "logits:1,3"], photos: { path: "photos", top: 3 } } });
  const again = await run("repro", "sheet.png", "--json");
  expect(JSON.parse(again.stdout)).toMatchObject({ identical: true });
  const single = await run("repro", units[4]!.picture, "--json");
  expect(JSON.parse(single.stdout)).toMatchObject({ identical: true, recipe: { sheet: { unit: "logits:1" } } });

  // With its pictures kept, a sheet of another look is only laid out.
  const other = await run(...args, "--columns", "6");
  expect(other.code, other.stderr).toBe(0);
  expect(other.stderr).toContain("6 of 6 pictures are there");
  expect(existsSync(bench.path("sheet.parts"))).toBe(false);
  const { image } = await decodeImage(bytes("sheet.png"));
  expect(image.dims[2]).toBeGreaterThan(6 * 96);
});

test("Ctrl-C and kill -9 lose no finished batch, and the same command ends as if it had never stopped", {
  timeout: 300_000,
}, async () => {
  const steps = ["--steps", "150"];
  const args = [
    "maximize",
    "net.onnx",
    "relu:*",
    "--size",
    "16",
    "--device",
    "cpu",
    ...steps,
    "--batch",
    "2",
    "--keep",
  ];
  const finished = (): number =>
    existsSync(bench.path("cut.parts"))
      ? readdirSync(bench.path("cut.parts")).filter((f) => /^0.*\.png$/.test(f)).length
      : 0;

  let sent = false;
  const stopped = await fovea(bench.folder, [...args, "--out", "cut.png", "--json"], (text, kill) => {
    if (!sent && text.includes("/900")) kill("SIGINT");
    sent ||= text.includes("/900");
  });
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toMatch(
    /Stopped with \d of 6 pictures; they are kept in cut.parts. Run the same command again/,
  );
  expect(JSON.parse(stopped.stdout)).toMatchObject({ stopped: true, pictures: finished(), of: 6, parts: "cut.parts" });
  expect(existsSync(bench.path("cut.png"))).toBe(false);
  expect(existsSync(bench.path("cut.parts/running.safetensors"))).toBe(true);

  const other = await run(...args.map((word) => (word === "150" ? "151" : word)), "--out", "cut.png");
  expect(other).toMatchObject({ code: 2, stdout: "" });
  expect(other.stderr).toMatch(/'cut.parts' holds pictures of another sheet \(other stepsDone?, ?steps|other steps/);

  const before = finished();
  let timer: ReturnType<typeof setInterval> | undefined;
  await fovea(bench.folder, [...args, "--out", "cut.png"], (_, kill) => {
    timer ??= setInterval(() => finished() > before && kill("SIGKILL"), 5);
  });
  clearInterval(timer);
  expect(finished()).toBeGreaterThan(before);

  const rest = await run(...args, "--out", "cut.png");
  expect(rest.code, rest.stderr).toBe(0);
  expect(finished()).toBe(6);
  const whole = await run(...args, "--out", "whole.png");
  expect(whole.code, whole.stderr).toBe(0);
  expect(await pixels("cut.png")).toEqual(await pixels("whole.png"));
});

describe("refused before any work", { timeout: 120_000 }, () => {
  test.each([
    [["net.onnx", "relu"], ["--photos", "photos"], /relu is no unit: expected a channel/],
    [["net.onnx", "relu:*"], ["--photos", "none"], /none holds no photos/],
    [["net.onnx", "relu:1"], ["--top", "3"], /--top is for sheets: give an address such as layer3:\*/],
  ])("maximize %j %j", async (args, flags, message) => {
    const { code, stdout, stderr } = await run("maximize", ...args, ...flags, "--device", "cpu", "--out", "bad.png");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(readdirSync(bench.folder).filter((name) => name.startsWith("bad"))).toEqual([]);
  });

  test.each([
    [{ animate: "a.webp" }, /--animate does not go with a sheet: make the picture of one unit/],
    [{ snapshots: 3 }, /--snapshots does not go/],
    [{ state: true }, /run the same command again/],
    [{ objective: ["relu:1"] }, /it shows units/],
    [{ with: ["v=v.npy"] }, /--with does not go/],
    [{ top: 3 }, /--top says how many photos: say with --photos where/],
    [{ photoLimit: 3 }, /--photo-limit says how many photos/],
    [{ out: "sheet.html" }, /expected the name of a PNG/],
  ])("with a sheet: %j", (flags, message) => {
    expect(() => refuseForSheets(flags)).toThrow(message);
  });

  test("nothing that a sheet can follow, and no plain flags", () => {
    refuseForSheets({ photos: "p", top: 2, photoLimit: 9, columns: 3, keep: true, restarts: 3, start: "a.jpg" });
    refuseSheetFlags({ steps: 3 });
    expect(() => refuseSheetFlags({ keep: true })).toThrow(/--keep is for sheets/);
  });
});
