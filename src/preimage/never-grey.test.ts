/** @file Units whose gradient is dead at the start: found, woken, and spoken of. */

import { describe, expect, it } from "vitest";
import { convNet, finish } from "../../test/fixtures/conv-nets.ts";
import { evaluate, largestDifference } from "../../test/fixtures/run.ts";
import { gradient } from "../autodiff/gradient.ts";
import { prepare } from "../model/preprocessing.ts";
import { activation } from "../model/unit.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { leakAt, leaky } from "./leak.ts";
import { maximize } from "./maximize.ts";
import type { TechniqueOptions } from "./technique.ts";

const quick: TechniqueOptions = { device: "cpu", threads: 1, size: 16, steps: 40, seed: 1 };
const asleep = (bias: number) =>
  convNet({ constants: { "conv.bias": fromNumbers("float32", new Array(4).fill(bias)) } });

// The second is off for the preset's noise, but within reach.
describe.each([
  ["lucid", -2],
  ["natural", -6],
] as const)("%s", (preset, bias) => {
  it("maximises what goes into a closed rectifier until it opens", async () => {
    const { returned } = await finish(maximize(asleep(bias), "relu:1@8,8", { ...quick, steps: 120, preset }));
    expect(returned.activation.start).toBe(0);
    expect(returned.activation.end).toBeGreaterThan(0);
    expect(returned.notes).toEqual([
      "relu:1@8,8 is off at the start and has no gradient there: what goes into its rectifier, conv:1@8,8, is maximised in its place",
    ]);
  });

  it("finds a class that all closed rectifiers lie in front of, though it is not zero", async () => {
    const { returned } = await finish(maximize(asleep(-12), "logits:1", { ...quick, preset }));
    expect(returned.activation.start).not.toBe(0);
    expect(returned.notes.join()).toMatch(/nothing drew the picture anywhere: for \d+ steps gradients passed closed/);
  });

  it("leaves a living unit alone, even one that transforms hide now and then", async () => {
    const { returned } = await finish(maximize(convNet(), "conv:2@0,0", { ...quick, preset }));
    expect(returned.notes).toEqual([]);
  });
});

it("raises what feeds the closed rectifiers", async () => {
  const model = asleep(-12);
  const into = async (steps: number): Promise<number> => {
    const { image } = (await finish(maximize(model, "logits:1", { ...quick, steps }))).returned;
    const input = prepare(image, model.preprocessing, [16, 16]);
    return Math.max(...toNumbers(await activation(model, "conv", input, { device: "cpu" })));
  };
  expect(await into(40)).toBeGreaterThan(await into(0));
});

it("a leak of one is the identity's gradient, one of none the rectifier's own", async () => {
  const x = fromNumbers("float32", [-2, -0.5, 0.5, 7, -1, 1, 2, -3], [2, 4]);
  const leak = fromNumbers("float32", [leakAt(8), leakAt(0)]);
  const { relu, clip, plain } = await evaluate({ x, leak }, (g, v) => {
    const of = (y: typeof v.x, rules?: ReturnType<typeof leaky>) =>
      gradient(g, g.sum(g.mul(y!, 3)), [v.x!], rules ? { rules } : {})[0]!;
    const rules = leaky(v.leak!);
    return {
      relu: of(g.op("Relu", [v.x!]), rules),
      clip: of(g.op("Clip", [v.x!, 0, 6]), rules),
      plain: of(g.op("Clip", [v.x!, 0, 6])),
    };
  });
  // Half of 3 passes what is closed in the first row, nothing in the second.
  expect(toNumbers(relu!)).toEqual([1.5, 1.5, 3, 3, 0, 3, 3, 0]);
  expect(toNumbers(clip!)).toEqual([1.5, 1.5, 3, 1.5, 0, 3, 3, 0]);
  expect(largestDifference(toNumbers(clip!).slice(4), toNumbers(plain!).slice(4))).toBe(0);
});

it("leaks less and less for 16 steps", () => {
  const leaks = Array.from({ length: 17 }, (_, i) => leakAt(16 - i));
  expect([leaks[0], leaks[8], leaks[16]]).toEqual([1, 0.5, 0]);
  for (let i = 1; i <= 16; i++) expect(leaks[i]).toBeLessThan(leaks[i - 1]!);
});
