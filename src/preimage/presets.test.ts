/** @file Presets against the numbers of their papers, and their graphs against what every provider can run. */

import { describe, expect, it } from "vitest";
import { residualNet } from "../../test/fixtures/conv-nets.ts";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { specification } from "../../test/sweeps/specification.ts";
import { findLayer } from "../model/address.ts";
import { lower } from "../passes/lower.ts";
import { prune } from "../passes/needed.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import type { Recipe } from "./axes.ts";
import { meanColour, netAt } from "./net.ts";
import { wholeLayer } from "./objectives.ts";
import { stepGraph } from "./optimise.ts";
import { lucid, natural, naturalJitter, presetSteps, recipes, type Setting } from "./presets.ts";

const mean = [0.485, 0.456, 0.406];
const setting = (more: Partial<Setting> = {}): Setting => ({
  net: { emit: (_, image) => [image] },
  layers: [],
  objective: wholeLayer,
  size: [20, 30],
  mean,
  stride: 16,
  steps: 300,
  ...more,
});
const rates = (recipe: Recipe): number[] =>
  Array.from({ length: recipe.steps }, (_, step) => 1 / recipe.optimiser.scalars(step).inverseRate!);

describe("natural (IJCV 2016)", () => {
  it.each([
    [1, 0],
    [4, 0],
    [8, 1],
    [16, 3],
    [32, 7],
  ])("enlarges the canvas for a stride of %i by max(round(stride/4), 1) − 1 = %i", (stride, jitter) => {
    expect(naturalJitter(stride)).toBe(jitter);
    const recipe = recipes.natural(setting({ stride }));
    expect(recipe.parametrisation.shape).toEqual([1, 3, 20 + jitter, 30 + jitter]);
    const random = rng(1);
    const drawn = Array.from({ length: 300 }, () => toNumbers(recipe.transforms[0]!.draw(random).dy!)[0]!);
    expect(Math.max(...drawn) - Math.min(...drawn)).toBe(jitter);
  });

  it("has the learning rate HW · 53.33, and forgets by 0.9", async () => {
    const recipe = recipes.natural(setting());
    for (const rate of rates(recipe)) expect(rate).toBeCloseTo(23 * 33 * 53.33, 6);
    expect(natural.momentum).toBe(0.9);
    const one = fromNumbers("float32", [1]);
    const { G, m } = await evaluate({ one }, (g, { one: v }) => {
      const state = { G: v!, m: v! };
      return { ...recipe.optimiser.update(g, v!, g.zeros(v!), state, { inverseRate: v! }).state };
    });
    expect([toNumbers(G!)[0], toNumbers(m!)[0]]).toEqual([Math.fround(0.9), Math.fround(0.9)]);
  });

  it("ends an inversion with 50 steps without jitter at a tenth of the rate", () => {
    const recipe = recipes.natural(setting({ steps: 350, stillSteps: 50 }));
    const rate = rates(recipe);
    expect(rate[299]! / rate[300]!).toBeCloseTo(10, 9);
    expect(rate[0]).toBe(rate[299]);
    expect(rate[349]).toBe(rate[300]);
    expect([0, 299, 300, 349].map((step) => recipe.still?.(step))).toEqual([false, false, true, true]);
  });

  it("penalises the range with α = 6, B = 80 and the variation with β = 2, V = 80/6.5", async () => {
    const image = uniform("float64", [1, 3, 3, 4]);
    const at = (k: number, y: number, x: number): number => 255 * image.data[(k * 3 + y) * 4 + x]!;
    let [range, variation] = [0, 0];
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 4; x++) {
        range += (Math.hypot(...mean.map((m, k) => at(k, y, x) - 255 * m)) / 80) ** 6 / 12;
        for (let k = 0; k < 3; k++) {
          const dx = x < 3 ? at(k, y, x + 1) - at(k, y, x) : 0;
          const dy = y < 2 ? at(k, y + 1, x) - at(k, y, x) : 0;
          variation += ((dx * dx + dy * dy) * (6.5 / 80) ** 2) / 12;
        }
      }
    const { regularisers } = recipes.natural(setting());
    const out = await evaluate({ image }, (g, v) => ({
      range: regularisers[0]!(g, v.image!),
      variation: regularisers[1]!(g, v.image!),
    }));
    expect(regularisers.length).toBe(2);
    expect(toNumbers(out.range!)[0]! / range).toBeCloseTo(1, 9);
    expect(toNumbers(out.variation!)[0]! / variation).toBeCloseTo(1, 9);
  });

  it("brings colours to a norm of 160 at most", async () => {
    const theta = fromNumbers("float32", [300, 100, 0, 0, 400, 0], [1, 3, 1, 2]);
    const project = recipes.natural(setting()).project!;
    const out = toNumbers((await evaluate({ theta }, (g, v) => ({ x: project(g, v.theta!) }))).x!);
    // Norms 500 and 100.
    expect(largestDifference(out, [300 * 0.32, 100, 0, 0, 400 * 0.32, 0])).toBeLessThan(1e-4);
  });

  it("lasts 300 steps, weighs units by 10000 / ρ², and takes C from 1, 20, 100, 300", () => {
    expect([presetSteps.natural, natural.stillSteps, natural.activationWeight]).toEqual([300, 50, 10_000]);
    expect([1, 20, 100, 300]).toContain(natural.codeWeight);
  });
});

describe("lucid (Distill 2017)", () => {
  const recipe = recipes.lucid(setting({ size: [128, 128], steps: 512 }));

  it("is a spectrum of deviation 0.01 at the picture's own size", () => {
    expect(recipe.parametrisation.shape).toEqual([1, 3, 128, 2, 65]);
    const start = toNumbers(recipe.parametrisation.init(rng(1)));
    const deviation = Math.sqrt(start.reduce((s, x) => s + x * x, 0) / start.length);
    // Five standard errors of 49,920 numbers.
    expect(Math.abs(deviation / 0.01 - 1)).toBeLessThan(0.016);
    expect(lucid.decay).toBe(1);
  });

  it("is made by 512 steps of Adam at 0.05", () => {
    expect(presetSteps.lucid).toBe(512);
    // lr / (1 − 0.9) at the first step, with the usual β₁.
    expect(recipe.optimiser.scalars(0).rate).toBeCloseTo(0.5, 9);
    expect(recipe.optimiser.scalars(511).rate).toBeCloseTo(0.05, 9);
    expect(recipe.regularisers).toEqual([]);
  });

  it("zooms by 0.90 … 1.10 in steps of 0.02, turns by whole −10 … 10 degrees, 0 six times as often, shifts by 8 + 4", () => {
    const random = rng(2);
    const seen: Record<string, Map<number, number>> = {};
    for (let i = 0; i < 6000; i++)
      for (const [name, t] of Object.entries(recipe.transforms[0]!.draw(random))) {
        const [x] = toNumbers(t);
        seen[name] ??= new Map();
        seen[name].set(x!, (seen[name].get(x!) ?? 0) + 1);
      }
    const sorted = (name: string): number[] => [...seen[name]!.keys()].sort((a, b) => a - b);
    const zooms = [0.9, 0.92, 0.94, 0.96, 0.98, 1, 1.02, 1.04, 1.06, 1.08, 1.1];
    expect(largestDifference(sorted("1.scale"), zooms)).toBeLessThan(1e-6);
    const degrees = Array.from({ length: 21 }, (_, i) => i - 10);
    expect(
      largestDifference(
        sorted("0.angle").map((x) => (x * 180) / Math.PI),
        degrees,
      ),
    ).toBeLessThan(1e-5);
    // 6 of 26 draws: five standard errors of 6000.
    expect(Math.abs(seen["0.angle"]!.get(0)! / 6000 - 6 / 26)).toBeLessThan(0.028);
    expect(sorted("1.dx")).toEqual(Array.from({ length: 13 }, (_, i) => i - 6));
  });

  it("is padded by 12 pixels of 0.5, so that no transform shows what is beyond", async () => {
    const image = fromNumbers("float32", new Array(3 * 8 * 8).fill(1), [1, 3, 8, 8]);
    const small = recipes.lucid(setting({ size: [8, 8] })).transforms[0]!;
    const drawn = { ...small.neutral(), "1.dx": fromNumbers("float32", [6]) };
    const { seen } = await evaluate({ image, ...drawn }, (g, { image: v, ...d }) => ({ seen: small.apply(g, v!, d) }));
    expect(toNumbers(seen!).slice(0, 8)).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    expect([lucid.pad, lucid.padValue]).toEqual([12, 0.5]);
  });

  it("only shifts where it must not turn", () => {
    const plain = recipes.lucid(setting({ robust: false })).transforms[0]!;
    expect(Object.keys(plain.draws)).toEqual(["0.scale", "0.dy", "0.dx"]);
    const random = rng(3);
    for (let i = 0; i < 20; i++) expect(toNumbers(plain.draw(random)["0.scale"]!)).toEqual([1]);
  });
});

describe("graphs that all providers run", () => {
  const model = residualNet();
  const layers = model.layers.map((layer) => layer.address);
  /** Wrong, or silently run elsewhere, on one provider or another. */
  const avoided =
    "Sum Sign Round Mod SpaceToDepth GridSample LRN LogSoftmax OneHot MaxUnpool Col2Im Selu Softsign Celu NonZero Loop ScatterND Resize Scan If DFT".split(
      " ",
    );

  it.each(layers.flatMap((layer) => (["natural", "lucid"] as const).map((preset) => [preset, layer] as const)))(
    "%s for %s",
    (preset, layer) => {
      const { value } = findLayer(model, layer);
      const net = netAt(model, [value], 32);
      const recipe = recipes[preset]({
        net,
        layers: [value],
        objective: wholeLayer,
        size: net.size,
        mean: meanColour(model),
        stride: net.layers[0]!.stride,
        steps: 10,
      });
      const { nodes } = lower(prune(stepGraph(recipe)));
      const names = new Set(nodes.map((node) => node.op));
      expect([...names].filter((op) => !specification.has(op))).toEqual([]);
      expect([...names].filter((op) => avoided.includes(op) || op.startsWith("Random"))).toEqual([]);
      for (const { op, outputs } of nodes) {
        if (op === "MaxPool") expect(outputs.length).toBe(1);
        if (["Add", "Sub", "Mul", "Div"].includes(op)) expect(outputs[0]!.dtype).toBe("float32");
      }
    },
  );
});
