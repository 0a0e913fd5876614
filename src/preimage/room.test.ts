/** @file Sizes that do not fit into memory: refused by every technique before anything large is made, with one that fits. */

import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { host } from "#runtime-host";
import { convNet, finish } from "../../test/fixtures/conv-nets.ts";
import { InputError } from "../error.ts";
import { findLayer } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import { makeImage } from "../tensor/image.ts";
import { peakBytes } from "./batches.ts";
import { caricature } from "./caricature.ts";
import { dream } from "./dream.ts";
import { invert } from "./invert.ts";
import { maximize } from "./maximize.ts";
import { netAt } from "./net.ts";
import { direction } from "./objectives.ts";
import { type PresetName, pick } from "./presets.ts";
import { planReport } from "./report-plan.ts";
import { expectRoom, needBySide } from "./room.ts";
import { setting } from "./setting.ts";
import { sheetBatch, sheetUnits } from "./sheet.ts";
import { stepGraph } from "./step-graph.ts";

/** Nets for 224 pixels and more, and for 16 alone: its pictures are resized in front of it. */
const nets = { open: convNet(), fixed: convNet({ side: 16 }) } as const;
const model = nets.open;
const photo = makeImage(3, 30, 40, (c, y, x) => 0.5 + 0.3 * Math.sin(x / 3 + c) * Math.cos(y / 4));
const presets = ["lucid", "natural", "maco"] as const;
const preset = (name: PresetName) => pick("maximize", "lucid", { preset: name });
const [MB, GB] = [2 ** 20, 2 ** 30];
const plenty = 2 ** 80;

/** What is said of a size; none where it fits. */
function said(net: Model, name: PresetName, size: number, free: number, batch = 1): string | undefined {
  try {
    expectRoom(net, { size, batch, layers: [findLayer(net, "relu").value], preset: preset(name) }, free);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
}

/** What a picture of the open net takes by its side. */
const needs = (name: PresetName) =>
  needBySide(model, 4000, { layers: [findLayer(model, "relu").value], preset: preset(name) })!;

const memory = (free: number): unknown => vi.spyOn(host, "freeMemory").mockReturnValue(free);
afterEach(() => vi.restoreAllMocks());

describe("expectRoom", () => {
  it("names what is asked for, and a size that fits", () => {
    const arbitrary = fc.record({
      net: fc.constantFrom("open" as const, "fixed" as const),
      // Whose graph is counted in no time.
      name: fc.constant("natural" as const),
      size: fc.oneof(fc.integer({ min: 17, max: 600 }), fc.integer({ min: 600, max: 1e9 })),
      free: fc.double({ min: 25, max: 40, noNaN: true }).map((power) => 2 ** power),
    });
    const seed = 7;
    fc.assert(
      fc.property(arbitrary, ({ net, name, size, free }) => {
        const own = net === "open" ? 224 : 16;
        const message = said(nets[net], name, size, free);
        if (size <= own) expect(message).toBeUndefined();
        if (message === undefined) return;
        expect(message).toMatch(
          new RegExp(
            `^a picture of ${size}×${size} by '${name}' needs (about|more than) .* of memory and [\\d.,]+ [GM]B are free: `,
          ),
        );
        const fits = /(\d+)×\1 fits$/.exec(message)?.[1];
        if (fits === undefined) expect(message).toMatch(new RegExp(`take the net's own size, ${own}×${own}$`));
        else {
          expect(Number(fits)).toBeGreaterThan(own);
          expect(Number(fits)).toBeLessThan(size);
          expect(said(nets[net], name, Number(fits), free)).toBeUndefined();
        }
      }),
      { seed, numRuns: 40 },
    );
  });

  it.each(presets)("tells from small pictures what large ones take, %s", (name) => {
    const side = 640;
    const { value } = findLayer(model, "relu");
    const net = netAt(model, [value], side);
    const objective = direction([1, -2, 3, 4]);
    const recipe = preset(name).recipe({ ...setting(model, net, [value]), objective });
    const { values } = peakBytes(stepGraph(recipe));
    const { each, once } = needs(name)(side);
    expect(each / (3 * values)).toBeGreaterThan(0.97);
    expect(each / (3 * values)).toBeLessThan(1.05);
    // 450 bytes a pixel and 128 MB beside it, and less than 250 for what the Fourier transform multiplies with.
    expect(once).toBeGreaterThan(450 * side ** 2 + 128 * MB);
    expect(once).toBeLessThan(700 * side ** 2 + 129 * MB);
  });

  it("grows with the pixels", () => {
    const need = needs("natural");
    for (const part of ["each", "once"] as const) {
      const [a, b] = [need(1000)[part], need(4000)[part]].map((x) => x - (part === "once" ? 128 * MB : 0));
      expect(b! / a!).toBeGreaterThan(15);
      expect(b! / a!).toBeLessThan(17);
    }
  });

  it("never refuses the net's own size, nor looks at sizes that are none", () => {
    for (const size of [1, 3, 224, 0, -1, 2.5, Number.NaN]) expect(said(model, "maco", size, 1)).toBeUndefined();
  });

  it("says which batch fits", () => {
    const message = said(model, "lucid", 200, 2 * GB, 4096)!;
    expect(message).toMatch(/^a batch of 4096 needs about .* of memory and 2 GB are free: a batch of \d+ fits/);
    const fits = Number(/a batch of (\d+) fits/.exec(message)![1]);
    expect(fits).toBeGreaterThan(1);
    expect(said(model, "lucid", 200, 2 * GB, fits)).toBeUndefined();
    expect(said(model, "lucid", 200, 10 * MB, 2)).toMatch(/take one picture at a time/);
  });
});

describe("techniques", () => {
  const cpu = { device: "cpu", threads: 1, steps: 1 } as const;
  const runs: Readonly<Record<string, (size: number) => Promise<unknown>>> = {
    maximize: (size) => finish(maximize(model, "relu:1", { ...cpu, size })),
    "maximize by natural": (size) => finish(maximize(model, "relu:1@2,2", { ...cpu, size, preset: "natural" })),
    "maximize by maco": (size) => finish(maximize(model, "relu:1 - pool:2", { ...cpu, size, preset: "maco" })),
    "maximize by accentuate": (size) =>
      finish(maximize(model, "relu:1", { ...cpu, size, preset: "accentuate", start: photo })),
    caricature: (size) => finish(caricature(model, photo, "relu", { ...cpu, size })),
    invert: (size) => finish(invert(model, photo, "relu", { ...cpu, size, others: [photo, photo] })),
    "a sheet": async (size) => sheetBatch(model, sheetUnits(model, ["relu:*"], 16), { ...cpu, size }),
    "a report": (size) => planReport(model, { size, photos: true }),
  };

  describe.each(Object.entries(runs))("%s", (_, run) => {
    it("refuses 8000 pixels before it makes anything", async () => {
      memory(300 * MB);
      const refused = expect(run(8000)).rejects;
      await refused.toThrow(/a picture of 8000×8000 by '[a-z]+' needs about .* GB of memory and 300 MB are free: /);
      await refused.toBeInstanceOf(InputError);
    });

    it.each([0, -3, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 20_000, 1e9])("refuses %d pixels", async (size) => {
      memory(plenty);
      await expect(run(size)).rejects.toThrow(`size: expected a whole number from 1 to 8192, got ${size}`);
    });
  });

  it("refuses more than 8192 pixels with what fits, where that is less", async () => {
    memory(2 * GB);
    await expect(runs["maximize by natural"]!(20_000)).rejects.toThrow(/2 GB are free: (\d+)×\1 fits$/);
    await expect(runs["maximize by natural"]!(1e9)).rejects.toThrow(/more than a million GB .* (\d+)×\1 fits$/);
  });

  it("a dream, whose net sees tiles, says what fits for the picture itself", async () => {
    memory(300 * MB);
    const run = (size?: number) => finish(dream(model, photo, "relu", { ...cpu, ...(size && { size }) }));
    await expect(run(20_000)).rejects.toThrow(
      /a dream of 15000×20000 needs about .* GB of memory and 300 MB are free: a size of \d+ fits/,
    );
    const fits = await run(20_000).catch((error: Error) => Number(/size of (\d+) fits/.exec(error.message)![1]));
    expect(fits).toBeGreaterThan(500);
    expect(fits).toBeLessThan(2000);
    expect((await run()).returned.image.dims).toEqual([3, 30, 40]);
  });

  it("a report refuses a batch that does not fit before it begins", async () => {
    memory(200 * MB);
    await expect(planReport(model, { batch: 1000, units: ["relu:*"] })).rejects.toThrow(/a batch of 5 needs about/);
    await expect(planReport(model, { units: ["relu:*"] })).resolves.toBeDefined();
  });
});
