/** @file `fovea report` as users call it: settings, files, thresholds and what is refused. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../src/error.ts";
import { readConfig, resolved } from "./report-config.ts";
import { fovea, tinyNet, type Workbench, workbench } from "./testing.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
  mkdirSync(bench.path("photos"));
  writeFileSync(bench.path("photos/a.png"), readFileSync(bench.path("photo.png")));
});
afterAll(() => bench.remove());

const config = (json: unknown): string => {
  writeFileSync(bench.path("report.json"), typeof json === "string" ? json : JSON.stringify(json));
  return bench.path("report.json");
};

const small =
  "--labels labels.txt --layers relu_2 --channels 1 --classes rose --code-weights 100 --inverted 1 --steps 2 --inversion-steps 2 --caricature-steps 2 --threads 1 --device cpu";

describe("settings", () => {
  it("are flags over the file over the defaults", async () => {
    config({ model: "net.onnx", classes: ["rose"], steps: 7, thresholds: { dead: { max: 3 } } });
    const { code, stdout } = await fovea(bench.folder, [
      ..."report --config report.json --steps 9 --code-weights 1,20 --print-config".split(" "),
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      model: "net.onnx",
      classes: ["rose"],
      steps: 9,
      codeWeights: [1, 20],
      inverted: 20,
      thresholds: { dead: { max: 3 } },
    });
  });

  it("printed and read again are the same", () => {
    const all = resolved({ classes: 3, layers: ["layer1"], thresholds: { dead: { max: 1 } } });
    expect(resolved(readConfig(config(all)))).toEqual(all);
  });

  it.each([
    ["layer3:0-15,layer4:7", ["layer3:0-15", "layer4:7"]],
    ["layer3:1,4-6,layer4:0@2,2, logits:rose", ["layer3:1,4-6", "layer4:0@2,2", "logits:rose"]],
    [
      ["layer3:1,2", "layer3.0.conv1:3"],
      ["layer3:1,2", "layer3.0.conv1:3"],
    ],
  ])("take %j for addresses", (units, expected) => {
    expect(readConfig(config({ units })).units).toEqual(expected);
  });

  it("of a quick report give way to what is asked for", () => {
    expect(resolved({ quick: true, inverted: 30 })).toMatchObject({ inverted: 30, codeWeights: [100] });
  });

  it.each([
    ["{", /no valid JSON/],
    [{ clases: 3 }, /no setting 'clases': did you mean classes/],
    [{ codeWeights: [0] }, /codeWeights: expected numbers above 0/],
    [{ layers: -1 }, /layers: expected a number from 0/],
    [{ thresholds: { dead: 3 } }, /dead: expected bounds/],
  ])("refuse %j", (json, message) => {
    expect(() => readConfig(config(json))).toThrow(InputError);
    expect(() => readConfig(config(json))).toThrow(message);
  });
});

it("writes the page and its numbers, ends with 1 for a broken threshold, and makes nothing twice", async () => {
  const thresholds = { "classes.rose.probability": { min: 1 }, dead: { max: 1000 } };
  config({ thresholds, photos: "photos" });
  const args = ["report", "net.onnx", ...small.split(" "), "--out", "r.html", "--config", "report.json"];
  const first = await fovea(bench.folder, args);
  expect({ code: first.code, stdout: first.stdout }).toEqual({ code: 1, stdout: "" });
  expect(first.stderr).toMatch(/classes\.rose\.probability is 0\.\d+: expected at least 1/);
  expect(first.stderr).not.toContain("dead is");
  const html = readFileSync(bench.path("r.html"), "utf8");
  expect(html).toContain("Thresholds that are broken");
  expect(html).toContain("classes.rose.probability is");
  const json = JSON.parse(readFileSync(bench.path("r.json"), "utf8"));
  expect(json.broken).toHaveLength(1);
  expect(json.measures["classes.rose.probability"]).toBeLessThan(1);
  expect(json.inversion.cells[0].error.n).toBe(1);
  expect(existsSync(bench.path("r.parts/lock"))).toBe(false);

  const second = await fovea(bench.folder, [...args, "--json", "--thresholds", "{}"]);
  expect(second.code).toBe(0);
  expect(JSON.parse(second.stdout)).toEqual({ ...json, broken: [], settings: { ...json.settings, thresholds: {} } });
});

it("compares two nets with --beside, and refuses one that is not there", { timeout: 300_000 }, async () => {
  writeFileSync(bench.path("second.onnx"), tinyNet(8));
  const line = `report net.onnx ${small} --beside second.onnx --photos photos --thresholds {} --out two.html --json`;
  const { code, stdout, stderr } = await fovea(bench.folder, line.split(" "));
  expect(code, stderr).toBe(0);
  const { beside, measures, settings } = JSON.parse(stdout);
  expect(settings).toMatchObject({ beside: "second.onnx" });
  expect(beside.report.classes).toHaveLength(1);
  const [first, second] = ["", "beside."].map((net) => measures[`${net}classes.rose.probability`]);
  expect(first).not.toBeCloseTo(second, 6);
  const { difference } = beside.compared.find(({ name }: { name: string }) => name.includes("probability"));
  expect(difference.mean).toBeCloseTo(second - first, 6);
  expect(readFileSync(bench.path("two.html"), "utf8")).toContain("second");

  const refused = await fovea(bench.folder, line.replace("second.onnx", "nowhere.onnx").split(" "));
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("nowhere.onnx") });
});

it("stops on Ctrl-C with 130 and says where it goes on", async () => {
  const args = ["report", "net.onnx", ...small.replace("--steps 2", "--steps 1000000").split(" "), "--out", "s.html"];
  let pressed = false;
  const stopped = await fovea(bench.folder, args, (stderr, kill) => {
    if (pressed || !stderr.includes("report  ")) return;
    pressed = true;
    kill("SIGINT");
  });
  expect(stopped.stderr).toMatch(/stopped: what is done is in s\.parts/);
  expect(stopped.code).toBe(130);
  expect(existsSync(bench.path("s.html"))).toBe(false);
  expect(existsSync(bench.path("s.parts/lock"))).toBe(false);
});

it.each([
  ['report net.onnx --thresholds \'{"classes.*.probability":{"min":1}}\' --classes none', /no measure of this report/],
  ["report net.onnx --photos nowhere", /nowhere/],
  ["report net.onnx --judge nowhere.onnx", /nowhere\.onnx/],
  ["report net.onnx --out nowhere/r.html", /there is no folder/],
])("refuses %s before the work", async (line, message) => {
  const args = (line.match(/'[^']*'|\S+/g) ?? []).map((arg) => arg.replace(/^'|'$/g, ""));
  const { code, stderr } = await fovea(bench.folder, args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});
