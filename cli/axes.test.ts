/** @file The axes of a picture from the command line: all of them at once, transparency, and nets of tokens. */

import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NetSpec, netBytes, weights } from "../test/fixtures/nets.ts";
import { vitSpec } from "../test/fixtures/vit.ts";
import { commandsIn, recipeIn, type Workbench, workbench } from "./testing.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
  writeFileSync(bench.path("vit.onnx"), netBytes(vitSpec()));
  writeFileSync(bench.path("bands.onnx"), netBytes(bandsSpec()));
});
afterAll(() => bench.remove());

const { run, json } = commandsIn(() => bench.folder);
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(bench.path(name)));
const recipe = (name: string) => recipeIn(bench.path(name));
/** Channels of a PNG, and the range of the last one in 0…255. */
async function opacity(name: string): Promise<{ channels: number; least: number; most: number }> {
  const { data, info } = await sharp(bytes(name)).raw().toBuffer({ resolveWithObject: true });
  const last = data.filter((_, i) => i % info.channels === info.channels - 1);
  return { channels: info.channels, least: Math.min(...last), most: Math.max(...last) };
}
const maximize = ["maximize", "net.onnx", "relu:1", "--device", "cpu", "--steps", "6"];

describe("axes", { timeout: 300_000 }, () => {
  test("all of them at once, and again", async () => {
    const axes = {
      parametrisation: "laplacian:3,alpha:0.5",
      transforms: "pad:2:0.4,jitter:3,scale:0.8-1.2,rotate:5,roll:2,crops:2:0.9-0.5,noise:0.05,blur:0-1,flip:0.5",
      regularisers: "range:0.1:4,tv:0.1:1.5,l1:0.01,l2:0.01,frequency:0.1,border:0.01:2,activity:0.01:2",
      optimiser: "nadam:0.1",
      schedule: "one-cycle",
    };
    const flags = Object.entries(axes).flatMap(([name, value]) => [`--${name}`, value]);
    const made = await json(...maximize, ...flags, "--restarts", "2", "--out", "all.png");
    expect(made).toMatchObject({ steps: 6, batch: 2 });
    expect(made.opacity).toBeUndefined();
    expect(recipe("all.png")).toMatchObject(axes);
    expect((await opacity("all.png")).channels).toBe(4);
    expect(await json("repro", "all.png")).toMatchObject({ identical: true });
  });

  test("a transparent picture, gone on with, snapshots too", async () => {
    const kept = ["--transparent", "--snapshots", "3", "--animate", "t.webp", "--state"];
    await json(...maximize, ...kept, "--out", "t.png");
    expect(recipe("t.png")).toMatchObject({ transparent: true });
    const { channels, least, most } = await opacity("t.png");
    expect([channels, most]).toEqual([4, 255]);
    expect(least).toBeLessThan(255);
    expect(await json("repro", "t-000003.png")).toMatchObject({ identical: true });
    await json("maximize", "--resume", "t.safetensors", "--steps", "8", "--out", "more.png");
    expect((await opacity("more.png")).channels).toBe(4);
  });

  test.each<[string[], RegExp]>([
    [["--transparent", "--parametrisation", "fourier,alpha"], /leave out --transparent, or alpha/],
    [["--regularisers", "batchnorm"], /no BatchNormalization with statistics on the way to relu1?: export the net/],
    [["--schedule", "sine"], /allowed choices are constant, step, cosine, one-cycle/],
  ])("refuses %j", async (flags, message) => {
    const { code, stdout, stderr } = await run(...maximize, ...flags, "--out", "no.png");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("nets of tokens", { timeout: 300_000 }, () => {
  test("are inspected as a grid with what stands in front, and asked about by place and class token", async () => {
    const { stdout } = await run("inspect", "vit.onnx");
    expect(stdout).toMatch(/blocks\.0 +Add +1×17×8 \(1\+4×4\)/);
    const made = await json("maximize", "vit.onnx", "blocks.0:3@cls", "--steps", "3", "--out", "cls.png");
    expect(made).toMatchObject({ address: "blocks.0:3@cls", size: [16, 16] });
  });

  test("have sheets, made again", async () => {
    const args = ["maximize", "vit.onnx", "blocks.0:0-2", "--steps", "3", "--out", "tokens.png"];
    const { units } = await json<{ units: { address: string }[] }>(...args);
    expect(units.map(({ address }) => address)).toEqual(["blocks.0:0", "blocks.0:1", "blocks.0:2"]);
    expect(await json("repro", "tokens.png")).toMatchObject({ identical: true });
  });
});

/** Four bands, 24 pixels: conv → relu → mean → 3 logits. */
const bandsSpec = (): NetSpec => ({
  input: [1, 4, 24, 24],
  constants: { kernels: weights([4, 4, 5, 5]), classes: weights([4, 3], 2) },
  nodes: [
    ["Conv", "conv", "x kernels", "features"],
    ["Relu", "relu", "features", "rectified"],
    ["GlobalAveragePool", "pool", "rectified", "means"],
    ["Flatten", "flat", "means", "row"],
    ["MatMul", "logits", "row classes", "out"],
  ],
  output: "out",
  outputShape: [1, 3],
});

describe("nets of bands", { timeout: 300_000 }, () => {
  test("have sheets that show a unit's bands in a row, made again", async () => {
    const args = ["maximize", "bands.onnx", "relu:0-2", "logits:1", "--steps", "3", "--keep", "--out", "bands.png"];
    const { units } = await json<{ units: { address: string; picture: string; classes?: object }[] }>(...args);
    expect(units.map(({ address }) => address)).toEqual(["relu:0", "relu:1", "relu:2", "logits:1"]);
    expect(units[3]!.classes).toBeUndefined();
    const { width, height } = await sharp(bytes(units[0]!.picture)).metadata();
    expect(width).toBeGreaterThanOrEqual(4 * 24);
    expect(height).toBeLessThan(2 * 24);
    expect(new TextDecoder().decode(bytes("bands.html"))).toContain("3 steps, 24 px");
    expect(await json("repro", "bands.png")).toMatchObject({ identical: true });
  });
});
