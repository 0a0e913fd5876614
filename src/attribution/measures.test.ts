/** @file Deletion, insertion and pointing against what the host computes, and measured over data. */

import { describe, expect, it } from "vitest";
import { onPatch, plantedNet, plantedPicture, plantedSide } from "../../test/fixtures/planted.ts";
import { drawFlower } from "../data/flower.ts";
import { syntheticFlowers } from "../data/synthetic.ts";
import { makeImage } from "../tensor/image.ts";
import { openAnswers } from "./answers.ts";
import { explained } from "./explained.ts";
import { curveOf, openFaithfulness } from "./faithfulness.ts";
import { heat } from "./heat.ts";
import { measure, type Subject } from "./measure.ts";
import { methods } from "./methods.ts";
import { ranks, topPlace } from "./order.ts";
import { flowerPlace, pointing } from "./pointing.ts";

const options = { device: "cpu", threads: 1 } as const;
const net = explained(plantedNet(), { size: plantedSide });
const picture = plantedPicture();
const places = plantedSide * plantedSide;

/** What the net answers for class 0, asked picture by picture. */
async function probability(image: Float32Array): Promise<number> {
  const answers = await openAnswers([net], options);
  try {
    const [[own]] = (await answers.of([image])) as [[Float32Array]];
    return own[0]!;
  } finally {
    await answers.dispose();
  }
}

describe("deletion and insertion", () => {
  it("take away and put in the first part of the pixels", async () => {
    const steps = 4;
    const map = makeImage(1, plantedSide, plantedSide, (_, y, x) => -(y * plantedSide + x));
    const meter = await openFaithfulness(net, { ...options, steps, insertion: "mean", batch: 3 });
    const found = await meter.of({ image: picture.data, class: 0 }, map);
    await meter.dispose();
    const shown = (inFirst: boolean, part: number): Float32Array =>
      picture.data.map((v, i) => (i % places < part * places === inFirst ? v : 0.5));
    for (let k = 0; k <= steps; k++) {
      expect(found.deletion.probabilities[k]).toBeCloseTo(await probability(shown(false, k / steps)), 5);
      expect(found.insertion.probabilities[k]).toBeCloseTo(await probability(shown(true, k / steps)), 5);
    }
  });

  it("begin and end at the picture and its baselines, and the right map is better than the wrong one", async () => {
    const meter = await openFaithfulness(net, options);
    const at = (which: 0 | 1) => makeImage(1, plantedSide, plantedSide, (_, y, x) => Number(onPatch(which, y, x)));
    const question = { image: picture.data, class: 0 };
    const [right, wrong] = [await meter.of(question, at(0)), await meter.of(question, at(1))];
    await meter.dispose();
    const whole = await probability(picture.data);
    for (const { deletion, insertion } of [right, wrong]) {
      expect(deletion.probabilities).toHaveLength(33);
      expect(deletion.probabilities[0]).toBeCloseTo(whole, 5);
      expect(insertion.probabilities.at(-1)).toBeCloseTo(whole, 5);
      expect(deletion.probabilities.at(-1)).toBeCloseTo(await probability(picture.data.map(() => 0.5)), 5);
    }
    expect(right.deletion.area).toBeLessThan(wrong.deletion.area - 0.1);
    expect(right.insertion.area).toBeGreaterThan(wrong.insertion.area);
  });

  it("have the area of a trapezoid", () => {
    expect(curveOf([1, 0]).area).toBe(0.5);
    expect(curveOf([1, 0.5, 0.5]).area).toBeCloseTo((0.75 + 0.5) / 2, 12);
  });
});

describe("an order of pixels", () => {
  it("puts the largest first, and ties by chance but always alike", () => {
    expect([...ranks(Float32Array.of(3, 1, 2, 0))]).toEqual([0, 0.5, 0.25, 0.75]);
    const flat = ranks(new Float32Array(64));
    expect(new Set(flat).size).toBe(64);
    expect([...flat]).toEqual([...ranks(new Float32Array(64))]);
    expect([...flat]).not.toEqual(Array.from(flat, (_, i) => i / 64));
  });

  it("has its top in the middle of the largest cell", () => {
    const map = makeImage(1, 2, 2, (_, y, x) => Number(y === 1 && x === 0));
    expect(topPlace(map, 8, 8)).toEqual([6, 2]);
    expect(topPlace(map, 2, 2)).toEqual([1, 0]);
  });
});

describe("pointing", () => {
  const object = makeImage(1, 8, 8, (_, y, x) => Number(y < 4 && x < 4));
  it("hits where the top place lies on the object", () => {
    const on = pointing(
      makeImage(1, 8, 8, (_, y, x) => (y === 2 && x === 3 ? 3 : y === 7 ? 1 : 0)),
      object,
    );
    expect(on).toEqual({ hit: true, inside: 3 / 11, area: 0.25 });
    expect(
      pointing(
        makeImage(1, 8, 8, (_, y) => (y === 7 ? 1 : -1)),
        object,
      ),
    ).toEqual({ hit: false, inside: 0, area: 0.25 });
  });

  it("knows where a synthetic flower is", () => {
    const [item] = syntheticFlowers({ classes: 2, size: 48 }).items;
    const place = flowerPlace(item!, 24)!;
    expect(place.dims).toEqual([1, 24, 24]);
    const { source } = item!;
    if (source.kind !== "flower") throw new Error("expected a flower");
    const { petals, centre } = drawFlower(source.flower, 48);
    const whole = petals.data.reduce((a, b) => a + b, 0) + centre.data.reduce((a, b) => a + b, 0);
    expect(place.data.reduce((a, b) => a + b, 0)).toBeCloseTo(whole / 4, 0);
    const middle = [source.flower.y, source.flower.x].map((part) => Math.floor(24 * part));
    expect(place.data[middle[0]! * 24 + middle[1]!]).toBeGreaterThan(0.9);
    expect(flowerPlace({ source: { kind: "file", path: "a.png" } }, 24)).toBeUndefined();
  });
});

it("methods are measured on the same pictures, and beat the controls where they should", async () => {
  const object = makeImage(1, plantedSide, plantedSide, (_, y, x) => Number(onPatch(0, y, x)));
  async function* subjects(): AsyncGenerator<Subject> {
    for (let item = 0; item < 10; item++) yield { item, image: plantedPicture(item).data, class: 0, object };
  }
  const seen: number[] = [];
  const progress = (done: number): void => void seen.push(done);
  const few = { ...options, steps: 8, progress };
  const { n, methods: found } = await measure(net, [methods.cam, methods.random], subjects(), few);
  expect(n).toBe(10);
  expect(seen).toEqual([8, 10]);
  const [cam, random] = [found.cam!, found.random!];
  expect(cam.pointing).toMatchObject({ n: 10, accuracy: 1 });
  expect(cam.area).toBeCloseTo(1 / 16, 10);
  expect(cam.inside!.mean).toBeGreaterThan(0.9);
  expect(random.pointing!.accuracy).toBeLessThan(0.5);
  expect(cam.deletion.mean).toBeLessThan(random.deletion.mean);
  expect(cam.insertion.mean).toBeGreaterThan(random.insertion.mean);
  expect(cam.deletion).toMatchObject({ n: 10, interval: [expect.any(Number), expect.any(Number)] });
});

it("what was measured before a stop is kept", async () => {
  const stop = new AbortController();
  async function* subjects(): AsyncGenerator<Subject> {
    for (let item = 0; item < 100; item++) yield { item, image: picture.data, class: 0 };
  }
  const progress = (): void => stop.abort();
  const found = await measure(net, [methods.cam], subjects(), { ...options, steps: 4, signal: stop.signal, progress });
  expect(found.n).toBe(8);
  expect(found.methods.cam!.deletion.n).toBe(8);
});

it("a map glows where it is large, is blue where it is below 0, and leaves the photo where it is 0", () => {
  const map = makeImage(1, 1, 3, (_, __, x) => x - 1);
  const { data, dims } = heat(
    map,
    makeImage(3, 1, 3, () => 0.5),
  );
  expect(dims).toEqual([3, 1, 3]);
  const [red, blue] = [data.slice(0, 3), data.slice(6, 9)];
  expect(blue[0]!).toBeGreaterThan(red[0]!);
  expect(red[2]!).toBeGreaterThan(blue[2]!);
  expect(red[1]).toBeCloseTo(blue[1]!, 6);
});
