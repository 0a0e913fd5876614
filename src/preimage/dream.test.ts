/** @file Deep dreams on small nets: what they raise, their sizes, tiles, and stops. */

import { describe, expect, it } from "vitest";
import { convNet, convNetSpec, finish } from "../../test/fixtures/conv-nets.ts";
import { netBytes } from "../../test/fixtures/nets.ts";
import { largestDifference } from "../../test/fixtures/run.ts";
import { openModel } from "../model/model.ts";
import { prepare } from "../model/preprocessing.ts";
import { activation } from "../model/unit.ts";
import { makeImage, resize } from "../tensor/image.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { type DreamOptions, dream } from "./dream.ts";
import { dreaming } from "./presets/dream.ts";

const model = convNet();
const photo = makeImage(3, 24, 36, (c, y, x) => 0.5 + 0.2 * Math.sin(0.4 * x + c) * Math.cos(0.3 * y));
const quick: DreamOptions = { device: "cpu", threads: 1, seed: 1, steps: 3 };

describe("the preset (DeepDream, 2015)", () => {
  it("has 4 octaves of 1.4, 10 steps of 1.5 each, and jitter 32", () => {
    expect(dreaming).toMatchObject({ octaves: 4, scale: 1.4, steps: 10, rate: 1.5, jitter: 32 });
  });

  it("goes from small to the photo's own size, as many steps at each", async () => {
    const { yielded, returned } = await finish(dream(model, photo, "relu", { device: "cpu", imageEvery: 1, seed: 2 }));
    expect(yielded.map((p) => p.step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(returned.steps).toBe(40);
    const sizes = [...new Set(yielded.map((p) => p.image!.dims.slice(1).join("×")))];
    expect(sizes).toEqual(["9×13", "12×18", "17×26", "24×36"]);
    expect(yielded.map((p) => p.image!.dims[1])).toEqual([9, 12, 17, 24].flatMap((h) => new Array(10).fill(h)));
    expect(returned.image.dims).toEqual([3, 24, 36]);
    expect(returned).toMatchObject({ preset: "dream", seed: 2, notes: [] });
  });

  it("moves colours by 1.5 of 255 a step on average", async () => {
    const options = { ...quick, steps: 1, constants: { octaves: 1 } };
    const { returned } = await finish(dream(model, photo, "relu", options));
    const moved = returned.image.data.reduce((s, x, i) => s + 255 * Math.abs(x - photo.data[i]!), 0) / photo.size;
    expect(moved).toBeCloseTo(1.5, 3);
  });
});

it.each(["relu", "relu:1", "logits:2", "relu:1 - 0.5*relu:2"])("raises %s", async (objective) => {
  const { returned } = await finish(dream(model, photo, objective, quick));
  expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
  expect(returned.objective.end).toBeGreaterThan(returned.objective.start);
});

it("measures the mean squared activation of the photo and of the dream", async () => {
  const { returned } = await finish(dream(model, photo, "relu", quick));
  const of = async (image: typeof photo): Promise<number> => {
    const input = prepare(image, model.preprocessing, [24, 36]);
    const values = toNumbers(await activation(model, "relu", input, { device: "cpu" }));
    return values.reduce((s, x) => s + x * x, 0) / values.length;
  };
  expect(returned.activation.start / (await of(photo))).toBeCloseTo(1, 4);
  expect(returned.activation.end / (await of(returned.image))).toBeCloseTo(1, 4);
});

it("is the same for a seed, another for another, and carries detail up from the small sizes", async () => {
  const picture = async (options: DreamOptions): Promise<number[]> =>
    toNumbers((await finish(dream(model, photo, "relu", { ...quick, ...options }))).returned.image);
  const first = await picture({});
  expect(await picture({})).toEqual(first);
  expect(await picture({ seed: 2 })).not.toEqual(first);
  expect(largestDifference(await picture({ constants: { octaves: 1 } }), first)).toBeGreaterThan(0.01);
});

describe("tiles", () => {
  const tiled = (tile: number, more: DreamOptions = {}): DreamOptions => ({
    ...quick,
    ...more,
    constants: { tile, octaves: 1, ...more.constants },
  });

  it("raise the whole picture's objective", async () => {
    const { returned } = await finish(dream(model, photo, "relu", tiled(10)));
    expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
    expect(returned.image.dims).toEqual([3, 24, 36]);
    // Every pixel has moved: no tile was forgotten.
    const moved = returned.image.data.filter((x, i) => Math.abs(x - photo.data[i]!) > 1e-4).length;
    expect(moved / photo.size).toBeGreaterThan(0.95);
  });

  it("come out alike however many are seen at once", async () => {
    const by = async (batch: number) =>
      toNumbers((await finish(dream(model, photo, "relu", tiled(10, { batch })))).returned.image);
    const one = await by(1);
    for (const batch of [5, 100]) expect(largestDifference(await by(batch), one)).toBeLessThan(1e-4);
  });

  it("have the net's own size where it takes no other", async () => {
    const fixed = convNet({ side: 8 });
    const { returned } = await finish(dream(fixed, photo, "logits:1", tiled(16)));
    expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
    expect(returned.notes).toEqual([]);
  });
});

it("leaves out sizes that are too small for the net, and says so", async () => {
  // Two-pixel pooling needs two pixels: of 4, 3, 2, 1 rows the last has none left.
  const flat = makeImage(3, 4, 12, (c, _, x) => 0.5 + 0.2 * Math.sin(x + c));
  const { returned } = await finish(dream(model, flat, "pool", quick));
  expect(returned.notes).toEqual(["the size 1×4 is left out: the net does not take it"]);
  expect(returned.steps).toBe(9);
});

it("makes pictures of any longer side, grey ones for nets that see grey", async () => {
  const { returned } = await finish(dream(model, photo, "relu", { ...quick, size: 18 }));
  expect(returned.image.dims).toEqual([3, 12, 18]);
  const grey = openModel(netBytes(convNetSpec({ channels: 1 })), { preprocessing: { mean: [0.5], std: [0.25] } });
  expect((await finish(dream(grey, photo, "relu", quick))).returned.image.dims).toEqual([1, 24, 36]);
});

it("stops after the step in which the signal aborts, and enlarges what it has", async () => {
  const abort = new AbortController();
  const run = dream(model, photo, "relu", { ...quick, signal: abort.signal });
  let next = await run.next();
  while (!next.done) {
    if (next.value.step === 4) abort.abort();
    next = await run.next();
  }
  expect(next.value.steps).toBe(4);
  expect(next.value.notes).toEqual(["a dream has no state to go on from: to dream on, start from its picture"]);
  expect(next.value.image.dims).toEqual([3, 24, 36]);
  const difference = next.value.image.data.map((x, i) => x - photo.data[i]!);
  expect(Math.max(...difference)).toBeGreaterThan(0.01);
});

it.each([
  [23, 37],
  [8, 90],
  [61, 9],
] as const)("takes photos of %i × %i, seen in tiles of 10", async (height, width) => {
  const odd = makeImage(3, height, width, (c, y, x) => 0.5 + 0.2 * Math.sin(0.4 * x + c) * Math.cos(0.3 * y));
  const { returned } = await finish(dream(model, odd, "relu", { ...quick, constants: { tile: 10, octaves: 2 } }));
  expect(returned.image.dims).toEqual([3, height, width]);
  expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
  const moved = returned.image.data.filter((x, i) => Math.abs(x - odd.data[i]!) > 1e-4).length;
  expect(moved / odd.size).toBeGreaterThan(0.95);
});

it("returns the photo without steps", async () => {
  const { returned } = await finish(dream(model, photo, "relu", { ...quick, steps: 0 }));
  expect(largestDifference(toNumbers(returned.image), toNumbers(resize(photo, 24, 36)))).toBeLessThan(1e-6);
});

it("refuses constants that it does not have, sizes and steps that are none", async () => {
  const refused = (options: DreamOptions) => finish(dream(model, photo, "relu", { ...quick, ...options }));
  await expect(refused({ constants: { octave: 3 } })).rejects.toThrow(
    /'dream' has no constant 'octave': did you mean octaves/,
  );
  await expect(refused({ transforms: "none" } as DreamOptions)).rejects.toThrow(/leave out 'transforms'/);
  await expect(refused({ size: 0 })).rejects.toThrow(/size: expected a whole number/);
  await expect(refused({ steps: 1.5 })).rejects.toThrow(/steps: expected a whole number/);
  await expect(finish(dream(model, photo, "rellu", quick))).rejects.toThrow(/did you mean relu/);
});
