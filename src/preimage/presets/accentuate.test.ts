/** @file The preset `accentuate` against the numbers of Hamblin et al. 2024, and the pull back to the photo. */

import { describe, expect, it } from "vitest";
import { finish } from "../../../test/fixtures/conv-nets.ts";
import { evaluate, largestDifference, uniform } from "../../../test/fixtures/run.ts";
import { normalisedGradient } from "../../optimise/normalised-gradient.ts";
import { rng } from "../../tensor/rng.ts";
import { toNumbers } from "../../tensor/tensor.ts";
import { optimise } from "../optimise.ts";
import { pixels } from "../pixels.ts";
import { recipeOf } from "./testing.ts";

const start = uniform("float32", [3, 20, 30], [0.2, 0.8]);

describe("accentuate (2024)", () => {
  const recipe = recipeOf("accentuate", { start });

  it("is 100 steps of Adam at 0.05 on 16 crops", () => {
    expect(recipe.steps).toBe(100);
    expect(recipe.optimiser.scalars(0).rate).toBeCloseTo(0.5, 9);
    expect(recipe.transforms[0]!.draws).toMatchObject({ side: [16] });
  });

  it("starts from the Fourier coefficients of the photo", async () => {
    const theta = recipe.parametrisation.init(rng(1));
    expect(theta.dims).toEqual([1, 3, 20, 2, 16]);
    const { image } = await evaluate({ theta }, (g, v) => ({ image: recipe.parametrisation.decode(g, v.theta!) }));
    expect(largestDifference(toNumbers(image!), toNumbers(start))).toBeLessThan(1e-4);
  });

  it("needs a photo", () => {
    expect(() => recipeOf("accentuate")).toThrow(/give one to start from/);
  });
});

describe("the anchor", () => {
  /** Red is raised: each red pixel by as much; the photo is darker than what is started from in one green pixel. */
  const run = async (ratio: number, steps = 1) => {
    const photo = uniform("float32", [1, 3, 4, 4], [0.5, 0.5]);
    const from = uniform("float32", [3, 4, 4], [0.5, 0.5]);
    from.data[16 + 5] = 0.6;
    const { transforms: _, anchor: __, ...rest } = recipeOf("accentuate", { start, size: [4, 4] }, {});
    const { returned } = await finish(
      optimise(
        {
          ...rest,
          objective: (g, [a]) => g.mean(g.slice(a!, [1], [0], [1]), [1, 2, 3], false),
          parametrisation: pixels({ size: [4, 4], mean: [0, 0, 0], start: from }),
          transforms: [],
          optimiser: normalisedGradient({ learningRate: 48 }),
          steps,
          ...(ratio > 0 && { anchor: { photo, ratio } }),
        },
        { seed: 1, device: "cpu", threads: 1, window: [4, 4] },
      ),
    );
    return toNumbers(returned.image).map((x, i) => 255 * (x - from.data[i]!));
  };

  it("pulls as strongly as its ratio says, along the way back to the photo", async () => {
    // Σ|∂| is 1 for red, 16 pixels alike, and the ratio for the one green pixel; the step spreads 48 · 48 over them.
    for (const ratio of [0.5, 1]) {
      const moved = await run(ratio);
      const unit = (48 * 48) / (1 + ratio);
      // Red hits white.
      expect(moved.slice(0, 16).every((x) => Math.abs(x - Math.min(unit / 16, 127.5)) < 0.01)).toBe(true);
      expect(Math.abs(moved[16 + 5]! + Math.min(unit * ratio, 153))).toBeLessThan(0.01);
      expect(moved.filter((x) => x !== 0).length).toBe(17);
    }
  });

  it("is nothing at a ratio of 0", async () => {
    expect((await run(0))[16 + 5]).toBe(0);
  });
});
