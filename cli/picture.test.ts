/** @file Pictures from the command line: axes by name, restarts, stops and goings-on, what is kept on the way, and all of it again. */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flowerSpectrum } from "../src/tensor/flower-spectrum.ts";
import { decodeImage } from "../src/tensor/image.node.ts";
import { writeSpectrum } from "../src/tensor/natural-spectrum.ts";
import { writeNpy } from "../src/tensor/npy.ts";
import { fromNumbers } from "../src/tensor/tensor.ts";
import { commandsIn, fovea, recipeIn, type Workbench, workbench } from "./testing.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
});
afterAll(() => bench.remove());

const { run, json } = commandsIn(() => bench.folder);
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(bench.path(name)));
const pixels = async (name: string): Promise<number[]> => [...(await decodeImage(bytes(name))).image.data];
const recipe = (name: string) => recipeIn(bench.path(name));
const again = (name: string) => json("repro", name);
const maximize = ["maximize", "net.onnx", "--device", "cpu", "--steps", "6"];

describe("a picture is made again from its recipe, whatever it was made of", { timeout: 300_000 }, () => {
  test("axes by name", async () => {
    const axes = {
      parametrisation: "laplacian:2",
      transforms: "pad:2,jitter:3,noise:0.05",
      regularisers: "tv:0.01",
      optimiser: "nadam:0.1",
    };
    const flags = Object.entries(axes).flatMap(([name, value]) => [`--${name}`, value]);
    await json(...maximize, "relu:1", ...flags, "--out", "axes.png");
    expect(recipe("axes.png")).toMatchObject(axes);
    expect(await again("axes.png")).toMatchObject({ identical: true });
  });

  test("a preset that a file changes", async () => {
    writeFileSync(
      bench.path("mine.json"),
      JSON.stringify({ preset: "lucid", learningRate: 0.2, pad: 3, transforms: "none" }),
    );
    await json("maximize", "net.onnx", "relu:1", "--steps", "6", "--preset", "mine.json", "--out", "mine.png");
    expect(recipe("mine.png")).toMatchObject({
      preset: "lucid",
      constants: { learningRate: 0.2, pad: 3 },
      transforms: "none",
    });
    expect(await again("mine.png")).toMatchObject({ identical: true });
  });

  test("restarts, of which the best is kept and all are told", async () => {
    const made = await json(...maximize, "relu:1", "--restarts", "3", "--seed", "5", "--out", "best.png");
    const restarts = made.restarts as { seed: number; activation: { end: number }; image?: unknown }[];
    const reached = restarts.map((r) => r.activation.end);
    expect(restarts.map((r) => r.seed)).toEqual([5, 6, 7]);
    expect(restarts[0]!.image).toBeUndefined();
    expect(made).toMatchObject({
      seed: 5 + reached.indexOf(Math.max(...reached)),
      batch: 3,
      activation: { end: Math.max(...reached) },
      spread: { n: 3, smallest: Math.min(...reached), largest: Math.max(...reached) },
    });
    expect(made.states).toBeUndefined();
    expect(recipe("best.png")).toMatchObject({ seed: 5, restarts: 3, batch: 3 });
    expect(await again("best.png")).toMatchObject({ identical: true });
  });

  test("objectives, with directions and photos that they name", async () => {
    writeFileSync(bench.path("v.npy"), writeNpy(fromNumbers("float32", [1, 0, -1, 0, 0, 2])));
    const objective = "direction(relu, v) - 0.1*logits:2 + caricature(relu, cat)";
    const given = ["--with", "v=v.npy", "cat=photo.png"];
    const made = await json(...maximize, "--objective", objective, ...given, "--out", "expression.png");
    expect(made).toMatchObject({ expression: objective, steps: 6 });
    expect(await again("expression.png")).toMatchObject({ identical: true });
    writeFileSync(bench.path("v.npy"), writeNpy(fromNumbers("float32", [0, 0, -1, 0, 0, 2])));
    const other = await run("repro", "expression.png");
    expect(other).toMatchObject({ code: 2, stdout: "" });
    expect(other.stderr).toMatch(/'v.npy' is not the 'v' 'v.npy' that the picture was made with/);
  });

  test("a photo to start from, and an anchor to it", async () => {
    const accentuate = ["--preset", "accentuate", "--start", "photo.png", "--anchor", "relu"];
    await json(...maximize, "logits:1", ...accentuate, "--out", "accent.png");
    expect(recipe("accent.png")).toMatchObject({ preset: "accentuate", anchor: "relu", start: { name: "photo.png" } });
    expect(await again("accent.png")).toMatchObject({ identical: true });
  });

  test("a spectrum of photos", async () => {
    const { nodes, planes, photos } = flowerSpectrum;
    const flat = { nodes, photos, planes: planes.map((plane) => plane.map(() => -4)) };
    writeFileSync(bench.path("flat.json"), writeSpectrum(flat));
    await json(...maximize, "relu:1", "--preset", "maco", "--out", "maco.png");
    await json(...maximize, "relu:1", "--preset", "maco", "--spectrum", "flat.json", "--out", "flat.png");
    expect(await pixels("flat.png")).not.toEqual(await pixels("maco.png"));
    expect(await again("flat.png")).toMatchObject({ identical: true });
  });

  test("a dream, of any shape", async () => {
    const made = await json("dream", "net.onnx", "photo.png", "--layer", "relu", "--steps", "2", "--out", "dream.png");
    expect(made).toMatchObject({ verb: "dream", expression: "relu", steps: 8, size: [40, 48], preset: "dream" });
    expect(await again("dream.png")).toMatchObject({ identical: true });
    const small = ["--objective", "relu:1 + relu:2", "--size", "24", "--steps", "1", "--out", "small.png"];
    expect(await json("dream", "net.onnx", "photo.png", ...small)).toMatchObject({ size: [20, 24] });
  });
});

describe("stopping and going on", { timeout: 300_000 }, () => {
  test("Ctrl-C leaves a state from which --resume goes on bit for bit, elsewhere too", async () => {
    const steps = "400";
    const whole = ["maximize", "net.onnx", "relu:1", "--steps", steps, "--seed", "4", "--device", "cpu"];
    let sent = false;
    const stopped = await fovea(bench.folder, [...whole, "--out", "part.png", "--json"], (text, kill) => {
      if (!sent && text.includes(`/${steps}`)) kill("SIGINT");
      sent ||= text.includes(`/${steps}`);
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain("goes on with --resume part.safetensors");
    const part = JSON.parse(stopped.stdout) as { steps: number; state: string };
    expect(part.steps).toBeLessThan(400);
    expect(part.state).toBe("part.safetensors");
    expect(await again("part.png")).toMatchObject({ identical: true });

    mkdirSync(bench.path("moved"));
    for (const name of ["part.safetensors", "net.onnx"]) copyFileSync(bench.path(name), bench.path(`moved/${name}`));
    const rest = await fovea(bench.path("moved"), ["maximize", "--resume", "part.safetensors", "--json"]);
    expect(rest.code, rest.stderr).toBe(0);
    expect(JSON.parse(rest.stdout)).toMatchObject({ steps: 400, out: "part.png", address: "relu:1", seed: 4 });
    await json(...whole, "--out", "whole.png");
    expect(await pixels("moved/part.png")).toEqual(await pixels("whole.png"));
    expect(recipe("moved/part.png").stages).toEqual([{ steps: 400, stepsDone: part.steps }]);
    const repro = await fovea(bench.path("moved"), ["repro", "part.png", "--json"]);
    expect(JSON.parse(repro.stdout)).toMatchObject({ identical: true });
  });

  test("--state keeps it, --steps adds more, and a schedule that follows them is spoken of", async () => {
    const invert = ["invert", "net.onnx", "photo.png", "--layer", "relu", "--device", "cpu"];
    await json(...invert, "--steps", "7", "--state", "--out", "i.png");
    const more = await run(
      "invert",
      "--resume",
      "i.safetensors",
      "--steps",
      "14",
      "--out",
      "j.png",
      "--state",
      "--json",
    );
    expect(more.code, more.stderr).toBe(0);
    expect(JSON.parse(more.stdout)).toMatchObject({ steps: 14, out: "j.png", state: "j.safetensors" });
    expect(more.stderr).toMatch(/schedule follows the number of steps: 7 steps were made as the first of 7/);
    expect(await again("j.png")).toMatchObject({ identical: true });
    const once = await run("invert", "--resume", "j.safetensors", "--steps", "10");
    expect(once).toMatchObject({ code: 2 });
    expect(once.stderr).toMatch(/has 14 steps already/);
  });

  test("another picture starts from a state", async () => {
    await json(...maximize, "relu:1", "--state", "--out", "one.png");
    await json(...maximize, "relu:2", "--start", "one.safetensors", "--seed", "3", "--out", "two.png");
    expect(await again("two.png")).toMatchObject({ identical: true });
    expect(await pixels("two.png")).not.toEqual(await pixels("one.png"));
    const shape = await run(...maximize, "relu:2", "--start", "one.safetensors", "--preset", "natural");
    expect(shape).toMatchObject({ code: 2 });
    expect(shape.stderr).toMatch(/kept as \[1,3,16,2,9\], expected \[1,3,16,16\]/);
  });
});

describe("what is kept on the way", { timeout: 300_000 }, () => {
  test("snapshots that can be made again, and an animation that ends with the picture", async () => {
    mkdirSync(bench.path("way"));
    const kept = ["--snapshots", "2", "--animate", "way/a.webp", "--out", "way/a.png"];
    const made = await json(...maximize, "relu:1", ...kept);
    const names = ["a-000002.png", "a-000004.png", "a-000006.png"];
    expect(made.also).toEqual([...names.map((name) => `way/${name}`), "way/a.webp"]);
    expect(readdirSync(bench.path("way")).sort()).toEqual([...names, "a.png", "a.webp"].sort());
    expect(await pixels("way/a-000006.png")).toEqual(await pixels("way/a.png"));
    expect(await again("way/a-000004.png")).toMatchObject({ identical: true });
    expect(await sharp(bytes("way/a.webp"), { animated: true }).metadata()).toMatchObject({ pages: 3, width: 16 });
  });

  test("of restarts, each by its seed", async () => {
    const made = await json(
      ...maximize,
      "relu:1",
      "--restarts",
      "2",
      "--seed",
      "8",
      "--snapshots",
      "6",
      "--out",
      "r.png",
    );
    expect(made.also).toEqual(["r-seed8-000006.png", "r-seed9-000006.png"]);
  });

  test("of a dream, growing", async () => {
    await json(
      "dream",
      "net.onnx",
      "photo.png",
      "--layer",
      "relu",
      "--steps",
      "1",
      "--animate",
      "d.gif",
      "--out",
      "d.png",
    );
    const facts = await sharp(bytes("d.gif"), { animated: true }).metadata();
    expect(facts).toMatchObject({ format: "gif", pages: 4, width: 48, pageHeight: 40 });
  });
});

describe("bad input ends with one sentence, exit code 2 and no file", { timeout: 300_000 }, () => {
  beforeAll(() => {
    writeFileSync(bench.path("list.json"), "[1, 2]");
    writeFileSync(bench.path("broken.safetensors"), "none");
  });
  const one = (...args: string[]): string[] => [
    "maximize",
    "net.onnx",
    "relu:1",
    "--steps",
    "2",
    "--out",
    "bad.png",
    ...args,
  ];
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["a preset for another technique", one("--preset", "natural-2015"), /'natural-2015' is not made to maximize/],
    ["an objective that names no unit", ["maximize", "net.onnx", "--objective", "3 + 4"], /names no unit/],
    ["a name without a file", one("--with", "cat"), /expected a name and a file, such as cat=cat\.jpg/],
    [
      "diversity of one picture",
      ["maximize", "net.onnx", "--objective", "relu:1 + diversity(relu)"],
      /ask for several restarts/,
    ],
    ["an animation of another kind", one("--animate", "a.mp4"), /ends in \.webp or \.gif/],
    [
      "a broken state",
      ["maximize", "--resume", "broken.safetensors"],
      /'broken\.safetensors': expected the whole state/,
    ],
    ["a start that is no state", one("--start", "broken.safetensors"), /expected the whole state of a picture/],
    ["a spectrum that is none", one("--preset", "maco", "--spectrum", "list.json"), /spectrum/],
    ["a dream of nothing", ["dream", "net.onnx", "photo.png"], /give either --layer or --objective/],
    ["a dream without a photo", ["dream", "net.onnx", "--layer", "relu"], /no photo/],
    [
      "a dream of another preset",
      ["dream", "net.onnx", "photo.png", "--layer", "relu", "--preset", "lucid"],
      /not made to dream/,
    ],
  ];
  test.concurrent.each(cases)("%s", async (_, args, words) => {
    const { code, stdout, stderr } = await fovea(bench.folder, args);
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/^fovea: [^\n]{20,600}\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(existsSync(bench.path("bad.png"))).toBe(false);
  });

  test("settings beside --resume", async () => {
    await json(...maximize, "relu:1", "--state", "--out", "s.png");
    const { code, stderr } = await run("maximize", "--resume", "s.safetensors", "--seed", "2");
    expect(code).toBe(2);
    expect(stderr).toMatch(/goes on with the settings of 's\.safetensors': leave out --seed/);
    const verb = await run("invert", "--resume", "s.safetensors");
    expect(verb.stderr).toMatch(/state of a picture of 'maximize', not of 'invert'/);
  });
});
