/** @file The preset `lucid` against the defaults of Lucid's `render_vis`. */

import { describe, expect, it } from "vitest";
import { evaluate, largestDifference } from "../../../test/fixtures/run.ts";
import { rng } from "../../tensor/rng.ts";
import { fromNumbers, toNumbers } from "../../tensor/tensor.ts";
import { lucid } from "./lucid.ts";
import { recipeOf } from "./testing.ts";

describe("lucid (Distill 2017)", () => {
  const recipe = recipeOf("lucid", { size: [128, 128] });

  it("is a spectrum of deviation 0.01 at the picture's own size", () => {
    expect(recipe.parametrisation.shape).toEqual([1, 3, 128, 2, 65]);
    const start = toNumbers(recipe.parametrisation.init(rng(1)));
    const deviation = Math.sqrt(start.reduce((s, x) => s + x * x, 0) / start.length);
    // Five standard errors of 49,920 numbers.
    expect(Math.abs(deviation / 0.01 - 1)).toBeLessThan(0.016);
    expect(lucid.decay).toBe(1);
  });

  it("is made by 512 steps of Adam at 0.05", () => {
    expect(recipe.steps).toBe(512);
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

  it("is padded and shifted in proportion below 128 pixels, where that would hide the picture", async () => {
    const small = recipeOf("lucid", { size: [32, 40] }).transforms[0]!;
    const random = rng(4);
    const shifts = Array.from({ length: 200 }, () => toNumbers(small.draw(random)["1.dx"]!)[0]!);
    expect([Math.min(...shifts), Math.max(...shifts)]).toEqual([-1, 2]);
    const image = fromNumbers("float32", new Array(3 * 32 * 40).fill(1), [1, 3, 32, 40]);
    const drawn = { ...small.neutral(), "1.dx": fromNumbers("float32", [-5]) };
    const { seen } = await evaluate({ image, ...drawn }, (g, { image: v, ...d }) => ({ seen: small.apply(g, v!, d) }));
    expect(toNumbers(seen!).slice(0, 7)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 1, 1]);
  });

  it("is padded by 12 pixels of 0.5, so that no transform shows what is beyond", async () => {
    const image = fromNumbers("float32", new Array(3 * 128 * 128).fill(1), [1, 3, 128, 128]);
    const small = recipeOf("lucid", { size: [128, 128] }).transforms[0]!;
    const drawn = { ...small.neutral(), "1.dx": fromNumbers("float32", [6]) };
    const { seen } = await evaluate({ image, ...drawn }, (g, { image: v, ...d }) => ({ seen: small.apply(g, v!, d) }));
    expect(toNumbers(seen!).slice(120, 128)).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    expect([lucid.pad, lucid.padValue]).toEqual([12, 0.5]);
  });

  it("only shifts where it must not turn", () => {
    const plain = recipeOf("lucid", { technique: "invert" }).transforms[0]!;
    expect(Object.keys(plain.draws)).toEqual(["0.scale", "0.dy", "0.dx"]);
    const random = rng(3);
    for (let i = 0; i < 20; i++) expect(toNumbers(plain.draw(random)["0.scale"]!)).toEqual([1]);
  });
});
