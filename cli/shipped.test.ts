/** @file The nets that ship: what every verb works on when it is given no model. */

import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type ShippedNet, shippedModel, shippedNets, shippedPath } from "../src/model/shipped.node.ts";
import { pictureSides } from "../src/training/net.ts";
import { fovea } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-shipped-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = Object.keys(shippedNets) as ShippedNet[];
const card = (name: ShippedNet): string => readFileSync(shippedPath(name).replace(/\.onnx$/, ".md"), "utf8");

test("all nets together take no more than 45 MB", () => {
  const bytes = names.reduce((sum, name) => sum + statSync(shippedPath(name)).size, 0);
  expect(bytes).toBeLessThan(45e6);
});

describe.each(names)("%s", (name) => {
  test("describes itself: classes, preprocessing, how it was trained", async () => {
    const model = await shippedModel(name);
    const classes = Number(/\d+/.exec(shippedNets[name].file)![0]);
    expect(model.labels?.names).toHaveLength(classes);
    expect(model.preprocessingSource).toBe("the model file");
    expect(pictureSides(model)[0]).toBeGreaterThanOrEqual(64);
    expect(model.training).toMatchObject({ recipe: { seed: expect.any(Number) } });
  });

  test("has a card with data, command, curves, accuracy and limits", () => {
    const text = card(name);
    for (const part of ["## Data", "## Training", "npx fovea train --data", ".svg", "95 % interval", "## Limits"])
      expect(text).toContain(part);
  });
});

describe("without a model", () => {
  const inspected = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await fovea(folder, ["inspect", "--json", ...args]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout).name;
  };

  test("a verb takes the flower net, by default, by name and by flag", async () => {
    const name = "flowers18-resnet18";
    expect(await inspected()).toBe(name);
    expect(await inspected("flowers18")).toBe(name);
    expect(await inspected("--model", "flowers18")).toBe(name);
  });

  test("a picture is made, and made again from its recipe", async () => {
    const made = await fovea(folder, "maximize logits:rose --size 32 --steps 2 --out rose.png --json".split(" "));
    expect(made.code, made.stderr).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ steps: 2, size: [32, 32] });
    const again = await fovea(folder, ["repro", "rose.png"]);
    expect(again.code, again.stderr).toBe(0);
  });

  test("a name of no net is told, with those that there are", async () => {
    const { code, stderr } = await fovea(folder, ["inspect", "flowers81"]);
    expect(code).toBe(2);
    expect(stderr).toContain("'flowers81' is no .onnx file and no net that ships (flowers18");
  });

  test("data of other classes are refused", async () => {
    const { code, stderr } = await fovea(folder, ["evaluate", "--data", "synthetic:classes=3,count=30,size=32"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/class/);
  });
});
