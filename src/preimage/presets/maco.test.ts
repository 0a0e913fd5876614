/** @file The preset `maco` against the numbers of Fel et al. 2023. */

import { describe, expect, it } from "vitest";
import { uniform } from "../../../test/fixtures/run.ts";
import { rng } from "../../tensor/rng.ts";
import { toNumbers } from "../../tensor/tensor.ts";
import { maco } from "./maco.ts";
import { recipeOf } from "./testing.ts";

describe("maco (2023)", () => {
  const recipe = recipeOf("maco", { size: [224, 224] });
  const [crops, noise] = recipe.transforms;

  it("turns phases alone: half as many numbers as Fourier coefficients have", () => {
    expect(recipe.parametrisation.shape).toEqual([1, 3, 224, 113]);
    expect(recipe.regularisers).toEqual([]);
  });

  it("shows 16 to 32 crops a step, from half of the side linearly to 5 %, about the middle with deviation 0.15", () => {
    const random = rng(1);
    const drawn = (step: number) => {
      const all: Record<string, number[]> = {};
      for (let i = 0; i < 200; i++)
        for (const [name, t] of Object.entries(crops!.draw(random, step)))
          all[name] = [...(all[name] ?? []), ...toNumbers(t)];
      return all;
    };
    const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
    const [first, middle] = [drawn(0), drawn((recipe.steps - 1) / 2)];
    const views = first.side!.length / 200;
    expect(views).toBeGreaterThanOrEqual(16);
    expect(views).toBeLessThanOrEqual(32);
    expect(mean(first.side!)).toBeCloseTo(0.5, 2);
    expect(mean(middle.side!)).toBeCloseTo(0.275, 2);
    // What falls below 5 % at the last step is 5 %.
    expect(Math.min(...drawn(recipe.steps - 1).side!)).toBeCloseTo(0.05, 6);
    for (const axis of ["x", "y"]) {
      expect(mean(first[axis]!)).toBeCloseTo(0.5, 1);
      expect(Math.sqrt(mean(first[axis]!.map((x) => (x - 0.5) ** 2)))).toBeCloseTo(0.15, 1);
    }
  });

  it("shows as many pixels of a small picture as of one of 224, at most all of them", async () => {
    const sideOf = (size: readonly [number, number], step: number): number => {
      const [small] = recipeOf("maco", { size }).transforms;
      const sides = Array.from({ length: 50 }, (_, i) => toNumbers(small!.draw(rng(i), step).side!)).flat();
      return sides.reduce((a, b) => a + b, 0) / sides.length;
    };
    const last = recipe.steps - 1;
    expect(sideOf([32, 40], last)).toBeCloseTo((0.05 * 224) / 32, 2);
    expect(sideOf([64, 64], last)).toBeCloseTo((0.05 * 224) / 64, 2);
    // Sides above 1 are cut to it.
    expect(sideOf([32, 40], 0)).toBeGreaterThan(0.97);
    expect(sideOf([128, 160], 0)).toBeCloseTo((0.5 * 224) / 128, 2);
  });

  it("adds noise of deviation 0.08 to pictures of -1 … 1, which is 0.04 in 0 … 1", () => {
    expect([maco.noise, maco.valueRange]).toEqual([0.08, 2]);
    expect(toNumbers(noise!.draw(rng(2), 0).sigma!)).toEqual(new Array(16).fill(Math.fround(0.04)));
  });

  it("takes 256 to 1000 steps of NAdam at a rate of 1", () => {
    expect(recipe.steps).toBeGreaterThanOrEqual(256);
    expect(recipe.steps).toBeLessThanOrEqual(1000);
    expect(recipe.optimiser.state).toEqual(["m", "v"]);
    // The two parts of NAdam's first step: lr (1 − μ₁) / (1 − μ₁) and lr μ₂ / (1 − μ₁ μ₂), μₜ = 0.9 (1 − 0.96^{0.004 t} / 2).
    const [m1, m2] = [1, 2].map((t) => 0.9 * (1 - 0.5 * 0.96 ** (0.004 * t))) as [number, number];
    const { slope, momentum } = recipe.optimiser.scalars(0);
    expect(slope).toBeCloseTo(1, 9);
    expect(momentum).toBeCloseTo(m2 / (1 - m1 * m2), 9);
  });

  it("inverts without crops, and starts from no picture", () => {
    expect(recipeOf("maco", { technique: "invert" }).transforms).toEqual([]);
    const start = uniform("float32", [3, 20, 30]);
    expect(() => recipeOf("maco", { start })).toThrow(/maco starts from random phases/);
  });
});
