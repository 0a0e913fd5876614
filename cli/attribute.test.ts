/** @file `fovea attribute` and `fovea levels`, and `--level` of the other verbs, as users call them, on nets of a few hundred weights. */

import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { netSource, nets, sourceBytes } from "../src/nets/net.ts";
import { decodeImage } from "../src/tensor/image.node.ts";
import { imageDims } from "../src/tensor/image.ts";
import { readPngText } from "../src/tensor/png-text.ts";
import { commandsIn, fovea, type Workbench, workbench } from "./testing.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
  const build = nets["topdown-lenetfc"]({ classes: 4, width: 4 });
  writeFileSync(bench.path("td.onnx"), sourceBytes(netSource(build, { picture: [3, 16, 16], seed: 2 })));
});
afterAll(() => bench.remove());

const { run, json } = commandsIn(() => bench.folder, "--device", "cpu");
const sizeOf = async (name: string) => imageDims((await decodeImage(readFileSync(bench.path(name)))).image);

describe("attribute", () => {
  test("several methods make one sheet, with numbers, that can be made again", async () => {
    const named = ["--labels", "labels.txt", "--class", "tulip"];
    const methods = ["grad-cam", "cam", "smooth-grad", "random"];
    const found = await json<{
      methods: {
        method: string;
        top: { y: number; x: number };
        mapSize: number[];
        deletion: number;
        insertion: number;
        curves: { deletion: number[]; insertion: number[] };
      }[];
      answers: { probability: number }[];
    }>("attribute", "net.onnx", "photo.png", ...named, "--method", ...methods, "--steps", "4", "--out", "a.png");
    expect(found).toMatchObject({ out: "a.png", class: { number: 2, label: "tulip" }, size: [16, 16], steps: 4 });
    expect(found.methods.map(({ method }) => method)).toEqual(methods);
    for (const { top, mapSize, deletion, insertion, curves } of found.methods) {
      expect(top.y).toBeGreaterThanOrEqual(0);
      expect(top.x).toBeLessThan(16);
      expect(mapSize).toHaveLength(2);
      for (const area of [deletion, insertion]) expect(area > 0 && area < 1).toBe(true);
      expect(curves.deletion).toHaveLength(5);
    }
    expect(found.methods[0]!.mapSize).toEqual([8, 8]);
    expect(found.answers.map(({ probability }) => probability)).toEqual(
      found.answers.map(({ probability }) => probability).sort((a, b) => b - a),
    );
    const [, , width] = await sizeOf("a.png");
    expect(width).toBeGreaterThan(4 * 192);
    expect(readPngText(readFileSync(bench.path("a.png"))).fovea).toContain('"methods":["grad-cam"');
    expect(await run("repro", "a.png")).toMatchObject({ code: 0, stdout: expect.stringContaining("identical") });
  });

  test("without a class it explains the answer; the file is named after it", async () => {
    const { code, stderr, stdout } = await run("attribute", "net.onnx", "photo.png", "--labels", "labels.txt");
    expect([code, stdout]).toEqual([0, ""]);
    const [, name] = /(net-attribute-\w+-photo\.png)/.exec(stderr) ?? [];
    expect((await sizeOf(name!))[0]).toBe(3);
    expect(stderr).toContain("grad-cam");
  });

  test("over data it measures, and points where the flower's place is known", async () => {
    const data = ["--data", "synthetic:classes=4,count=24,size=20", "--split", "all", "--limit", "6", "--workers", "0"];
    const found = await json<{
      methods: { centre: { deletion: object; pointing: { n: number }; inside: { mean: number }; area: number } };
    }>("attribute", "net.onnx", ...data, "--method", "cam,centre", "--steps", "4");
    expect(found).toMatchObject({ n: 6, split: "all", size: 16, explains: "answer", stopped: false });
    expect(Object.keys(found.methods)).toEqual(["cam", "centre"]);
    const { deletion, pointing, inside, area } = found.methods.centre;
    expect(deletion).toMatchObject({ n: 6, interval: [expect.any(Number), expect.any(Number)] });
    expect(pointing.n).toBe(6);
    expect(inside.mean).toBeGreaterThan(area);
  });

  test.each([
    [["--method", "gradcam"], "did you mean grad-cam"],
    [["--class", "9"], "--class 9: expected a label or 0 to 3"],
    [["--method", "cam", "--layer", "relu"], "take grad-cam"],
    [["--level", "1"], "is no top-down net"],
  ])("%s: says what is wrong", async (args, words) => {
    const { code, stderr } = await run("attribute", "net.onnx", "photo.png", ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});

describe("levels", () => {
  test("a strip with one picture a level, that can be made again", async () => {
    const found = await json<{
      levels: { level: string; size: number[]; top: object[] }[];
      answer: { probability: number };
    }>("levels", "td.onnx", "photo.png", "--out", "strip.png");
    expect(found.levels.map(({ level, size }) => [level, ...size])).toEqual([
      ["level1", 4, 4],
      ["level2", 8, 8],
      ["level3", 16, 16],
    ]);
    expect(found.levels[2]).toMatchObject({ agrees: true, open: 3, probability: found.answer.probability });
    expect(found.levels[0]!.top).toHaveLength(3);
    const [, , width] = await sizeOf("strip.png");
    expect(width).toBeGreaterThan(3 * 160);
    expect(await run("repro", "strip.png")).toMatchObject({ code: 0, stdout: expect.stringContaining("identical") });
  });

  test("over data it is the decision curve", async () => {
    const data = ["--data", "synthetic:classes=4,count=24,size=20", "--split", "all", "--workers", "0"];
    const found = await json("levels", "td.onnx", ...data);
    expect(found).toMatchObject({ n: 24, points: [{ open: 1 }, { open: 2 }, { open: 3, agreement: { value: 1 } }] });
  });

  test("inspect lists them", async () => {
    expect((await fovea(bench.folder, ["inspect", "td.onnx"])).stdout).toContain(
      "levels level1 3×4×4, level2 3×8×8, level3 3×16×16",
    );
  });
});

describe("one level of the pyramid", () => {
  test("maximize and invert act on it, and their pictures can be made again", async () => {
    const few = ["--steps", "3", "--seed", "1", "--level", "1"];
    const made = await json<{ out: string }>("maximize", "td.onnx", "logits:2", ...few);
    expect(made).toMatchObject({ out: "td-level1-maximize-logits_2.png", level: 1 });
    expect(await run("repro", made.out)).toMatchObject({ code: 0 });
    const inverted = await json<{ out: string }>("invert", "td.onnx", "photo.png", "--layer", "level1", ...few);
    expect(inverted).toMatchObject({ layer: "level1", level: 1 });
    expect(await run("repro", inverted.out)).toMatchObject({ code: 0 });
  });
});
