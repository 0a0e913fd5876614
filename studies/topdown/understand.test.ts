/** @file What is measured of twins: controls against what the host computes, paired differences in closed form, and a whole run, once. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAnswers } from "../../src/attribution/answers.ts";
import { attribute } from "../../src/attribution/attribute.ts";
import { levelPictures } from "../../src/attribution/coarse-to-fine.ts";
import type { EachMeasured } from "../../src/attribution/measure.ts";
import { methods } from "../../src/attribution/methods.ts";
import { syntheticFlowers } from "../../src/data/synthetic.ts";
import { netSource, nets, sourceBytes } from "../../src/nets/net.ts";
import { doPieces, type Keep } from "../../src/preimage/report-pieces.ts";
import { imageDims, makeImage, resize } from "../../src/tensor/image.ts";
import { studentT, wilson } from "../../src/tensor/statistics.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { shareDifference } from "./paired.ts";
import { blurredPictures, levelPieces, openBlurred } from "./understand-levels.ts";
import { mapStrip } from "./understand-map-strip.ts";
import { coarser, type MapsResult, mapPieces, methodsOf } from "./understand-maps.ts";
import { openPair, type Pair } from "./understand-pair.ts";
import { classPieces, classStrip, inversionPieces, inversionStrip } from "./understand-pictures.ts";
import { coarsened, compare, faithful, opened, pointed, understoodText } from "./understand-write.ts";

const SIDE = 16;
const folder = mkdtempSync(join(tmpdir(), "fovea-understand-"));
const file = (name: string): string => join(folder, `${name}.onnx`);
const data = "synthetic:classes=3,count=60,size=16,scale=0.6";
let pair: Pair;

beforeAll(async () => {
  const labels = JSON.stringify(syntheticFlowers({ classes: 3 }).classes);
  for (const name of ["bottomup-lenetfc", "topdown-lenetfc"] as const) {
    const build = nets[name]({ classes: 3, width: 4 });
    const metadata = { "fovea.labels": labels };
    writeFileSync(file(name), sourceBytes(netSource(build, { name, picture: [3, SIDE, SIDE], seed: 3, metadata })));
  }
  pair = await openPair({ a: file("bottomup-lenetfc"), b: file("topdown-lenetfc"), data, limit: 8, threads: 1 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a pair", () => {
  test("has two nets for the same pictures", () => {
    expect(pair.pictures).toHaveLength(8);
    expect(pair.twins.map(({ net }) => net.picture)).toEqual([
      [3, SIDE, SIDE],
      [3, SIDE, SIDE],
    ]);
    // The top-down net's last maps are as large as the picture.
    expect(pair.twins[1].net.layer?.size).toEqual([SIDE, SIDE]);
    expect(pair.twins[0].net.layer!.size[0]).toBeLessThan(SIDE);
  });

  test("takes the top-down net second", async () => {
    const a = file("bottomup-lenetfc");
    await expect(openPair({ a, b: a, data, limit: 1 })).rejects.toThrow(/no levels: --b takes the top-down net/);
  });
});

describe("controls", () => {
  test("coarser maps are the method's own, shrunk", async () => {
    const [a, b] = pair.twins;
    const size = a.net.layer!.size;
    const question = { image: pair.pictures[0]!.image, class: 1 };
    const own = await attribute(b.net, methods.cam, question);
    const small = await attribute(b.net, coarser(methods.cam, size), question);
    expect(imageDims(small)).toEqual([1, ...size]);
    const block = SIDE / size[0];
    const mean = makeImage(1, ...size, (_, y, x) => {
      let sum = 0;
      for (let i = 0; i < block ** 2; i++)
        sum += own.data[(y * block + Math.floor(i / block)) * SIDE + x * block + (i % block)]!;
      return sum / block ** 2;
    });
    mean.data.forEach((x, i) => {
      expect(small.data[i]!).toBeCloseTo(x, 4);
    });
    const [first, second] = methodsOf(pair, ["cam", "gradient"]);
    expect(first.map(({ name }) => name)).toEqual(["cam", "gradient"]);
    expect(second.map(({ name }) => name)).toEqual(["cam", "gradient", `cam at ${size.join("×")}`]);
  });

  test("blurred pictures are what the levels hold, enlarged", async () => {
    const { model } = pair.twins[1];
    const image = tensor("float32", [3, SIDE, SIDE], pair.pictures[0]!.image);
    const grey = makeImage(3, SIDE, SIDE, () => 0.3);
    const found = await blurredPictures(model, [image, grey], SIDE);
    const held = await levelPictures(model, image);
    expect(found).toHaveLength(held.length);
    for (const [k, [own, plain]] of found.entries()) {
      const expected = resize(held[k]!, SIDE, SIDE);
      own!.data.forEach((x, i) => {
        expect(x).toBeCloseTo(expected.data[i]!, 5);
      });
      for (const x of plain!.data) expect(x).toBeCloseTo(0.3, 5);
    }
    found.at(-1)![0]!.data.forEach((x, i) => {
      expect(x).toBeCloseTo(image.data[i]!, 5);
    });
  });

  test("unblurred, the bottom-up twin answers as ever", async () => {
    const [a, b] = pair.twins;
    const images = pair.pictures.slice(0, 3).map(({ image }) => image);
    const net = await openBlurred(a, b.model, SIDE);
    const answers = await openAnswers([a.net]);
    const [by, [own]] = [await net.of(images), await answers.of(images)];
    await Promise.all([net.dispose(), answers.dispose()]);
    for (const [i, p] of own!.entries())
      p.forEach((x, c) => {
        expect(by.at(-1)![i]![c]!).toBeCloseTo(x, 4);
      });
    expect(by[0]![0]).not.toEqual(by.at(-1)![0]);
  });
});

describe("tables", () => {
  test("differences are paired, and what one net lacks does not count", () => {
    const { n, a, b, difference } = compare("x", [1, 2, 3, Number.NaN], [2, 2, 6, 1]);
    // Differences 1, 0, 3: mean 4/3, standard deviation √(7/3).
    expect([n, a.mean, difference.mean]).toEqual([3, 2, 4 / 3]);
    expect(b.mean).toBeCloseTo(10 / 3, 12);
    const half = (studentT(2) * Math.sqrt(7 / 3)) / Math.sqrt(3);
    expect(difference.interval[0]).toBeCloseTo(4 / 3 - half, 10);
    expect(() => compare("x", [1], [1, 2])).toThrow(/internal/);
  });

  test("of shares have intervals for few pictures, that meet Student's for many", () => {
    /** How many pictures are hits of both, of the first, of the second alone, and of none. */
    const table = (both: number, first: number, second: number, none: number): [boolean[], boolean[]] => {
      const rows = [both, first, second, none].flatMap((n, k) => Array<number>(n).fill(k));
      return [rows.map((k) => k === 0 || k === 1), rows.map((k) => k === 0 || k === 2)];
    };
    const [a, b] = table(400, 40, 240, 320);
    const [many, student] = [shareDifference(a, b), compare("", a.map(Number), b.map(Number)).difference];
    expect(many.mean).toBeCloseTo(student.mean, 12);
    expect(many.sd).toBeCloseTo(student.sd, 12);
    for (const k of [0, 1]) expect(many.interval[k]).toBeCloseTo(student.interval[k]!, 2);
    const back = shareDifference(b, a);
    expect(back.interval[0]).toBeCloseTo(-many.interval[1], 12);
    // Shares that have nothing to do with each other: the squares of Wilson's arms add up.
    const [[low], [, high]] = [wilson(12, 20), wilson(10, 20)];
    const apart = shareDifference(...table(6, 4, 6, 4));
    expect(apart.interval[0]).toBeCloseTo(0.1 - Math.hypot(0.6 - low, high - 0.5), 12);
    // Ten hits on both sides: nothing differs, which does not say that nothing ever will.
    const { mean, interval } = shareDifference(...table(10, 0, 0, 0));
    expect(mean).toBe(0);
    expect(interval[0]).toBeLessThan(-0.2);
    expect(interval[1]).toBeGreaterThan(0.2);
  });

  const each = (deletion: number[], insertion: number[], hits: boolean[] = []): EachMeasured => ({
    deletion,
    insertion,
    pointing: hits.map((hit) => ({ hit, inside: hit ? 0.6 : 0.2, area: 0.1 })),
  });
  const answered = { right: [true, true], probability: [1, 1] };
  const result: MapsResult = {
    answers: [answered, answered],
    maps: [
      { cam: each([0.3, 0.4], [0.6, 0.8], [false, true]), random: each([0.5, 0.7], [0.5, 0.6], [false, false]) },
      {
        cam: each([0.2, 0.4], [0.9, 0.9], [true, true]),
        random: each([0.5, 0.5], [0.6, 0.6], [false, false]),
        "cam at 4×4": each([0.3, 0.5], [0.5, 0.5], [true, false]),
      },
    ],
  };
  const differenceOf = (rows: ReturnType<typeof faithful>, title: string): number =>
    rows.find((row) => row.title === title)!.difference.mean;

  test("what a method gains on random maps, net by net", () => {
    const rows = faithful(result);
    expect(differenceOf(rows, "cam: deletion")).toBeCloseTo(-0.05, 10);
    // Gains 0.2, 0.3 and 0.3, 0.1 in deletion; 0.1, 0.2 and 0.3, 0.3 in insertion.
    expect(differenceOf(rows, "cam: deletion, gain on random")).toBeCloseTo(-0.05, 10);
    expect(differenceOf(rows, "cam: insertion, gain on random")).toBeCloseTo(0.15, 10);
    expect(rows.some(({ title }) => title.includes("random: deletion, gain"))).toBe(false);
    expect(differenceOf(pointed(result), "cam: points at the flower")).toBe(0.5);
    const coarse = coarsened(result);
    expect(differenceOf(coarse, "cam at 4×4: insertion")).toBeCloseTo(-0.2, 10);
    expect(differenceOf(coarse, "cam at 4×4: points at the flower")).toBe(0);
  });

  test("decisions by open levels", () => {
    const [right] = opened([
      [{ right: [true, false], probability: [0.9, 0.1] }],
      [{ right: [true, true], probability: [0.9, 0.6] }],
    ]);
    expect(right).toMatchObject({ title: "levels 1…1: right answers", a: { mean: 0.5 }, b: { mean: 1 } });
  });
});

test("a whole run is written, and nothing is made twice", async () => {
  const kept = new Map<string, string>();
  const keep: Keep = {
    find: async (key) => (kept.has(key) ? JSON.parse(kept.get(key)!) : undefined),
    put: async (key, value) => void kept.set(key, JSON.stringify(value)),
  };
  const options = { classes: 2, inverted: 2, shown: 1, steps: 2, inversionSteps: 2, seed: 0 };
  const photos = pair.pictures.slice(0, 2).map(({ image }) => tensor("float32", [3, SIDE, SIDE], image));
  const made = async () => {
    const maps = mapPieces(pair, { methods: ["cam"], steps: 2 });
    const levels = levelPieces(pair);
    const classes = classPieces(pair, options);
    const inversions = inversionPieces(pair, options, photos);
    const all = [...levels.pieces, ...maps.pieces, ...classes.pieces, ...inversions.pieces];
    let steps = 0;
    for (const making = doPieces(all, { keep }); !(await making.next()).done; ) steps++;
    const looks = { spectrumSlope: compare("", [1, 2], [1, 2]).a, totalVariation: compare("", [1, 2], [1, 2]).a };
    const found = {
      maps: maps.result(),
      levels: levels.result(),
      classes: classes.result(),
      inversions: inversions.result(),
      looks,
    };
    return { steps, found };
  };
  const { steps, found } = await made();
  expect(steps).toBeGreaterThan(0);
  expect((await made()).steps).toBe(0);

  const rows = ["bottom-up", "top-down", "level 1 alone, 4×4", "level 2 alone, 8×8", "level 3 alone, 16×16"];
  expect(found.classes.map(({ title, pictures }) => [title, pictures.length])).toEqual(rows.map((row) => [row, 2]));
  expect(found.levels.map((each) => each.length)).toEqual([3, 3]);
  const both = found.maps.answers[0].right.filter((right, i) => right && found.maps.answers[1].right[i]).length;
  for (const maps of found.maps.maps)
    for (const { deletion, pointing } of Object.values(maps)) {
      expect(deletion).toHaveLength(both);
      expect(pointing).toHaveLength(both);
    }
  const text = understoodText(pair, found, "COMMAND");
  for (const part of ["    COMMAND", "| bottomup-lenetfc | ", "| 16×16 | 16×16 | ×1 |", "levels 1…3", "level 2 alone"])
    expect(text).toContain(part);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
  expect(imageDims(await mapStrip(pair, found.maps, 2))[2]).toBeGreaterThan(3 * 160);
  expect(imageDims(await classStrip(found.classes))[2]).toBeGreaterThan(2 * 128);
  expect(imageDims(await inversionStrip(found.inversions, photos, 1))[2]).toBeGreaterThan(5 * 128);
});
