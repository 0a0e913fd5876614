/** @file Presets by name and from files. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../src/error.ts";
import { readPreset, settingsIn, settingsOf } from "./picture-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-preset-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (content: unknown): string => {
  const path = join(folder, "preset.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

test("a name is the preset, a file changes one", () => {
  expect(readPreset("maco")).toEqual({ preset: "maco" });
  expect(readPreset(file({ preset: "lucid" }))).toEqual({ preset: "lucid" });
  const changed = {
    preset: "lucid",
    learningRate: 0.2,
    jitter: [3],
    steps: 64,
    transforms: "none",
    optimiser: "sgd:1",
  };
  expect(readPreset(file(changed))).toEqual({
    preset: "lucid",
    constants: { learningRate: 0.2, jitter: [3], steps: 64 },
    transforms: "none",
    optimiser: "sgd:1",
  });
  // Without a constant of that name, steps are what all presets take.
  expect(readPreset(file({ preset: "natural-2015", steps: 40 }))).toEqual({ preset: "natural-2015", steps: 40 });
});

test("flags outweigh what the file says", () => {
  const path = file({ preset: "lucid", transforms: "none", pad: 3 });
  expect(settingsOf({ preset: path, transforms: "flip", seed: 2, quiet: true, out: "a.png" })).toEqual({
    preset: "lucid",
    constants: { pad: 3 },
    transforms: "flip",
    seed: 2,
  });
  expect(settingsOf({})).toEqual({});
});

test("settings are told from what else a record holds", () => {
  const record = { seed: 3, restarts: 2, version: "1", stepsDone: 9, job: {} };
  expect(settingsIn(record)).toEqual({ seed: 3, restarts: 2 });
});

describe("refuses", () => {
  test.each<[string, () => string, RegExp]>([
    ["an unknown preset", () => "lucidd", /no preset 'lucidd': did you mean lucid.*A JSON file/],
    [
      "an unknown key",
      () => file({ preset: "lucid", learningrate: 1 }),
      /'lucid' has no 'learningrate': did you mean learningRate/,
    ],
    [
      "a key near an axis",
      () => file({ preset: "lucid", optimizer: "adam" }),
      /has no 'optimizer': did you mean optimiser/,
    ],
    ["a key of JavaScript's", () => file({ preset: "lucid", toString: 1 }), /has no 'toString'/],
    ["no preset", () => file({ learningRate: 1 }), /expected "preset" to be one of natural, .*got undefined/],
    ["a preset that is none", () => file({ preset: 3 }), /expected "preset" to be one of .*got 3/],
    [
      "an axis that is a number",
      () => file({ preset: "maco", transforms: 3 }),
      /transforms: expected text such as "jitter:8,rotate:10", got 3/,
    ],
    [
      "steps of none",
      () => file({ preset: "natural-2015", steps: 0 }),
      /steps: expected a whole number above 0, got 0/,
    ],
    ["a list", () => file([1]), /expected a JSON object such as/],
    ["text", () => file("lucid, but faster"), /expected a JSON object such as/],
  ])("%s", (_, text, message) => {
    expect(() => readPreset(text())).toThrow(InputError);
    expect(() => readPreset(text())).toThrow(message);
  });
});
