/** @file Activation maximization on a small net: units of every kind rise, dead ones too. */

import { describe, expect, it } from "vitest";
import { convNet, finish } from "../../test/fixtures/conv-nets.ts";
import { InputError } from "../error.ts";
import { prepare } from "../model/preprocessing.ts";
import { activation } from "../model/unit.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { maximize } from "./maximize.ts";
import type { TechniqueOptions } from "./technique.ts";

const quick: TechniqueOptions = { device: "cpu", threads: 1, size: 16, steps: 12, seed: 1 };
const labelled = { names: ["rose", "tulip", "iris", "daisy", "lily"], source: "the test" };

describe.each(["lucid", "natural"] as const)("%s", (preset) => {
  const model = { ...convNet(), labels: labelled };

  it.each(["relu:1", "relu:1@3,4", "conv:2@0,0", "relu", "logits:2", "logits:lily", "pool@1,1"])(
    "raises %s",
    async (address) => {
      const { yielded, returned } = await finish(maximize(model, address, { ...quick, preset }));
      expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
      expect(returned).toMatchObject({ preset, seed: 1, steps: 12, notes: [], device: "cpu" });
      expect(yielded.map((p) => p.step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
      expect(returned.image.dims).toEqual([3, 16, 16]);
      expect(toNumbers(returned.image).every((x) => x >= 0 && x <= 1)).toBe(true);
    },
  );

  it("reports the activation that the picture itself has", async () => {
    const { returned } = await finish(maximize(model, "relu:1@3,4", { ...quick, preset }));
    const input = prepare(returned.image, model.preprocessing, [16, 16]);
    const [again] = toNumbers(await activation(model, "relu:1@3,4", input, { device: "cpu" }));
    expect(Math.abs(returned.activation.end / again! - 1)).toBeLessThan(1e-4);
  });

  it("makes the same picture of the same seed, another of another", async () => {
    const picture = async (seed: number): Promise<number[]> =>
      toNumbers((await finish(maximize(model, "relu:1", { ...quick, steps: 4, preset, seed }))).returned.image);
    const first = await picture(3);
    expect(await picture(3)).toEqual(first);
    expect(await picture(4)).not.toEqual(first);
  });

  it("raises what goes into a dead unit, and says that it is dead", async () => {
    const dead = convNet({ bias: -1000 });
    const { returned } = await finish(maximize(dead, "relu:0", { ...quick, preset }));
    expect(returned.activation).toEqual({ start: 0, end: 0 });
    expect(returned.notes).toEqual([
      "relu:0 is off at the start and has no gradient there: what goes into its rectifier, conv:0, is maximised in its place, and it is still off",
    ]);
    const before = (await finish(maximize(dead, "relu:0", { ...quick, preset, steps: 0 }))).returned;
    const preActivation = async (image: typeof returned.image): Promise<number> => {
      const input = prepare(image, dead.preprocessing, [16, 16]);
      const values = toNumbers(await activation(dead, "conv:0", input, { device: "cpu" }));
      return values.reduce((s, x) => s + x, 0) / values.length;
    };
    expect(await preActivation(returned.image)).toBeGreaterThan((await preActivation(before.image)) + 0.1);
  });

  it("gives grey pictures for a net that sees grey", async () => {
    const { returned } = await finish(maximize(convNet({ channels: 1 }), "relu:2", { ...quick, preset }));
    expect(returned.image.dims).toEqual([1, 16, 16]);
    expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
  });

  it("resizes within the graph for a net of one size, and says so", async () => {
    const { returned } = await finish(maximize(convNet({ side: 8 }), "logits:1", { ...quick, preset }));
    expect(returned.image.dims).toEqual([3, 16, 16]);
    expect(returned.notes).toEqual(["the net does not take 16×16: the picture is resized to the 8×8 of its file"]);
    expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
  });

  it("makes a picture of one pixel", async () => {
    const { returned } = await finish(maximize(model, "relu:1", { ...quick, preset, size: 1 }));
    expect(returned.image.dims).toEqual([3, 1, 1]);
    expect(toNumbers(returned.image).every(Number.isFinite)).toBe(true);
  });
});

describe("refuses", () => {
  const model = convNet();
  it.each<[string, string, TechniqueOptions, RegExp]>([
    ["an unknown layer", "rellu:1", {}, /no layer "rellu": did you mean relu/],
    ["a channel that is not there", "relu:4", {}, /no channel 4: expected 0 to 3/],
    ["a position that is not there", "relu:1@16,0", {}, /no position 16,0: expected 0 to 15/],
    ["a size too small for the net", "logits:1", { size: 1 }, /picture of 1×1 does not fit this net/],
    ["no size at all", "relu:1", { size: 0 }, /size: expected a whole number from 1 to 8192, got 0/],
    ["a broken seed", "relu:1", { seed: -1 }, /seed: expected a whole number/],
  ])("%s", async (_, address, options, message) => {
    const run = finish(maximize(model, address, { ...quick, ...options }));
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(message);
  });

  it("weights that are NaN", async () => {
    const weight = fromNumbers("float32", new Array(20).fill(Number.NaN), [5, 4]);
    const run = finish(maximize(convNet({ constants: { "fc.weight": weight } }), "logits:1", quick));
    await expect(run).rejects.toThrow(/"fc.weight" hold 20 values that are NaN/);
  });
});
