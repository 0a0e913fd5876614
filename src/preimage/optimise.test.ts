/** @file The loop: what it yields, how it stops, that a seed makes a picture and that nothing is left open. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { finish } from "../../test/fixtures/conv-nets.ts";
import { uniform } from "../../test/fixtures/run.ts";
import { adam } from "../optimise/adam.ts";
import { compile, type Program } from "../runtime/compile.ts";
import { toNumbers } from "../tensor/tensor.ts";
import type { Recipe } from "./axes.ts";
import { fourier } from "./fourier.ts";
import { unitMean } from "./objectives.ts";
import { optimise, type RunOptions } from "./optimise.ts";
import { pixels } from "./pixels.ts";
import { crop } from "./transforms.ts";

vi.mock("../runtime/compile.ts", { spy: true });

const programs: { open: boolean }[] = [];
const compiled = vi.mocked(compile);

beforeEach(async () => {
  const { compile: original } = await vi.importActual<typeof import("../runtime/compile.ts")>("../runtime/compile.ts");
  programs.length = 0;
  compiled.mockImplementation(async (...args): Promise<Program> => {
    const program = await original(...args);
    const entry = { open: true };
    programs.push(entry);
    return {
      ...program,
      dispose: () => {
        entry.open = false;
        return program.dispose();
      },
    };
  });
});
afterEach(() => {
  expect(programs.length).toBeGreaterThan(0);
  expect(programs.filter((p) => p.open)).toEqual([]);
});

/** Brightens red: the net passes the picture on, the unit is its first channel. */
const recipe = (more: Partial<Recipe> = {}): Recipe => ({
  net: { emit: (_, image) => [image] },
  layers: [],
  objective: (g, [a]) => unitMean({ address: undefined as never, indices: new Map([[1, 0]]) })(g, [a!]),
  parametrisation: fourier({ size: [8, 8], channels: 3 }),
  transforms: [crop({ size: [6, 6], jitter: [2] })],
  regularisers: [],
  optimiser: adam({ learningRate: 0.05 }),
  steps: 6,
  ...more,
});
const options = (more: Partial<RunOptions> = {}): RunOptions => ({
  seed: 1,
  device: "cpu",
  threads: 1,
  window: [8, 8],
  ...more,
});

describe("optimise", () => {
  it("yields each step once, and returns the picture and how the objective rose", async () => {
    const { yielded, returned } = await finish(optimise(recipe(), options()));
    expect(yielded.map((p) => p.step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(yielded.every((p) => p.steps === 6 && p.image === undefined && p.loss === -p.objective)).toBe(true);
    expect(returned.steps).toBe(6);
    expect(returned.objective).toEqual({ start: yielded[0]!.objective, end: yielded[5]!.objective });
    expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
    expect(returned.image.dims).toEqual([3, 8, 8]);
    expect(returned.image.data.every((x) => x >= 0 && x <= 1)).toBe(true);
    // The measure is the mean of red in the picture as it is returned.
    const red = returned.image.data.slice(0, 64).reduce((s, x) => s + x, 0) / 64;
    expect(returned.activation.end).toBeCloseTo(red, 5);
    expect(returned).toMatchObject({ device: "cpu", notes: [] });
  });

  it("yields pictures as often as asked, the last of them the one returned", async () => {
    const { yielded, returned } = await finish(optimise(recipe(), options({ imageEvery: 3 })));
    expect(yielded.map((p) => p.image !== undefined)).toEqual([false, false, true, false, false, true]);
    expect(toNumbers(yielded[5]!.image!)).toEqual(toNumbers(returned.image));
    expect(toNumbers(yielded[2]!.image!)).not.toEqual(toNumbers(returned.image));
  });

  it("makes the same picture of the same seed, bit for bit, and another of another", async () => {
    const picture = async (seed: number): Promise<number[]> =>
      toNumbers((await finish(optimise(recipe(), options({ seed })))).returned.image);
    const first = await picture(5);
    expect(await picture(5)).toEqual(first);
    expect(await picture(6)).not.toEqual(first);
  });

  it("draws for a step what its number says, whatever came before", async () => {
    // From the same picture, by steps of size zero: what differs is drawn.
    const scales = Array.from({ length: 50 }, (_, i) => 0.8 + i / 100);
    const transforms = [crop({ size: [4, 4], jitter: [4], scales })];
    const frozen = recipe({ transforms, optimiser: adam({ learningRate: 0 }), steps: 4 });
    const [all, still] = [
      await finish(optimise(frozen, options())),
      await finish(optimise({ ...frozen, still: (step) => step !== 3 }, options())),
    ];
    const objectives = all.yielded.map((p) => p.objective);
    expect(new Set(objectives).size).toBeGreaterThan(1);
    expect(still.yielded[3]!.objective).toBe(objectives[3]);
    expect(new Set(still.yielded.slice(0, 3).map((p) => p.objective)).size).toBe(1);
  });

  it("stops after the step in which the signal aborts, and returns what it has", async () => {
    const abort = new AbortController();
    const run = optimise(recipe({ steps: 1000 }), options({ signal: abort.signal, imageEvery: 1 }));
    const images: number[][] = [];
    let result = await run.next();
    while (!result.done) {
      images.push(toNumbers(result.value.image!));
      if (result.value.step === 3) abort.abort();
      result = await run.next();
    }
    expect(images.length).toBe(3);
    expect(result.value.steps).toBe(3);
    expect(toNumbers(result.value.image)).toEqual(images[2]);
  });

  it("returns its start when the signal has aborted before", async () => {
    const { yielded, returned } = await finish(optimise(recipe(), options({ signal: AbortSignal.abort() })));
    expect(yielded).toEqual([]);
    expect(returned.steps).toBe(0);
    expect(returned.activation.end).toBe(returned.activation.start);
  });

  it("closes its programs when nobody wants more steps", async () => {
    for await (const { step } of optimise(recipe(), options())) if (step === 2) break;
    expect(programs.length).toBe(2);
  });

  it("closes them when a step fails", async () => {
    const broken = recipe({
      still: () => {
        throw new Error("no more steps");
      },
    });
    await expect(finish(optimise(broken, options()))).rejects.toThrow("no more steps");
  });

  it("starts from the picture, adds regularisers to the loss alone, and projects after each step", async () => {
    const photo = uniform("float32", [3, 8, 8], [0.3, 0.4]);
    const { yielded, returned } = await finish(
      optimise(
        recipe({
          parametrisation: pixels({ size: [8, 8], mean: [0, 0, 0], start: photo }),
          transforms: [],
          regularisers: [(g) => g.scalar(7, "float32")],
          project: (g, theta) => g.op("Min", [theta, 255 * 0.38]),
          optimiser: adam({ learningRate: 100 }),
          steps: 2,
        }),
        options(),
      ),
    );
    const red = photo.data.slice(0, 64).reduce((s, x) => s + x, 0) / 64;
    expect(returned.activation.start).toBeCloseTo(red, 5);
    for (const p of yielded) expect(p.loss).toBeCloseTo(7 - p.objective, 5);
    // Red rises by 100 of 255 and is cut; green and blue have no slope and stay.
    expect(returned.activation.end).toBeCloseTo(0.38, 5);
    expect(Math.max(...returned.image.data)).toBeLessThan(0.381);
  });

  it("wakes what is dead at the start: gradients pass rectifiers, fully at first, after 16 steps no more", async () => {
    // Red − 0.55, rectified, seen by a picture of grey 0.5: silent until red has risen by 0.05.
    const dead = recipe({
      net: { emit: (g, image) => [g.op("Relu", [g.sub(image, 0.55)])] },
      parametrisation: pixels({
        size: [4, 4],
        mean: [0.5, 0.5, 0.5],
        start: uniform("float32", [3, 4, 4], [0.5, 0.5]),
      }),
      transforms: [],
      optimiser: adam({ learningRate: 5 }),
      steps: 20,
    });
    const { yielded, returned } = await finish(optimise(dead, options({ window: [4, 4] })));
    expect(yielded.slice(0, 5).map((p) => p.objective === 0)).toEqual([true, true, true, false, false]);
    expect(returned.activation.end).toBeGreaterThan(0);
    expect(returned.notes).toEqual([
      "nothing drew the picture anywhere: for 16 steps gradients passed closed rectifiers",
    ]);
    // A look, a step to see that it is dead, one that leaks; the first is used again when the leak is over.
    expect(programs.length).toBe(3);
  });

  it("wakes what dies on the way", async () => {
    // Twice as bright as it may be, and pushed down by the regulariser until the rectifier closes.
    const dying = recipe({
      net: { emit: (g, image) => [g.op("Relu", [g.sub(image, 0.55)])] },
      parametrisation: pixels({
        size: [4, 4],
        mean: [0.5, 0.5, 0.5],
        start: uniform("float32", [3, 4, 4], [0.6, 0.6]),
      }),
      transforms: [],
      regularisers: [(g, image) => g.mul(g.sum(image, undefined, false), 0.1)],
      optimiser: adam({ learningRate: 5 }),
      steps: 40,
    });
    const { yielded, returned } = await finish(optimise(dying, options({ window: [4, 4] })));
    const silent = yielded.map((p) => p.objective === 0);
    expect(silent[0]).toBe(false);
    expect(silent.filter(Boolean).length).toBeGreaterThanOrEqual(8);
    expect(returned.notes.join()).toMatch(/gradients passed closed rectifiers/);
  });
});
