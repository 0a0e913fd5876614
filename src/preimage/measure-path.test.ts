/** @file Path similarity: what its ends mean, and that it tells a class's photos from others and from noise. */

import { describe, expect, it } from "vitest";
import { convNet } from "../../test/fixtures/conv-nets.ts";
import { InputError } from "../error.ts";
import { findLayer } from "../model/address.ts";
import { prepare } from "../model/preprocessing.ts";
import { activation } from "../model/unit.ts";
import { cosine, spearman } from "../tensor/correlation.ts";
import { type Image, makeImage } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { type PathNumbers, pathNumbers, pathSimilarity, pooledPath } from "./measure-path.ts";

const cpu = { device: "cpu", threads: 1 } as const;
const side = 16;
const model = convNet();
const layers = ["relu", "pool"].map((name) => findLayer(model, name));

/** A class is a pattern; its photos have noise on top. */
const pattern = (seed: number): Float32Array => rng(seed).fillUniform(new Float32Array(3 * side * side));
const photo = (base: Float32Array, seed: number, amount = 0.3): Image => {
  const noise = pattern(seed);
  return makeImage(3, side, side, (c, y, x) => {
    const i = (c * side + y) * side + x;
    return (1 - amount) * base[i]! + amount * noise[i]!;
  });
};
const [rose, tulip] = [pattern(1), pattern(2)];
const many = (base: Float32Array, from: number, n = 6): Image[] =>
  Array.from({ length: n }, (_, i) => photo(base, from + i));
const [same, others] = [many(rose!, 100), many(tulip!, 200)];

describe("path numbers", () => {
  it("are the means, and the picture's place between them", () => {
    const { interval, ...numbers } = pathNumbers({
      picture: [0.7, 0.5],
      within: [
        [1, 0.8],
        [0.8, 1],
      ],
      between: [
        [0.1, 0.3],
        [0.2, 0.2],
      ],
    });
    expect(numbers.similarity).toBeCloseTo(0.6, 12);
    expect(numbers.ceiling).toBeCloseTo(0.8, 12);
    expect(numbers.floor).toBeCloseTo(0.2, 12);
    expect(numbers.normalised).toBeCloseTo(2 / 3, 12);
    expect(interval[0]).toBeLessThan(2 / 3);
    expect(interval[1]).toBeGreaterThan(2 / 3);
  });

  it("have no bounds where the layer does not tell classes apart", () => {
    const flat = [0.5, 0.5, 0.5].map(() => [0.5, 0.5, 0.5]);
    expect(pathNumbers({ picture: [0.4, 0.4, 0.4], within: flat, between: flat }).interval).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe("a pool of classes", () => {
  const numbers = (similarity: number, ceiling: number, floor: number): PathNumbers => ({
    similarity,
    ceiling,
    floor,
    normalised: (similarity - floor) / (ceiling - floor),
    interval: [-1, 1],
  });
  const path = (n: PathNumbers) => [{ address: "relu", cosine: n, spearman: n }];

  it("averages before it compares", () => {
    // One class has its ceiling below its floor; over all it is 0.6 above 0.4.
    const classes = [numbers(0.5, 0.7, 0.3), numbers(0.4, 0.7, 0.4), numbers(0.3, 0.4, 0.5)].map(path);
    const [{ address, cosine: pooled } = { address: "", cosine: numbers(0, 0, 0) }] = pooledPath(classes);
    expect(address).toBe("relu");
    expect([pooled.similarity, pooled.ceiling, pooled.floor, pooled.normalised]).toEqual(
      [0.4, 0.6, 0.4, 0].map((x) => expect.closeTo(x, 10)),
    );
    // One draw in 27 takes the odd class three times.
    expect(pooled.interval).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it("has an interval over classes where all have a gap", () => {
    const classes = Array.from({ length: 8 }, (_, i) => path(numbers(0.5 + i / 100, 0.7, 0.3)));
    const { normalised, interval } = pooledPath(classes)[0]!.spearman;
    expect(normalised).toBeCloseTo(0.5875, 10);
    // 0.0245 · 2.5 between classes, over √8.
    expect(interval[0]).toBeGreaterThan(normalised - 0.06);
    expect(interval[0]).toBeLessThan(normalised - 0.02);
    expect(interval[1] - normalised).toBeLessThan(0.06);
  });

  it("of one class is that class", () => {
    const one = path(numbers(0.5, 0.7, 0.3));
    expect(pooledPath([one])).toEqual(one);
  });
});

describe("path similarity", () => {
  const of = (picture: Image, options = {}) =>
    pathSimilarity(model, picture, { same, others }, { ...cpu, layers, size: side, ...options });

  it("is what direct computation says", async () => {
    const picture = photo(rose!, 300);
    const [relu] = await of(picture);
    const code = async (image: Image): Promise<number[]> =>
      toNumbers(await activation(model, "relu", prepare(image, model.preprocessing, [side, side]), cpu));
    const own = await code(picture);
    const photos = await Promise.all(same.map(code));
    for (const [name, measure] of [
      ["cosine", cosine],
      ["spearman", spearman],
    ] as const) {
      const expected = photos.reduce((sum, p) => sum + measure(own, p), 0) / photos.length;
      expect(relu![name].similarity).toBeCloseTo(expected, 4);
      const pairs = photos.flatMap((a, i) => photos.slice(i + 1).map((b) => measure(a, b)));
      expect(relu![name].ceiling).toBeCloseTo(pairs.reduce((a, b) => a + b) / pairs.length, 4);
    }
  });

  it.each(["cosine", "spearman"] as const)(
    "by %s is about 1 for a photo of the class, 0 for another's",
    async (name) => {
      for (const layer of await of(photo(rose!, 301))) expect(Math.abs(layer[name].normalised - 1)).toBeLessThan(0.2);
      for (const layer of await of(photo(tulip!, 302))) expect(Math.abs(layer[name].normalised)).toBeLessThan(0.2);
      const [relu] = await of(photo(rose!, 303));
      const [low, high] = relu![name].interval;
      expect(low).toBeLessThan(relu![name].normalised);
      expect(high).toBeGreaterThan(relu![name].normalised);
      expect(high - low).toBeLessThan(0.5);
    },
  );

  it("comes close with a sample of the units, the same for the same seed", async () => {
    const picture = photo(rose!, 304, 0.6);
    const [whole] = await of(picture);
    const [part, again, other] = [
      ...(await of(picture, { units: 200, seed: 1 })).slice(0, 1),
      ...(await of(picture, { units: 200, seed: 1 })).slice(0, 1),
      ...(await of(picture, { units: 200, seed: 2 })).slice(0, 1),
    ];
    expect(part).toEqual(again);
    expect(part!.spearman.similarity).not.toBe(other!.spearman.similarity);
    expect(Math.abs(part!.spearman.normalised - whole!.spearman.normalised)).toBeLessThan(0.25);
  });

  it("goes over the main layers unless told otherwise", async () => {
    const paths = await pathSimilarity(model, photo(rose!, 305), { same, others }, { ...cpu, size: side });
    expect(paths.at(-1)!.address).toBe("logits");
    expect(paths.length).toBeGreaterThan(1);
  });

  it("needs photos", async () => {
    const run = pathSimilarity(model, photo(rose!, 306), { same: same.slice(0, 1), others }, cpu);
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(/expected two photos of the class and one of another, got 1 and 6/);
  });
});
