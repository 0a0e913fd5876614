/** @file Settings of training: flags over a file over defaults, and what is refused. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../src/error.ts";
import { fovea } from "./testing.ts";
import { augmentationOf, type Given, readConfig, resolved } from "./train-config.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(content: unknown): string {
  const path = join(folder, "config.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("--print-config shows flags over the file over the defaults", async () => {
  file({ net: "lenet", epochs: 7, lr: 0.2, augment: { flip: 0.5 }, freeze: ["conv1"] });
  const flags =
    "--config config.json --epochs 9 --balanced --train-split train,val --augment light --seed 3 --print-config";
  const { code, stdout, stderr } = await fovea(folder, ["train", ...flags.split(" ")]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({
    net: "lenet",
    epochs: 9,
    lr: 0.2,
    augment: "light",
    balanced: 1,
    trainSplit: ["train", "val"],
    freeze: ["conv1"],
    optimiser: "sgd",
    batch: 32,
    seed: 3,
  });
});

test("what was printed, read again, is the same", () => {
  const config = resolved({ net: "nin", average: 0.99, clip: 5, trainSplit: ["train"], augment: { flip: 0.5 } });
  expect(resolved(readConfig(file(config)))).toEqual(config);
});

test("the rate fits the update rule, unless one is given", () => {
  expect(resolved({ optimiser: "adamw" }).lr).toBeLessThan(resolved({ optimiser: "sgd" }).lr);
  expect(resolved({ optimiser: "adamw", lr: 0.3 }).lr).toBe(0.3);
});

test("smoothing and mixing stand in place of the level's, and 0 is none", () => {
  const of = (given: Given) => augmentationOf(resolved(given));
  expect(of({ augment: "strong" })).toMatchObject({ mixup: 0.2, cutmix: 1, smoothing: 0.1 });
  expect(of({ augment: "strong", cutmix: 0, mixup: 0.4, labelSmoothing: 0 })).not.toHaveProperty("cutmix");
  expect(of({ augment: "strong", cutmix: 0, mixup: 0.4, labelSmoothing: 0 })).not.toHaveProperty("smoothing");
  expect(of({ augment: "none", mixup: 0.4 })).toEqual({ mixup: 0.4 });
});

describe("adversarial training", () => {
  test("is complete once it is asked for, sizes as numbers or fractions", () => {
    const read = (json: object): Given => readConfig(file(json));
    expect(resolved(read({ adversarial: "fgsm", eps: "8/255" }))).toMatchObject({
      norm: "linf",
      eps: 8 / 255,
      attackSteps: 1,
      attackRate: 10 / 255,
      attackPictures: 256,
    });
    const pgd = resolved(read({ adversarial: "pgd", norm: "l2", attackSteps: 10, attackPictures: 0 }));
    expect(pgd).toMatchObject({ norm: "l2", eps: 0.5, attackSteps: 10, attackRate: 0.125, attackPictures: 0 });
    expect(resolved(readConfig(file(pgd)))).toEqual(pgd);
    expect(resolved({})).not.toHaveProperty("eps");
  });

  test("refuses settings that do not go together", () => {
    expect(() => resolved({ eps: 0.1 })).toThrow("eps is a setting of adversarial training");
    expect(() => resolved({ adversarial: "fgsm", attackSteps: 3 })).toThrow("fgsm takes a single step");
    expect(() => readConfig(file({ adversarial: "pgd", eps: "8/0" }))).toThrow("a fraction such as 8/255");
  });
});

describe("refused", () => {
  test.each([
    ["an unknown setting", { epoch: 3 }, /no setting 'epoch': did you mean epochs/],
    ["a value of another kind", { epochs: "many" }, /epochs: expected a whole number from 1 to 100000, got "many"/],
    ["a number out of range", { dropout: 2 }, /dropout: expected a number from 0 to 0.99, got 2/],
    ["an unknown net", { net: "resnet19" }, /net: expected one of resnet18/],
    ["no object", [1], /expected an object of settings/],
    ["no JSON", "{net: lenet}", /no valid JSON/],
  ])("%s", (_, content, message) => {
    const path = file(content);
    expect(() => readConfig(path)).toThrow(InputError);
    expect(() => readConfig(path)).toThrow(message);
  });
});
