/** @file Pictures made together: each as it would be alone; how many fit. */

import { describe, expect, it } from "vitest";
import { convNet, finish } from "../../test/fixtures/conv-nets.ts";
import { largestDifference } from "../../test/fixtures/run.ts";
import { InputError } from "../error.ts";
import { builderOf } from "../ops/builder.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { batchSize, peakBytes } from "./batches.ts";
import { maximize, maximizeEach } from "./maximize.ts";
import type { Picture, TechniqueOptions } from "./technique.ts";

const model = convNet();
const quick: TechniqueOptions = { device: "cpu", threads: 1, size: 16, steps: 6, seed: 3 };
const alone = async (objective: string, options: TechniqueOptions): Promise<Picture> =>
  (await finish(maximize(model, objective, { ...quick, ...options }))).returned;

describe.each(["lucid", "natural"] as const)("pictures made together, %s", (preset) => {
  const same = (a: Picture, b: Picture): void => {
    expect(largestDifference(toNumbers(a.image), toNumbers(b.image))).toBeLessThan(1e-4);
    expect(a.activation.end).toBeCloseTo(b.activation.end, 4);
    expect(a.objective.start).toBeCloseTo(b.objective.start, 4);
    expect(a.objective.end).toBeCloseTo(b.objective.end, 4);
  };

  it("are what each is alone, for different units", async () => {
    const objectives = ["relu:1", "relu:0", "relu:2@3,4", "logits:2"];
    const { returned } = await finish(maximizeEach(model, objectives, { ...quick, preset }));
    expect(returned.length).toBe(4);
    for (const [i, objective] of objectives.entries()) same(returned[i]!, await alone(objective, { preset }));
  });

  it("are what each is alone, for restarts, of which the best is kept", async () => {
    const picture = await alone("relu:1", { preset, restarts: 3 });
    const each = await Promise.all([3, 4, 5].map((seed) => alone("relu:1", { preset, seed })));
    const reached = each.map((p) => p.activation.end);
    const best = reached.indexOf(Math.max(...reached));
    same(picture, each[best]!);
    expect(picture.seed).toBe(3 + best);
    expect(picture.restarts!.map((r) => r.seed)).toEqual([3, 4, 5]);
    expect(
      largestDifference(
        picture.restarts!.map((r) => r.activation.end),
        reached,
      ),
    ).toBeLessThan(1e-4);
    expect(picture.states.length).toBe(3);
  });

  it("come out alike however many there are in a batch", async () => {
    const by = (batch: number): Promise<Picture> => alone("relu:1", { preset, restarts: 4, batch });
    const [one, three, four] = [await by(1), await by(3), await by(4)];
    for (const p of [three, four])
      for (const [i, r] of p.restarts!.entries())
        expect(largestDifference(toNumbers(r.image), toNumbers(one.restarts![i]!.image))).toBeLessThan(1e-4);
  });
});

it("a dead picture does not change how its neighbours come out", async () => {
  const dead = convNet({ bias: -1000 });
  const { returned } = await finish(maximizeEach(dead, ["relu:0", "relu:1"], quick));
  const [off, on] = returned;
  const by = (await finish(maximize(dead, "relu:1", quick))).returned;
  expect(largestDifference(toNumbers(on!.image), toNumbers(by.image))).toBeLessThan(1e-4);
  expect([off!.notes.length, on!.notes.length]).toEqual([1, 0]);
});

it("progress counts the steps of all pictures and tells each one's objective", async () => {
  const { yielded } = await finish(maximize(model, "relu:1", { ...quick, restarts: 3, batch: 2, imageEvery: 6 }));
  expect(yielded.length).toBe(12);
  expect(yielded.map((p) => p.step)).toEqual([2, 4, 6, 8, 10, 12, 13, 14, 15, 16, 17, 18]);
  expect(yielded.map((p) => p.objectives.length)).toEqual([2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1]);
  expect(yielded.every((p) => p.steps === 18)).toBe(true);
  expect(yielded.map((p) => p.first)).toEqual([0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2]);
  expect(yielded[5]!.images!.length).toBe(2);
  expect(yielded[3]!.objective).toBeCloseTo((yielded[3]!.objectives[0]! + yielded[3]!.objectives[1]!) / 2, 9);
});

it("those that a stop left unmade are undefined", async () => {
  const abort = new AbortController();
  const run = maximizeEach(model, ["relu:1", "relu:2", "logits:1"], { ...quick, batch: 1, signal: abort.signal });
  let next = await run.next();
  while (!next.done) {
    if (next.value.step === 8) abort.abort();
    next = await run.next();
  }
  expect(next.value.map((p) => p?.steps)).toEqual([6, 2, undefined]);
});

it("a net that was exported for one picture takes several", async () => {
  const one = convNet({ side: 16 });
  const { returned } = await finish(maximizeEach(one, ["logits:1", "logits:2"], quick));
  expect(returned.map((p) => p!.activation.end > p!.activation.start)).toEqual([true, true]);
});

describe("memory", () => {
  /** x [n, 1000] → relu → exp, and their sum: at the peak two values of it are alive beside the input. */
  const graph = (n: number) => {
    const g = builderOf();
    const x = g.input("x", "float32", [n, 1000]);
    const a = g.op("Relu", [x]);
    const b = g.exp(g.mul(a, g.numbers(new Float32Array(1000).fill(2), [1000], "float32")));
    g.output(g.add(b, 1), "y");
    return g.graph;
  };

  it("is counted where most values are alive", () => {
    // x is no longer needed behind relu; each of the others lives until the next one is there.
    expect(peakBytes(graph(3))).toEqual({ values: 2 * 3 * 4000, constants: 4000 + 4 });
  });

  it("decides how many pictures go into a batch", () => {
    const [one, weights] = [3 * 8000, 2 * 4004];
    const size = (count: number, asked: number | undefined, free: number): number =>
      batchSize(count, asked, graph, free);
    expect(size(1, undefined, 0)).toBe(1);
    expect(size(100, undefined, 1e9)).toBe(8);
    // Ten go as five and five, not as eight and two.
    expect(size(10, undefined, 1e9)).toBe(5);
    expect(size(100, undefined, 2 * (weights + 3 * one))).toBe(3);
    expect(size(100, undefined, 10)).toBe(1);
    expect(size(100, 50, weights + 50 * one)).toBe(50);
    expect(size(4, 50, 1e9)).toBe(4);
  });

  it("refuses a batch that does not fit and says what would", () => {
    // A tenth of it stays free.
    const free = (2 * 4004 + 3 * 3 * 8000) / 0.9 + 1;
    expect(() => batchSize(100, 64, graph, free)).toThrow(InputError);
    expect(() => batchSize(100, 64, graph, free)).toThrow(
      /a batch of 64 needs about .* of memory .* a batch of 3 fits/,
    );
    expect(() => batchSize(100, 64, graph, 100)).toThrow(/take one picture at a time/);
    expect(() => batchSize(100, 0, graph)).toThrow(/batch: expected a whole number above 0, got 0/);
  });
});
