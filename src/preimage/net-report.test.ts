/** @file The whole report on a tiny net: what is planned is what is made, once, and what is missing is said. */

import { describe, expect, it } from "vitest";
import { convNet } from "../../test/fixtures/conv-nets.ts";
import { syntheticFlowers } from "../data/synthetic.ts";
import { InputError } from "../error.ts";
import { mainLayers } from "../model/main-layers.ts";
import type { Model } from "../model/model.ts";
import { netReportPage } from "../report/net-report.ts";
import { figureName } from "../report/net-report-data.ts";
import { measuresOf } from "../report/net-report-measures.ts";
import { fromNumbers } from "../tensor/tensor.ts";
import { type FinishedReport, type NetReportOptions, netReport } from "./net-report.ts";
import { photosOf } from "./photos.node.ts";
import type { Keep } from "./report-pieces.ts";
import { placesOfClass, planReport } from "./report-plan.ts";

const named = (name: string): Model => ({
  // Logits above 0: there is something to exaggerate.
  ...convNet({ constants: { "fc.bias": fromNumbers("float32", [9, 9, 9, 9, 9]) } }),
  name,
  labels: { names: ["rose", "daisy", "tulip", "iris", "lily"], source: "test" },
});
const model = named("made");
const flowers = photosOf(syntheticFlowers({ classes: 2, count: 6, size: 16 }), { workers: 0 });
/** As if they lay in folders of their classes. */
const photos = { ...flowers, names: flowers.names.map((name, i) => `${i % 2 ? "Rose" : "iris"}/${name}`) };
const choice = { size: 16, layers: ["relu", "logits"], channels: 1, classes: ["rose", "iris"], codeWeights: [1, 100] };
const quick: NetReportOptions = {
  device: "cpu",
  threads: 1,
  steps: 2,
  inversionSteps: 2,
  caricatureSteps: 2,
  inverted: 2,
  seen: 4,
};

async function make(
  plan: Awaited<ReturnType<typeof planReport>>,
  options: NetReportOptions,
): Promise<{ readonly steps: number; readonly made: FinishedReport | undefined }> {
  const making = netReport(model, plan, { ...quick, ...options });
  for (let steps = 0; ; steps++) {
    const next = await making.next();
    if (next.done) return { steps, made: next.value };
  }
}

function memory(): Keep {
  const kept = new Map<string, string>();
  return {
    find: async (key) => (kept.has(key) ? JSON.parse(kept.get(key)!) : undefined),
    put: async (key, value) => void kept.set(key, JSON.stringify(value)),
  };
}

describe("with photos and a judge", () => {
  const keep = memory();

  it("holds what was planned, and finds it again", async () => {
    const plan = await planReport(model, {
      ...choice,
      photos: true,
      photoNames: photos.names,
      judge: named("judge"),
    });
    const { made } = await make(plan, { photos, keep });
    const { report, figures } = made!;
    expect([...measuresOf(report).keys()].sort()).toEqual([...plan.measures].sort());
    expect(report.missing).toEqual({});
    expect(report.classes.map(({ name, photos }) => [name, photos.length])).toEqual([
      ["rose", 4],
      ["iris", 4],
    ]);
    expect(report.units.map(({ name }) => name)).toEqual(["relu:2"]);
    // The judge is the net itself, so it says the same.
    for (const { numbers } of report.classes) {
      expect(numbers.probability).toBeGreaterThan(0);
      expect(numbers.judge).toBeCloseTo(numbers.probability!, 6);
      expect(numbers.judgeRank).toBe(numbers.rank);
    }
    expect(report.inversion).toMatchObject({ photos: 2, usual: 100 });
    expect(report.inversion!.cells.map(({ layer, codeWeight, error }) => [layer, codeWeight, error.n])).toEqual([
      ["relu", 1, 2],
      ["relu", 100, 2],
      ["logits", 1, 2],
      ["logits", 100, 2],
    ]);
    expect(report.dead).toMatchObject({ over: "photos", pictures: 4 });
    expect(report.path?.classes).toBe(2);
    expect(report.path?.layers.map(({ address }) => address)).toEqual(mainLayers(model).map(({ address }) => address));
    expect(report.texture?.spectrumSlope.n).toBe(2);
    expect(Object.keys(figures)).toContain(figureName.inversion("relu", 100));
    for (const figure of Object.values(figures)) expect(figure).toMatch(/^data:image\/png;base64,/);

    const again = await make(plan, { photos, keep });
    expect(again.steps).toBe(0);
    expect(again.made).toEqual(made);
    const other = await make(plan, { photos, keep, caricatureSteps: 3 });
    expect(other.steps).toBeGreaterThan(0);

    const html = netReportPage({ report, figures, thresholds: {}, broken: [], facts: {}, command: "fovea report" });
    expect(html).not.toMatch(/(?:src|href)="(?!data:|#)/);
    expect(html.match(/<img /g)?.length).toBeGreaterThan(8);
    for (const text of ["What made sees", "rose", "relu:2", "IJCV 2016", "CVPR 2015"]) expect(html).toContain(text);
  });
});

it("stands beside a second net with the same classes in another order, on the same photos", async () => {
  const keep = memory();
  const turned = ["lily", "iris", "tulip", "daisy", "rose"];
  const second: Model = { ...named("second"), labels: { names: turned, source: "test" } };
  const plan = await planReport(model, { ...choice, photos: true, beside: second, judge: named("judge") });
  const { made } = await make(plan, { photos: flowers, keep });
  const { report, figures } = made!;
  expect([...measuresOf(report).keys()].sort()).toEqual([...plan.measures].sort());
  const { report: other, compared } = report.beside!;
  expect(other.classes.map(({ name, address }) => [name, address])).toEqual([
    ["rose", "logits:4"],
    ["iris", "logits:1"],
  ]);
  expect([other.caricatures, other.units, other.inversion?.photos]).toEqual([null, [], 2]);
  expect(compared.map(({ name }) => name)).toEqual(["probability", "other", "judge", "slope", "slopeOff", "variation"]);
  const [probability] = compared;
  const differences = report.classes.map(
    ({ numbers }, i) => other.classes[i]!.numbers.probability! - numbers.probability!,
  );
  expect(probability!.difference.mean).toBeCloseTo((differences[0]! + differences[1]!) / 2, 10);
  expect(Object.keys(figures)).toContain(figureName.beside(figureName.unit("logits:4")));
  const html = netReportPage({ report, figures, thresholds: {}, broken: [], facts: {}, command: "fovea report" });
  for (const text of ["made beside second", "probability on the other net", "What their layers keep"])
    expect(html).toContain(text);
  expect((await make(plan, { photos: flowers, keep })).steps).toBe(0);
});

it("says what is missing without photos", async () => {
  const plan = await planReport(model, { ...choice, classes: 0 });
  const { made } = await make(plan, {});
  const { report, figures } = made!;
  expect(report.inversion).toBeNull();
  expect(report.caricatures).toBeNull();
  expect(report.missing.inversion).toMatch(/--photos/);
  expect(report.missing.caricatures).toMatch(/--photo/);
  expect(report.missing.path).toMatch(/folders/);
  expect(report.missing.classes).toMatch(/no classes were asked for/);
  expect(report.dead).toMatchObject({ over: "noise" });
  expect([...measuresOf(report).keys()].sort()).toEqual([...plan.measures].sort());
  const html = netReportPage({ report, figures, thresholds: {}, broken: [], facts: {}, command: "fovea report" });
  expect(html).toContain("Not here: inversions rebuild photos");
  expect(html).toContain("pictures of noise");
});

it("finds the photos of a class by their folders", () => {
  const names = ["rose/a.jpg", "Lily of the_valley/b.jpg", "test/rose/c.jpg", "tulip/rose.jpg"];
  expect(placesOfClass(names, "rose")).toEqual([0, 2]);
  expect(placesOfClass(names, "lily-of-the-valley")).toEqual([1]);
  expect(placesOfClass(names, undefined)).toEqual([]);
});

it("stops with nothing but what it keeps", async () => {
  const stop = new AbortController();
  const plan = await planReport(model, choice);
  stop.abort();
  expect((await make(plan, { signal: stop.signal })).made).toBeUndefined();
});

it.each([
  [{ layers: ["relux"] }, /no layer "relux"/],
  [{ units: ["relu:9"] }, /no channel 9/],
  [{ units: ["relu"] }, /is no unit/],
  [{ classes: ["rosa"] }, /no class is called "rosa": did you mean rose/],
  [{ codeWeights: [0] }, /code weights/],
  [{ judge: { ...convNet(), labels: { names: ["a", "b", "c", "d", "e"], source: "x" } } }, /cannot judge made/],
  [{ beside: { ...convNet(), labels: { names: ["a", "b", "c", "d", "e"], source: "x" } } }, /cannot stand beside made/],
])("refuses %#", async (wrong, message) => {
  await expect(planReport(model, { ...choice, ...wrong })).rejects.toThrow(InputError);
  await expect(planReport(model, { ...choice, ...wrong })).rejects.toThrow(message);
});
