/** @file Axes chosen by name: every name makes pictures, lists are read as they are meant, and what does not fit is refused. */

import { describe, expect, it } from "vitest";
import { convNet, finish, residualNet } from "../../test/fixtures/conv-nets.ts";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { InputError } from "../error.ts";
import { scheduleNames } from "../optimise/schedule.ts";
import type { Image } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, Tensor, toNumbers } from "../tensor/tensor.ts";
import { optimisers } from "./choices/optimisers.ts";
import { parametrisations } from "./choices/parametrisations.ts";
import { regularisers } from "./choices/regularisers.ts";
import { transforms, transformsOf } from "./choices/transforms.ts";
import type { Choices } from "./choices.ts";
import { maximize } from "./maximize.ts";
import { netAt } from "./net.ts";
import { statisticsDistance } from "./objective-batch-norm.ts";
import { recipeOf } from "./presets/testing.ts";
import type { TechniqueOptions } from "./technique.ts";

const model = convNet();
const quick: TechniqueOptions = { device: "cpu", threads: 1, size: 8, steps: 6, seed: 1 };

describe("every name makes a picture that is better than its start", () => {
  const cases: Choices[] = [
    ...Object.keys(parametrisations).map((parametrisation) => ({ parametrisation })),
    ...Object.keys(transforms).map((transforms) => ({ transforms })),
    ...Object.entries(regularisers).flatMap(([name, { arguments: takes }]) =>
      name === "batchnorm"
        ? []
        : { parametrisation: "pixels", regularisers: "weight" in takes ? `${name}:0.001` : name },
    ),
    ...Object.keys(optimisers).map((name) => ({
      parametrisation: "pixels",
      transforms: "none",
      optimiser: name === "sgd" ? "sgd:1000" : name,
    })),
    {
      parametrisation: "laplacian:2",
      transforms: "pad:4,crops:4:0.9,noise:0.05,flip",
      regularisers: "tv:0.1",
      optimiser: "nadam",
    },
    { parametrisation: "maco", transforms: "roll:3,rotate:5,scale:0.8-1.2,jitter:3", optimiser: "adam:0.5" },
    { transforms: "none", optimiser: "lbfgs" },
    ...scheduleNames.map((schedule) => ({ schedule })),
    { parametrisation: "maco:3:0.5", schedule: "cosine", regularisers: "activity:0.01:2", transparent: true },
  ];
  it.each(cases)("%o", async (choices) => {
    const { returned } = await finish(maximize(model, "relu:1", { ...quick, ...choices }));
    expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
    expect(returned.image.dims).toEqual([3, 8, 8]);
  });
});

it("lucid's own choices, by name, are lucid", async () => {
  const own: Choices = {
    parametrisation: "fourier:1",
    regularisers: "none",
    optimiser: "adam:0.05",
  };
  const pictures = [{}, own].map(async (choices) =>
    toNumbers((await finish(maximize(model, "relu:1", { ...quick, ...choices }))).returned.image),
  );
  const [a, b] = await Promise.all(pictures);
  expect(b).toEqual(a);
});

describe("transforms", () => {
  const stage = { shape: [3, 8, 10], size: [8, 10], steps: 5 } as const;
  const shown = async (text: string, of = stage.shape as readonly [number, number, number]) => {
    const list = transformsOf(text, { ...stage, shape: of });
    const random = rng(1);
    const drawn = list.map((t) => t.draw(random, 0));
    const inputs = Object.fromEntries(
      drawn.flatMap((d, i) => Object.entries(d).map(([name, t]) => [`${i}.${name}`, t] as const)),
    );
    const image = uniform("float32", [1, ...of]);
    const { y } = await evaluate({ image, ...inputs }, (g, v) => ({
      y: list.reduce(
        (x, t, i) => {
          const own = Object.fromEntries(Object.keys(t.draws).map((name) => [name, v[`${i}.${name}`]!]));
          return t.apply(g, x, own);
        },
        g.mul(v.image!, 1),
      ),
    }));
    return { y: y!, image };
  };

  it("none show the picture as it is", async () => {
    const { y, image } = await shown("none");
    expect(toNumbers(y)).toEqual(toNumbers(image));
  });

  it.each([
    "pad:3",
    "pad:2:1,rotate:20",
    "pad:5,crops:4",
    "noise",
    "crops:3,blur:1,noise:0.1,flip:1,roll:4",
    "pad:2,jitter:3,pad:1,jitter:2",
  ])("%s end in a window of the net's size", async (text) => {
    const { y } = await shown(text);
    const views = Number(/crops:(\d)/.exec(text)?.[1] ?? 1);
    expect(y.dims).toEqual([views, 3, 8, 10]);
  });

  it("cut the middle out of a larger picture", async () => {
    const { y, image } = await shown("none", [3, 10, 14]);
    const middle = Array.from({ length: 80 }, (_, i) => image.data[(Math.floor(i / 10) + 1) * 14 + (i % 10) + 2]!);
    expect(largestDifference(toNumbers(y).slice(0, 80), middle)).toBeLessThan(1e-6);
  });

  it("come in their order: noise in front of a blur is blurred", async () => {
    const roughness = async (text: string): Promise<number> => {
      const data = toNumbers((await shown(text)).y).slice(0, 80);
      return data.reduce((sum, x, i) => (i % 10 === 0 ? sum : sum + (x - data[i - 1]!) ** 2), 0);
    };
    expect(await roughness("noise:1,blur:2")).toBeLessThan(0.2 * (await roughness("blur:2,noise:1")));
  });

  it("choose zooms evenly from a range", () => {
    const [scale] = transformsOf("scale:0.8-1.2", stage);
    const random = rng(2);
    const zooms = new Set(Array.from({ length: 400 }, () => toNumbers(scale!.draw(random).scale!)[0]!));
    const wanted = Array.from({ length: 11 }, (_, i) => 0.8 + 0.04 * i);
    expect(largestDifference([...zooms].sort(), wanted)).toBeLessThan(1e-6);
  });
});

describe("penalties on layers", () => {
  it("bring pictures to the statistics of batch normalisations, where a net still has them", async () => {
    const normed = residualNet();
    const { layers } = normed;
    const distance = statisticsDistance(normed, layers.find(({ address }) => address === "relu2")!);
    const far = async (image: Image): Promise<number> => {
      const net = netAt(normed, distance.layers, 16);
      const { d } = await evaluate({ image: new Tensor("float32", [1, ...image.dims], image.bytes) }, (g, v) => ({
        d: distance.on(net.layers)(g, net.emit(g, v.image!, distance.layers)),
      }));
      return toNumbers(d!)[0]!;
    };
    const options = { ...quick, size: 16, steps: 30, restarts: 2 };
    const made = async (more: Choices) =>
      (await finish(maximize(normed, "relu2:1", { ...options, ...more }))).returned.image;
    expect(await far(await made({ regularisers: "batchnorm:5" }))).toBeLessThan(0.8 * (await far(await made({}))));
    await expect(finish(maximize(model, "relu:1", { ...quick, regularisers: "batchnorm" }))).rejects.toThrow(
      /there is no BatchNormalization with statistics on the way to relu: export the net with its batch normalisations kept apart/,
    );
  });

  it("quieten what the objective reads", async () => {
    const quiet = { transforms: "none", regularisers: "activity:20", optimiser: "adam:0.05" };
    const run = maximize(model, "relu:1", { ...quick, ...quiet, steps: 40 });
    const { activation } = (await finish(run)).returned;
    expect(activation.end).toBeLessThan(activation.start);
  });
});

it("a schedule scales the steps of any rule", () => {
  const plain = recipeOf("lucid", {}, { steps: 10 }).optimiser.scalars;
  const { scalars } = recipeOf("lucid", {}, { steps: 10, schedule: "step" }).optimiser;
  for (const [step, part] of [
    [0, 1],
    [4, 1],
    [5, 0.1],
    [9, 0.01],
  ] as const) {
    expect(scalars(step)).toMatchObject(plain(step));
    expect(scalars(step).part).toBeCloseTo(part, 12);
  }
});

describe("what goes with what", () => {
  const project = async (choices: Choices): Promise<number[] | undefined> => {
    const made = recipeOf("natural", { size: [1, 2] }, choices).project;
    if (!made) return undefined;
    const theta = fromNumbers("float32", [300, 100, 0, 0, 400, 0], [1, 3, 1, 2]);
    return toNumbers((await evaluate({ theta }, (g, v) => ({ x: made(g, v.theta!) }))).x!);
  };

  it("pixels that nothing else holds are kept to colours that can be shown", async () => {
    const shown = [1 - 0.485, 1 - 0.485, 0, 0, 1 - 0.406, 0].map((x) => 255 * x);
    for (const choices of [{ regularisers: "none" }, { regularisers: "tv,clamp" }])
      expect(
        largestDifference((await project(choices))!, [...shown.slice(0, 1), 100, 0, 0, shown[4]!, 0]),
      ).toBeLessThan(1e-3);
    // The preset's own limit, and another.
    expect(Math.hypot(...(await project({}))!.filter((_, i) => i % 2 === 0))).toBeCloseTo(160, 3);
    expect(Math.hypot(...(await project({ regularisers: "norm:50" }))!.filter((_, i) => i % 2 === 0))).toBeCloseTo(
      50,
      3,
    );
  });

  it("another parametrisation brings its own optimiser and no projection", async () => {
    expect(await project({ parametrisation: "fourier" })).toBeUndefined();
    const recipe = recipeOf("natural", {}, { parametrisation: "fourier" });
    expect(recipe.optimiser.scalars(1000).rate).toBeCloseTo(0.05, 6);
    expect(recipeOf("lucid", {}, { parametrisation: "pixels" }).optimiser.state).toEqual(["G", "m"]);
    expect(recipe.regularisers.length).toBe(2);
  });

  it("other transforms end the larger canvas that the preset's had", () => {
    expect(recipeOf("natural").parametrisation.size).toEqual([23, 33]);
    expect(recipeOf("natural", {}, { transforms: "roll:4" }).parametrisation.size).toEqual([20, 30]);
  });
});

describe("refuses", () => {
  it.each<[Choices, RegExp]>([
    [{ parametrisation: "pixel" }, /^parametrisation: there is no "pixel": did you mean pixels/],
    [{ parametrisation: "constructor" }, /there is no "constructor"/],
    [{ parametrisation: "pixels:3" }, /"pixels:3" has too many numbers: expected pixels alone/],
    [{ transforms: "jiter:8" }, /^transforms: there is no "jiter": did you mean jitter/],
    [{ transforms: "jitter:x" }, /jitter: expected pixels as a number or a range such as 0.9-1.1, got "x"/],
    [{ transforms: "jitter:1.5" }, /jitter: expected a whole number from 0 up, got 1.5/],
    [{ transforms: "crops:4,crops:2" }, /crops can only stand there once/],
    [{ transforms: "scale:0-1" }, /scale: expected factors above 0, got 0-1/],
    [{ transforms: "" }, /there is no ""/],
    [{ regularisers: "tvv" }, /^regularisers: there is no "tvv": did you mean tv/],
    [{ regularisers: "norm" }, /norm and clamp hold pixels in place, which fourier does not have/],
    [{ regularisers: "range:1:5" }, /range: expected an even power/],
    [{ optimiser: "adm" }, /^optimiser: there is no "adm": did you mean adam/],
    [{ optimiser: "sgd" }, /sgd needs a number behind it: write sgd:rate:momentum/],
    [{ optimiser: "ijcv" }, /ijcv steps pixels, not fourier/],
    [{ schedule: "sine" }, /"sine" is no schedule: take constant, step, cosine, one-cycle/],
    [{ regularisers: "activity:1:0.5" }, /activity: expected a power of at least 1, got 0.5/],
  ])("%o", (choices, message) => {
    expect(() => recipeOf("lucid", {}, choices)).toThrow(InputError);
    expect(() => recipeOf("lucid", {}, choices)).toThrow(message);
  });
});
