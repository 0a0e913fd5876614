/** @file The preset `natural-2015` against the numbers of CVPR 2015. */

import { describe, expect, it } from "vitest";
import { evaluate, uniform } from "../../../test/fixtures/run.ts";
import { rng } from "../../tensor/rng.ts";
import { fromNumbers, toNumbers } from "../../tensor/tensor.ts";
import { mean, recipeOf } from "./testing.ts";

const invert = { technique: "invert", size: [3, 4] } as const;

describe("natural-2015 (CVPR 2015)", () => {
  it("takes 100 steps at 0.004, 200 at a tenth and 100 at a hundredth of it, without jitter", () => {
    const recipe = recipeOf("natural-2015", invert);
    expect(recipe.steps).toBe(400);
    expect(recipe.transforms).toEqual([]);
    const rates = Array.from({ length: 400 }, (_, step) => recipe.optimiser.scalars(step).rate!);
    expect(rates.slice(0, 100).every((r) => r === 0.004)).toBe(true);
    expect(rates.slice(100, 300).every((r) => Math.abs(r / 0.0004 - 1) < 1e-12)).toBe(true);
    expect(rates.slice(300).every((r) => Math.abs(r / 0.00004 - 1) < 1e-12)).toBe(true);
    // Half of the steps have half of each.
    const half = recipeOf("natural-2015", invert, { steps: 200 });
    expect([49, 50, 149, 150].map((step) => half.optimiser.scalars(step).rate)).toEqual([
      0.004, 0.0004, 0.0004, 0.00004,
    ]);
  });

  it("has a momentum of 0.9, which begins anew where the rate changes", async () => {
    const { optimiser } = recipeOf("natural-2015", invert);
    expect([0, 1, 99, 100, 101, 300].map((step) => optimiser.scalars(step).keep)).toEqual([0, 0.9, 0.9, 0, 0.9, 0]);
    const [theta, slope, v] = [1, 2, 4].map((x) => fromNumbers("float32", [x]));
    const [rate, keep] = [0.25, 0.5].map((x) => fromNumbers("float32", [x], []));
    const out = await evaluate({ theta: theta!, slope: slope!, v: v!, rate: rate!, keep: keep! }, (g, x) => {
      const next = optimiser.update(g, x.theta!, x.slope!, { v: x.v! }, { rate: x.rate!, keep: x.keep! });
      return { moved: next.parameter, kept: next.state.v! };
    });
    // v = 0.5 · 4 − 0.25 · 2, θ = 1 + v
    expect([toNumbers(out.kept!), toNumbers(out.moved!)]).toEqual([[1.5], [2.5]]);
  });

  it.each([
    [0.1, 1],
    [0.45, 10],
    [1, 100],
  ])("at depth %f has half of λ_TV = %i and of λ_α = 8e-10, α = 6, β = 2", async (depth, lambda) => {
    const image = uniform("float64", [1, 3, 3, 4]);
    const at = (k: number, y: number, x: number): number => 255 * image.data[(k * 3 + y) * 4 + x]!;
    let [range, variation] = [0, 0];
    for (let k = 0; k < 3; k++)
      for (let y = 0; y < 3; y++)
        for (let x = 0; x < 4; x++) {
          range += (8e-10 / 2) * (at(k, y, x) - 255 * mean[k]!) ** 6;
          const dx = x < 3 ? at(k, y, x + 1) - at(k, y, x) : 0;
          const dy = y < 2 ? at(k, y + 1, x) - at(k, y, x) : 0;
          variation += (lambda / 2) * (dx * dx + dy * dy);
        }
    const { regularisers, project } = recipeOf("natural-2015", { ...invert, depth });
    const out = await evaluate({ image }, (g, v) => ({
      range: regularisers[0]!(g, v.image!),
      variation: regularisers[1]!(g, v.image!),
    }));
    expect([regularisers.length, project]).toEqual([2, undefined]);
    expect(toNumbers(out.range!)[0]! / range).toBeCloseTo(1, 9);
    expect(toNumbers(out.variation!)[0]! / variation).toBeCloseTo(1, 9);
  });

  it("weighs the relative error by the squared norm of a photo, and starts from noise of that norm", async () => {
    const recipe = recipeOf("natural-2015", {
      technique: "invert",
      size: [40, 40],
      objective: (g, [a]) => g.mean(a!, [1, 2, 3], false),
    });
    const image = fromNumbers("float32", new Array(3 * 1600).fill(1), [1, 3, 40, 40]);
    const { y } = await evaluate({ image }, (g, v) => ({ y: recipe.objective(g, [v.image!]) }));
    const squared = toNumbers(y!)[0]!;
    const norm = toNumbers(recipe.parametrisation.init(rng(3))).reduce((s, x) => s + x * x, 0);
    // 57.6² for each of 4800 numbers; five standard errors of the sum of their squares.
    expect(squared / (4800 * 57.6 ** 2)).toBeCloseTo(1, 5);
    expect(Math.abs(norm / squared - 1)).toBeLessThan(5 * Math.sqrt(2 / 4800));
  });

  it("is for inversions alone", () => {
    expect(() => recipeOf("natural-2015")).toThrow(/'natural-2015' is not made to maximize: take natural, lucid, maco/);
    expect(() => recipeOf("natural-2015", { technique: "caricature" })).toThrow(/not made to caricature/);
  });
});
