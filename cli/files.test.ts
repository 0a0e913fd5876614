import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../src/error.ts";
import { Ending } from "./exit.ts";
import { checkWritable, safeName, stem, writeOutput } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-files-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("writeOutput", () => {
  test("replaces a file and leaves nothing beside it", () => {
    mkdirSync(at("a"));
    writeOutput(at("a/x"), "one");
    writeOutput(at("a/x"), "two");
    expect(readFileSync(at("a/x"), "utf8")).toBe("two");
    expect(readdirSync(at("a"))).toEqual(["x"]);
  });

  test("writes through a link and keeps it", () => {
    mkdirSync(at("b"));
    writeFileSync(at("b/real"), "old");
    symlinkSync("real", at("b/link"));
    writeOutput(at("b/link"), "new");
    expect(readFileSync(at("b/real"), "utf8")).toBe("new");
    expect(readdirSync(at("b")).sort()).toEqual(["link", "real"]);
  });

  test.skipIf(!existsSync("/dev/full"))("says that the disk is full", () => {
    expect(() => writeOutput("/dev/full", "x")).toThrow(Ending);
    expect(() => writeOutput("/dev/full", "x")).toThrow("the disk is full");
    expect(existsSync("/dev/full")).toBe(true);
  });
});

describe("checkWritable", () => {
  test.each([
    ["a folder that is missing", "no/x.png", "there is no folder"],
    ["a folder itself", ".", "it is a folder"],
    ["an input", "input.png", "one of the inputs"],
    ["an empty name", "", "the name is empty"],
  ])("refuses %s", (_, name, words) => {
    writeFileSync(at("input.png"), "");
    const path = name && at(name);
    expect(() => checkWritable(path, [at("input.png")])).toThrow(InputError);
    expect(() => checkWritable(path, [at("input.png")])).toThrow(words);
  });

  test("lets new and old files and devices pass", () => {
    for (const path of [at("new.png"), at("input.png"), "/dev/null"]) expect(() => checkWritable(path)).not.toThrow();
  });
});

test("names are made safe for any file system and stay readable", () => {
  expect(safeName("features.12:17@3,4")).toBe("features.12_17@3,4");
  expect(safeName('../a\\b:"c"')).toBe(".._a_b_c_");
  expect(safeName("logits:Weiße Rose")).toBe("logits_Weiße_Rose");
  expect(stem("/x/net.v2.onnx")).toBe("net.v2");
  expect(stem(".onnx")).toBe(".onnx");
});
