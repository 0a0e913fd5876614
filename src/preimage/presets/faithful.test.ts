/** @file The preset `faithful`: what it is made of, and that it comes closer to a code than `natural` does. */

import { describe, expect, it } from "vitest";
import { finish, residualNet } from "../../../test/fixtures/conv-nets.ts";
import { evaluate, uniform } from "../../../test/fixtures/run.ts";
import { rng } from "../../tensor/rng.ts";
import { toNumbers } from "../../tensor/tensor.ts";
import { invert } from "../invert.ts";
import { faithful } from "./faithful.ts";
import { natural } from "./natural.ts";
import { mean, recipeOf } from "./testing.ts";

const recipe = recipeOf("faithful", { technique: "invert" });

describe("faithful", () => {
  it("has the steps and the variation of natural, the largest C of the paper, and neither pull to the mean colour nor jitter", async () => {
    expect(recipe.steps).toBe(natural.steps + natural.stillSteps);
    expect(faithful.codeWeight).toBe(300);
    expect([faithful.variationWeight, faithful.variationPower]).toEqual([
      natural.variationWeight,
      natural.variationPower,
    ]);
    expect([recipe.transforms, recipe.project]).toEqual([[], undefined]);
    const image = uniform("float64", [1, 3, 5, 4]);
    const own = recipe.regularisers;
    const theirs = recipeOf("natural", { technique: "invert" }).regularisers[1]!;
    const out = await evaluate({ image }, (g, v) => ({ own: own[0]!(g, v.image!), theirs: theirs(g, v.image!) }));
    expect(own.length).toBe(1);
    expect(toNumbers(out.own!)).toEqual(toNumbers(out.theirs!));
  });

  it("cannot leave the colours that can be shown, however far it steps", async () => {
    const { parametrisation } = recipe;
    const theta = parametrisation.init(rng(1));
    const { image } = await evaluate({ theta }, (g, v) => ({ image: parametrisation.decode(g, g.mul(v.theta!, 1e4)) }));
    expect(image!.dims).toEqual([1, mean.length, 20, 30]);
    expect(toNumbers(image!).every((x) => x >= 0 && x <= 1)).toBe(true);
  });

  it.each(["relu1", "block2"])(
    "has a smaller error than natural at %s of a small net, for a vivid photo",
    async (layer) => {
      // Far from the mean colour, where natural may not go.
      const photo = uniform("float32", [3, 32, 32], [0, 0.1]);
      photo.data.fill(0.95, 0, 32 * 32);
      const error = async (preset: "natural" | "faithful"): Promise<number> => {
        const options = { preset, size: 32, steps: 60, seed: 1, device: "cpu", threads: 1 } as const;
        return (await finish(invert(residualNet(), photo, layer, options))).returned.error.ijcv;
      };
      expect(await error("faithful")).toBeLessThan(await error("natural"));
    },
  );
});
