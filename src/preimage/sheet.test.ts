/** @file Sheets: which units they show, how those are batched, and pictures that are those of `maximize`, stopped or not. */

import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { host } from "#runtime-host";
import { convNet } from "../../test/fixtures/conv-nets.ts";
import { netBytes, weights } from "../../test/fixtures/nets.ts";
import { InputError } from "../error.ts";
import { findLayer } from "../model/address.ts";
import { openModel } from "../model/model.ts";
import { fromNumbers } from "../tensor/tensor.ts";
import { needOf } from "./batches.ts";
import { maximize } from "./maximize.ts";
import { netAt } from "./net.ts";
import { wholeLayer } from "./objectives.ts";
import { pick } from "./presets.ts";
import { setting } from "./setting.ts";
import {
  type SheetPicture,
  type SheetRun,
  type SheetUnit,
  sheetBatch,
  sheetBatches,
  sheetPictures,
  sheetUnits,
  type Unfinished,
} from "./sheet.ts";
import { stepGraph } from "./step-graph.ts";

const labels = { names: ["rose", "tulip", "iris", "daisy", "lily"], source: "the test" };
const model = { ...convNet(), labels };
const options = { device: "cpu", threads: 1, size: 16, steps: 6, seed: 3 } as const;

const addresses = (units: readonly SheetUnit[]): string[] => units.map(({ address }) => address);

/** All pictures, in the order in which they were made, and where the run was stopped. */
async function finish(
  batches: readonly (readonly SheetUnit[])[],
  run: SheetRun,
  onStep: (step: number) => void = () => {},
): Promise<{ pictures: SheetPicture[]; stopped: Unfinished | undefined; steps: number[] }> {
  const pictures: SheetPicture[] = [];
  const steps: number[] = [];
  const events = sheetPictures(model, batches, run);
  for (;;) {
    const next = await events.next();
    if (next.done) return { pictures, stopped: next.value, steps };
    if (next.value.kind === "made") pictures.push(...next.value.pictures);
    else {
      steps.push(next.value.progress.step);
      onStep(next.value.progress.step);
    }
  }
}

describe("sheetUnits", () => {
  it("are all channels, lists and single units, each once, classes with their names", () => {
    expect(addresses(sheetUnits(model, ["relu:*"], 16))).toEqual(["relu:0", "relu:1", "relu:2", "relu:3"]);
    expect(addresses(sheetUnits(model, ["relu:2-3@1,5", "conv:1", "conv:0-1"], 16))).toEqual([
      "relu:2@1,5",
      "relu:3@1,5",
      "conv:1",
      "conv:0",
    ]);
    expect(sheetUnits(model, ["logits:*"], 16).map(({ label }) => label)).toEqual(labels.names);
    expect(sheetUnits(model, ["logits:tulip"], 16)).toEqual([
      { address: "logits:1", layer: "logits", channel: 1, label: "tulip" },
    ]);
    expect(sheetUnits(model, ["relu:1"], 16)[0]!.label).toBeUndefined();
  });

  const scalar = openModel(
    netBytes({
      constants: { w: weights([4, 3, 3, 3]), axes: fromNumbers("int64", [1, 2, 3]) },
      nodes: [
        ["Conv", "conv", "x w", "seen"],
        ["ReduceMean", "mean", "seen", "all", { keepdims: 0 }],
      ],
      output: "all",
    }),
  );

  it.each([
    ["relu", /relu is no unit: expected a channel \(relu:0\) or all of them \(relu:\*\)/],
    ["relu:3-9", /relu has no channel 4: expected 0 to 3/],
    ["relu:*@40,0", /no position 40,0: expected 0 to 15/],
    ["logits:*@1,1", /no positions: leave "@1,1" out/],
    ["pool:rose", /is no channel of pool/],
    ["rleu:*", /no layer "rleu": did you mean relu/],
  ])("refuse %s", (text, message) => {
    expect(() => sheetUnits(model, [text], 16)).toThrow(InputError);
    expect(() => sheetUnits(model, [text], 16)).toThrow(message);
  });

  it("refuse a layer without channels", () => {
    expect(() => sheetUnits(scalar, ["mean:*"], 16)).toThrow(/expected a layer with channels/);
  });

  it("refuse pictures that the net cannot take", () => {
    expect(() => sheetUnits(model, ["pool:*"], 1)).toThrow(InputError);
  });
});

describe("sheetBatches", () => {
  it("hold each unit once, of one layer only, as many as fit and evenly", () => {
    const unit = fc
      .record({ layer: fc.constantFrom("a", "b", "c"), channel: fc.nat(40) })
      .map((u): SheetUnit => ({ ...u, address: `${u.layer}:${u.channel}` }));
    const units = fc.uniqueArray(unit, { minLength: 1, selector: (u) => u.address });
    const count = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(units, count, count, (all, batch, restarts) => {
        const batches = sheetBatches(all, { batch, restarts });
        expect(addresses(batches.flat()).sort()).toEqual(addresses(all).sort());
        for (const layer of ["a", "b", "c"]) {
          const own = batches.filter((b) => b[0]!.layer === layer);
          expect(own.flat().every((u) => u.layer === layer)).toBe(true);
          expect(addresses(own.flat())).toEqual(addresses(all.filter((u) => u.layer === layer)));
          const most = Math.max(1, Math.floor(batch / restarts));
          expect(own.length).toBe(Math.ceil(own.flat().length / most));
        }
        for (const b of batches) expect(b.length === 1 || b.length * restarts <= batch).toBe(true);
      }),
      { seed: 5 },
    );
  });
});

describe("sheetBatch", () => {
  const classes = sheetUnits(model, ["logits:*"], 16);

  it("is as many as there are, or as asked for", async () => {
    expect(await sheetBatch(model, classes, options)).toBe(5);
    expect(await sheetBatch(model, classes, { ...options, batch: 2 })).toBe(2);
  });

  it("says what would fit, and refuses settings before any step", async () => {
    const many = Array.from({ length: 4000 }, () => classes[0]!);
    await expect(sheetBatch(model, many, { ...options, size: 512, batch: 4000 })).rejects.toThrow(
      /a batch of 4000 needs about .* free: (take one picture at a time|a batch of \d+ fits)/,
    );
    await expect(sheetBatch(model, classes, { ...options, transforms: "shake" })).rejects.toThrow(InputError);
  });
});

describe("sheetPictures", () => {
  const units = sheetUnits(model, ["relu:*", "logits:0-1"], 16);
  const batches = sheetBatches(units, { batch: 2 });
  const run = { ...options, batch: 2 };

  it("are those of maximize, but for rounding, and progress counts all steps", async () => {
    const { pictures, stopped, steps } = await finish(batches, run);
    expect(stopped).toBeUndefined();
    expect(addresses(pictures.map(({ unit }) => unit))).toEqual(addresses(units));
    expect(steps.at(-1)).toBe(36);
    expect(steps.every((s, i) => i === 0 || s > steps[i - 1]!)).toBe(true);
    for (const i of [1, 5]) {
      const alone = maximize(model, units[i]!.address, options);
      let next = await alone.next();
      while (!next.done) next = await alone.next();
      const [a, b] = [next.value.image.data, pictures[i]!.picture.image.data];
      expect(Math.max(...a.map((x, k) => Math.abs(x - b[k]!)))).toBeLessThan(1e-3);
    }
  });

  it("stopped within a batch go on bit for bit, and leave out what is there", async () => {
    const whole = (await finish(batches, run)).pictures;
    const stop = new AbortController();
    // The second batch's third step.
    const first = await finish(batches, { ...run, signal: stop.signal }, (step) => step === 18 && stop.abort());
    expect(addresses(first.pictures.map(({ unit }) => unit))).toEqual(["relu:0", "relu:1"]);
    expect(first.stopped!.batch).toEqual(batches[1]);
    expect(first.stopped!.states.map(({ step }) => step)).toEqual([3, 3]);
    const there = new Set(addresses(first.pictures.map(({ unit }) => unit)));
    const rest = await finish(batches, {
      ...run,
      has: ({ address }) => there.has(address),
      from: first.stopped!.states,
    });
    expect(rest.steps[0]).toBe(20);
    expect(rest.steps.at(-1)).toBe(36);
    const joined = [...first.pictures, ...rest.pictures];
    expect(addresses(joined.map(({ unit }) => unit))).toEqual(addresses(units));
    for (const [i, { picture }] of joined.entries()) {
      expect(picture.image.data).toEqual(whole[i]!.picture.image.data);
      expect(picture.activation).toEqual(whole[i]!.picture.activation);
    }
  });

  it("stopped before the first step return where they stand, and nothing else", async () => {
    const { pictures, steps } = await finish(batches, { ...run, signal: AbortSignal.abort() });
    expect([pictures, steps]).toEqual([[], []]);
  });

  it("with restarts in several graphs are stopped and gone on with, too", async () => {
    const two = sheetBatches(units.slice(0, 2), { batch: 2, restarts: 3 });
    expect(two.length).toBe(2);
    const settings = { ...run, steps: 3, restarts: 3 };
    const whole = (await finish(two, settings)).pictures;
    const stop = new AbortController();
    const first = await finish(two, { ...settings, signal: stop.signal }, (step) => step === 8 && stop.abort());
    expect(first.pictures).toEqual([]);
    const rest = await finish(two, { ...settings, from: first.stopped!.states });
    expect(rest.pictures.map(({ picture }) => picture.seed)).toEqual(whole.map(({ picture }) => picture.seed));
    for (const [i, { picture }] of rest.pictures.entries())
      expect(picture.image.data).toEqual(whole[i]!.picture.image.data);
  });
});

describe("where memory has shrunk", () => {
  afterEach(() => vi.restoreAllMocks());
  const units = sheetUnits(model, ["relu:*"], 16);
  const batches = sheetBatches(units, { batch: 4 });
  const run = { ...options, batch: 4 };
  const pixels = (made: readonly SheetPicture[]) => made.map(({ picture }) => [...picture.image.data]);

  /** Memory for so many pictures at once. */
  function memoryFor(count: number): void {
    const { value } = findLayer(model, "relu");
    const net = netAt(model, [value], 16);
    const recipe = pick("maximize", "lucid", {}).recipe({ ...setting(model, net, [value]), objective: wholeLayer });
    const { each, once } = needOf(stepGraph(recipe));
    vi.spyOn(host, "freeMemory").mockReturnValue(once + (count + 0.5) * each);
  }

  it.each([
    [4, 4],
    [3, 2],
    [2, 2],
    [1, 1],
    [0, 1],
  ])("for %i of 4 pictures, a batch is made in graphs of %i", async (room, together) => {
    const whole = (await finish(batches, run)).pictures;
    memoryFor(room);
    const { pictures, stopped, steps } = await finish(batches, run);
    expect(stopped).toBeUndefined();
    expect(addresses(pictures.map(({ unit }) => unit))).toEqual(addresses(units));
    expect(pictures.map(({ picture }) => picture.batch)).toEqual(new Array(4).fill(together));
    expect(steps.at(-1)).toBe(24);
    for (const [i, image] of pixels(pictures).entries())
      expect(Math.max(...image.map((x, k) => Math.abs(x - pixels(whole)[i]![k]!)))).toBeLessThan(1e-3);
    vi.restoreAllMocks();
    const again = await finish(batches, { ...run, fewer: { "relu:0": together } });
    expect(pixels(again.pictures)).toEqual(pixels(pictures));
  });

  it("a stopped one goes on in smaller graphs", async () => {
    const stop = new AbortController();
    const first = await finish(batches, { ...run, signal: stop.signal }, (step) => step === 12 && stop.abort());
    expect(first.stopped!.states.map(({ step }) => step)).toEqual([3, 3, 3, 3]);
    const whole = (await finish(batches, run)).pictures;
    memoryFor(2);
    const { pictures } = await finish(batches, { ...run, from: first.stopped!.states });
    expect(pictures.map(({ picture }) => [picture.batch, picture.steps])).toEqual(new Array(4).fill([2, 6]));
    for (const [i, image] of pixels(pictures).entries())
      expect(Math.max(...image.map((x, k) => Math.abs(x - pixels(whole)[i]![k]!)))).toBeLessThan(1e-3);
  });

  it("a new sheet is refused a batch that does not fit", async () => {
    memoryFor(2);
    await expect(sheetBatch(model, units, run)).rejects.toThrow(/a batch of 4 needs about .*: a batch of \d fits/);
  });
});
