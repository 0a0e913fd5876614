/** @file What rolled, cropped, noisy, blurred and mirrored views show, against plain loops over pixels. */

import { describe, expect, it } from "vitest";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { makeImage } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, type Tensor, toNumbers } from "../tensor/tensor.ts";
import type { Transform } from "./axes.ts";
import { crops } from "./crops.ts";
import { blur, flip, noise } from "./perturb.ts";
import { roll } from "./roll.ts";
import { composed } from "./transforms.ts";

type Draws = Readonly<Record<string, Tensor>>;

const apply = async (t: Transform, image: Tensor, drawn: Draws): Promise<Tensor> =>
  (await evaluate({ image, ...drawn }, (g, { image: v, ...values }) => ({ seen: t.apply(g, v!, values) }))).seen!;

const draw = (values: Readonly<Record<string, readonly number[]>>): Draws =>
  Object.fromEntries(Object.entries(values).map(([name, x]) => [name, fromNumbers("float32", x)]));

const picture = uniform("float32", [2, 3, 6, 5]);
/** Pixel of picture n. */
const at = (n: number, c: number, y: number, x: number): number => picture.data[((n * 3 + c) * 6 + y) * 5 + x]!;
const pixels = (h: number, w: number, of: (n: number, c: number, y: number, x: number) => number): number[] =>
  [0, 1].flatMap((n) => [...makeImage(3, h, w, (c, y, x) => of(n, c, y, x)).data]);

it("those that stand still change nothing", async () => {
  const stills = [
    roll({ most: 3, views: 2 }),
    noise({ shape: [3, 6, 5], sigma: 0.2, views: 2 }),
    blur({ sigmas: [2], views: 2 }),
    flip({ views: 2 }),
  ];
  for (const t of stills) expect(toNumbers(await apply(t, picture, t.neutral()))).toEqual(toNumbers(picture));
  const whole = crops({ size: [6, 5], views: 1, box: 0.5 });
  const seen = await apply(whole, picture, draw({ y: [0.5, 0.5], x: [0.5, 0.5], side: [1, 1] }));
  expect(whole.neutral()).toEqual(draw({ y: [0.5], x: [0.5], side: [1] }));
  expect(largestDifference(toNumbers(seen), toNumbers(picture))).toBeLessThan(1e-6);
});

it("roll brings in at one side what leaves at the other, in each picture by its own shift", async () => {
  const [dy, dx] = [
    [-7, 2],
    [4, -11],
  ];
  const seen = await apply(roll({ most: 11, views: 2 }), picture, draw({ dy: dy!, dx: dx! }));
  const expected = pixels(6, 5, (n, c, y, x) => at(n, c, (y + dy![n]! + 60) % 6, (x + dx![n]! + 60) % 5));
  expect(toNumbers(seen)).toEqual(expected);
});

it("roll draws all shifts", () => {
  const random = rng(2);
  const shifts = Array.from({ length: 300 }, () => toNumbers(roll({ most: 3 }).draw(random).dx!)[0]!);
  expect([...new Set(shifts)].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
});

describe("crops", () => {
  /** By the definition: a sum over all whole pixels, those outside having the given value. */
  function expected(n: number, box: readonly [number, number, number], [oh, ow]: readonly [number, number]): number[] {
    const [my, mx, side] = box;
    const weights = (o: number, middle: number, length: number, out: number): Map<number, number> => {
      const step = (side * length) / out;
      const s = (middle - side / 2) * length - 0.5 + (o + 0.5) * step;
      const r = Math.max(1, step);
      const found = new Map<number, number>();
      for (let i = Math.floor(s - r) - 1; i <= s + r + 1; i++) found.set(i, Math.max(0, 1 - Math.abs(i - s) / r));
      const sum = [...found.values()].reduce((a, b) => a + b, 0);
      return new Map([...found].map(([i, x]) => [i, x / sum]));
    };
    const image = makeImage(3, oh, ow, (c, y, x) => {
      let value = 0;
      for (const [i, a] of weights(y, my, 6, oh))
        for (const [j, b] of weights(x, mx, 5, ow))
          value += a * b * (i >= 0 && i < 6 && j >= 0 && j < 5 ? at(n, c, i, j) : 0.25);
      return value;
    });
    return [...image.data];
  }

  it.each([
    [4, 4],
    [2, 3],
    [9, 8],
  ])("show boxes of each picture at %i×%i, one after another", async (h, w) => {
    const boxes = [
      [0.5, 0.4, 0.5],
      [0.1, 0.9, 0.3],
      [0.62, 0.5, 1],
      [0.45, 0.3, 0.77],
    ] as const;
    const drawn = draw({ y: boxes.map((b) => b[0]), x: boxes.map((b) => b[1]), side: boxes.map((b) => b[2]) });
    const seen = await apply(crops({ size: [h, w], views: 2, box: 0.5, outside: 0.25 }), picture, drawn);
    expect(seen.dims).toEqual([4, 3, h, w]);
    const wanted = boxes.flatMap((box, i) => expected(Math.floor(i / 2), box, [h, w]));
    expect(largestDifference(toNumbers(seen), wanted)).toBeLessThan(1e-5);
  });

  it("become smaller from step to step, within bounds", () => {
    const t = crops({ size: [4, 4], views: 200, box: (step) => 0.5 - 0.2 * step });
    const sides = [0, 1, 3].map((step) => toNumbers(t.draw(rng(1), step).side!));
    const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
    // Five standard errors of 0.05 / √200.
    expect(Math.abs(mean(sides[0]!) - 0.5)).toBeLessThan(0.018);
    expect(Math.abs(mean(sides[1]!) - 0.3)).toBeLessThan(0.018);
    expect(sides[2]!.every((s) => s >= Math.fround(0.05))).toBe(true);
    expect(toNumbers(crops({ size: [4, 4], views: 9, box: 3 }).draw(rng(1)).side!)).toEqual(new Array(9).fill(1));
    const middles = toNumbers(t.draw(rng(1), 0).y!);
    expect(Math.abs(mean(middles) - 0.5)).toBeLessThan(0.054);
    const deviation = Math.sqrt(mean(middles.map((m) => (m - 0.5) ** 2)));
    expect(Math.abs(deviation - 0.15)).toBeLessThan(0.038);
  });
});

describe("noise", () => {
  const shape = [2, 40, 50] as const;
  const grey = fromNumbers("float32", new Array(3 * 4000).fill(0.5), [3, ...shape]);

  it.each([0, 0.5])("has the deviation asked for, with uniform noise up to %f of it", async (part) => {
    const t = noise({ shape, sigma: (step) => 0.1 + step, uniform: part, views: 3 });
    const seen = toNumbers(await apply(t, grey, t.draw(rng(3), 0))).map((x) => x - 0.5);
    const moment = (p: number): number => seen.reduce((s, x) => s + x ** p, 0) / seen.length;
    expect(Math.abs(moment(1))).toBeLessThan((5 * 0.1) / Math.sqrt(12_000));
    expect(Math.sqrt(moment(2))).toBeCloseTo(0.1 * Math.sqrt(1 + part ** 2 / 3), 2);
    expect(toNumbers(t.draw(rng(3), 2).sigma!)).toEqual(toNumbers(fromNumbers("float32", [2.1, 2.1, 2.1])));
  });

  it("is another in each view and at each draw, and the same for a seed", async () => {
    const t = noise({ shape, sigma: 0.1, views: 3 });
    const [a, b, c] = await Promise.all(
      [1, 1, 2].map(async (seed) => toNumbers(await apply(t, grey, t.draw(rng(seed))))),
    );
    expect(a).toEqual(b);
    expect(largestDifference(a!, c!)).toBeGreaterThan(0.1);
    const covariance = a!.slice(0, 4000).reduce((s, x, i) => s + (x - 0.5) * (a![4000 + i]! - 0.5), 0) / 4000;
    expect(Math.abs(covariance)).toBeLessThan((5 * 0.01) / Math.sqrt(4000));
  });
});

describe("blur", () => {
  it("spreads a point to a Gaussian", async () => {
    const dot = fromNumbers("float32", new Array(31 * 31).fill(0).with(15 * 31 + 15, 1), [1, 1, 31, 31]);
    const t = blur({ sigmas: [1.5] });
    const seen = toNumbers(await apply(t, dot, t.draw(rng(1))));
    const bell = Array.from({ length: 31 }, (_, i) => Math.exp(-((i - 15) ** 2) / 4.5));
    const sum = bell.reduce((a, b) => a + b, 0);
    const wanted = bell.flatMap((a) => bell.map((b) => (a * b) / sum ** 2));
    expect(largestDifference(seen, wanted)).toBeLessThan(1e-6);
  });

  it("keeps flat pictures flat up to the border, each picture by its own width", async () => {
    const flat = fromNumbers("float32", new Array(2 * 30).fill(0.7), [2, 1, 6, 5]);
    const t = blur({ sigmas: [2], views: 2 });
    const seen = toNumbers(await apply(t, flat, draw({ falloff: [0.1, 3] })));
    for (const x of seen) expect(x).toBeCloseTo(0.7, 6);
  });
});

it("flip mirrors those it is told to", async () => {
  const seen = toNumbers(await apply(flip({ views: 2 }), picture, draw({ flip: [0, 1] })));
  expect(seen).toEqual(pixels(6, 5, (n, c, y, x) => at(n, c, y, n === 1 ? 4 - x : x)));
  const random = rng(4);
  const tossed = Array.from({ length: 400 }, () => toNumbers(flip().draw(random).flip!)[0]!);
  // Five standard errors.
  expect(Math.abs(tossed.reduce((a, b) => a + b, 0) / 400 - 0.5)).toBeLessThan(0.125);
});

it("composed transforms pass the step on and keep their draws apart", async () => {
  const t = composed([
    crops({ size: [4, 4], views: 2, box: (step) => (step === 7 ? 1 : 0.1), spread: 0 }),
    flip({ views: 2 }),
  ]);
  expect(Object.keys(t.draws)).toEqual(["0.y", "0.x", "0.side", "1.flip"]);
  expect(toNumbers(t.draw(rng(1), 7)["0.side"]!)).toEqual([1, 1]);
  const one = fromNumbers("float32", toNumbers(picture).slice(0, 90), [1, 3, 6, 5]);
  expect((await apply(t, one, t.draw(rng(1), 7))).dims).toEqual([2, 3, 4, 4]);
});
