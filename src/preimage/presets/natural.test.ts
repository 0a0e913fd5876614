/** @file The preset `natural` against the numbers of IJCV 2016. */

import { describe, expect, it } from "vitest";
import { evaluate, largestDifference, uniform } from "../../../test/fixtures/run.ts";
import { rng } from "../../tensor/rng.ts";
import { fromNumbers, toNumbers } from "../../tensor/tensor.ts";
import type { Recipe } from "../axes.ts";
import { natural, naturalJitter } from "./natural.ts";
import { mean, recipeOf } from "./testing.ts";

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
    const recipe = recipeOf("natural", { stride });
    expect(recipe.parametrisation.shape).toEqual([1, 3, 20 + jitter, 30 + jitter]);
    const random = rng(1);
    const drawn = Array.from({ length: 300 }, () => toNumbers(recipe.transforms[0]!.draw(random).dy!)[0]!);
    expect(Math.max(...drawn) - Math.min(...drawn)).toBe(jitter);
  });

  it("has the learning rate HW · 53.33, and forgets by 0.9", async () => {
    const recipe = recipeOf("natural");
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
    const recipe = recipeOf("natural", { technique: "invert" });
    const rate = rates(recipe);
    expect(recipe.steps).toBe(350);
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
    const { regularisers } = recipeOf("natural");
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
    const project = recipeOf("natural").project!;
    const out = toNumbers((await evaluate({ theta }, (g, v) => ({ x: project(g, v.theta!) }))).x!);
    // Norms 500 and 100.
    expect(largestDifference(out, [300 * 0.32, 100, 0, 0, 400 * 0.32, 0])).toBeLessThan(1e-4);
  });

  it("lasts 300 steps, weighs units by 10000 / ρ², and takes C from 1, 20, 100, 300", () => {
    expect([recipeOf("natural").steps, natural.stillSteps, natural.activationWeight]).toEqual([300, 50, 10_000]);
    expect([1, 20, 100, 300]).toContain(natural.codeWeight);
  });

  it("keeps its photo in the middle of the canvas", async () => {
    const start = uniform("float32", [3, 20, 30]);
    const { parametrisation } = recipeOf("natural", { start });
    const theta = parametrisation.init(rng(1));
    const { image } = await evaluate({ theta }, (g, v) => ({ image: parametrisation.decode(g, v.theta!) }));
    const [, , height, width] = image!.dims as [number, number, number, number];
    const got = Array.from({ length: 20 }, (_, y) => toNumbers(image!)[(y + 1) * width + 1]!);
    expect([height, width]).toEqual([23, 33]);
    const wanted = Array.from({ length: 20 }, (_, y) => start.data[y * 30]!);
    expect(largestDifference(got, wanted)).toBeLessThan(1e-6);
  });
});
