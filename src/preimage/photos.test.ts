/** @file Top photos against brute force, on nets and photos where the best is known. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { convNet } from "../../test/fixtures/conv-nets.ts";
import { netBytes, type Row } from "../../test/fixtures/nets.ts";
import type { Dataset } from "../data/dataset.ts";
import { syntheticFlowers } from "../data/synthetic.ts";
import { writeImageFolder } from "../data/write.node.ts";
import { InputError } from "../error.ts";
import { type Model, openModel } from "../model/model.ts";
import { activation } from "../model/unit.ts";
import { encodePng } from "../tensor/image.node.ts";
import { imageDims, makeImage } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { openPhotos, photosOf } from "./photos.node.ts";
import { type TopPhotosOptions, topPhotos } from "./photos.ts";
import { samplePhotos } from "./photos-source.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-photos-"));
afterAll(() => rmSync(folder, { recursive: true }));
const options: TopPhotosOptions = { device: "cpu", threads: 1 };

/** Pictures of given bytes, [3, side, side] each, that reach the net as they are. */
const exact = (pictures: readonly (readonly number[])[], side: number): Dataset => ({
  name: "made",
  format: "made",
  classes: ["one"],
  notes: [],
  items: pictures.map((bytes, i) => ({
    name: `p${i}`,
    label: 0,
    split: "all",
    source: { kind: "pixels", data: Uint8Array.from(bytes), height: side, width: side, channels: 3 },
  })),
});

const random = rng(11);
const noise = (count: number, side: number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: 3 * side * side }, () => random.int(0, 256)));

/** The layer's values for bytes, by the ordinary way into the net. */
async function layerOf(model: Model, address: string, bytes: readonly number[], side: number): Promise<number[]> {
  const { mean, std } = model.preprocessing;
  const x = bytes.map((v, i) => {
    const c = Math.floor(i / (side * side));
    return (v / 255 - mean[c]!) / std[c]!;
  });
  return toNumbers(await activation(model, address, fromNumbers("float32", x, [1, 3, side, side]), options));
}

/** Channel 0 is red, 1 green, 2 blue: what is brightest where is what was painted there. */
const eye = (nodes: readonly Row[] = []): Model =>
  openModel(
    netBytes({
      constants: {
        w: fromNumbers("float32", [1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3, 1, 1]),
        rows: fromNumbers("int64", [0, 3, -1]),
      },
      nodes: [["Conv", "see", "x w", "seen"], ...nodes, ["Relu", "end", "seen", "out"]],
      output: "out",
    }),
    { preprocessing: { mean: [0], std: [1] } },
  );

describe("top photos of a net that sees colours", () => {
  const side = 6;
  /** Black but for one red pixel of a brightness. */
  const dot = (brightness: number, y: number, x: number): number[] =>
    Array.from({ length: 3 * side * side }, (_, i) => (i === y * side + x ? brightness : 0));
  const photos = photosOf(exact([dot(100, 1, 2), dot(250, 4, 5), dot(0, 0, 0), dot(200, 0, 3)], side), { workers: 0 });

  it("are the brightest, with place, box, crop and distribution", async () => {
    const { units, ...rest } = await topPhotos(eye(), ["see:0", "see:2"], photos, { ...options, size: side, k: 3 });
    expect(rest).toEqual({ size: [6, 6], photos: 4, unreadable: [], complete: true, notes: [] });
    const [red, blue] = units;
    expect(red!.address).toBe("see:0");
    expect(red!.best.map(({ photo, position, address }) => [photo, position, address])).toEqual([
      ["p1", [4, 5], "see:0@4,5"],
      ["p3", [0, 3], "see:0@0,3"],
      ["p0", [1, 2], "see:0@1,2"],
    ]);
    expect(red!.best.map((b) => Math.round(b.activation * 255))).toEqual([250, 200, 100]);
    expect(red!.best[0]!.box).toEqual({ top: 4, left: 5, height: 1, width: 1 });
    expect([...red!.best[0]!.crop().data].map((v) => Math.round(v * 255))).toEqual([250, 0, 0]);
    expect(red!.peak).toMatchObject({ n: 4, deadFraction: 0.25 });
    expect(red!.peak.max).toBeCloseTo(250 / 255, 6);
    expect(red!.peak.mean).toBeCloseTo(550 / 255 / 4, 6);
    expect(red!.mean.max).toBeCloseTo(250 / 255 / 36, 6);
    expect(blue!.peak).toMatchObject({ max: 0, deadFraction: 1 });
    // Equally dark everywhere: the first photos, at the first place.
    expect(blue!.best.map((b) => [b.photo, b.position])).toEqual([
      ["p0", [0, 0]],
      ["p1", [0, 0]],
      ["p2", [0, 0]],
    ]);
  });

  it("of layers with channels last, and of sequences, count places as addresses do", async () => {
    const turned = eye([
      ["Transpose", "turn", "seen", "turned", { perm: [0, 2, 3, 1] }],
      ["Reshape", "flatten", "seen rows", "flat"],
      ["Transpose", "tokens", "flat", "sequence", { perm: [0, 2, 1] }],
    ]);
    const { units } = await topPhotos(turned, ["turn:0", "tokens:*"], photos, { ...options, size: side, k: 1 });
    expect(units.map((u) => u.best[0]!.address)).toEqual(["turn:0@4,5", "tokens:0@29", "tokens:1@0", "tokens:2@0"]);
    expect(units[0]!.best[0]!.box).toEqual({ top: 4, left: 5, height: 1, width: 1 });
    expect(units[1]!.best[0]).toMatchObject({ photo: "p1", box: { top: 0, left: 0, height: 6, width: 6 } });
  });

  it("as JSON hold no pictures", async () => {
    const top = await topPhotos(eye(), ["see:0"], photos, { ...options, size: side });
    expect(Object.keys(JSON.parse(JSON.stringify(top.units[0]!.best[0])))).toEqual([
      "photo",
      "activation",
      "position",
      "address",
      "box",
    ]);
  });

  it("are found among hundreds, with their own crops", async () => {
    const shades = Array.from({ length: 600 }, (_, i) => (i * 251) % 256);
    const hundreds = photosOf(
      exact(
        shades.map((v) => Array.from({ length: 12 }, (_, p) => (p < 4 ? v : 0))),
        2,
      ),
      { workers: 0 },
    );
    const { units } = await topPhotos(eye(), ["see:0"], hundreds, {
      ...options,
      size: 2,
      k: 20,
      batch: 32,
      sample: 64,
    });
    const order = shades.map((_, i) => i).sort((a, b) => shades[b]! - shades[a]! || a - b);
    expect(units[0]!.best.map((b) => b.photo)).toEqual(order.slice(0, 20).map((i) => `p${i}`));
    expect(units[0]!.best.map((b) => Math.round(b.crop().data[0]! * 255))).toEqual(
      order.slice(0, 20).map((i) => shades[i]),
    );
    expect(units[0]!.peak.n).toBe(600);
  });

  it("of a single unit look at its place alone", async () => {
    const { units } = await topPhotos(eye(), ["see:0@0,3", "see:0"], photos, { ...options, size: side, k: 1 });
    expect(units[0]!.best[0]).toMatchObject({ photo: "p3", position: [0, 3], address: "see:0@0,3" });
    expect(units[0]!.peak).toEqual(units[0]!.mean);
    expect(units[0]!.peak.deadFraction).toBe(0.75);
    expect(units[1]!.best[0]!.photo).toBe("p1");
  });
});

describe("top photos of a net with random weights", () => {
  const side = 8;
  const pictures = noise(21, side);
  const photos = photosOf(exact(pictures, side), { workers: 0 });
  const model = convNet();

  it.each([1, 4, 16])("are those of brute force, %d photos at a time", async (batch) => {
    const addresses = ["relu:*", "pool:2", "logits:3", "relu:1@2,7", "logits:*"];
    const { units, photos: n } = await topPhotos(model, addresses, photos, { ...options, size: side, batch, k: 5 });
    expect(n).toBe(21);
    expect(units.map((u) => u.address)).toEqual([
      ...[0, 1, 2, 3].map((c) => `relu:${c}`),
      "pool:2",
      "logits:3",
      "relu:1@2,7",
      ...[0, 1, 2, 3, 4].map((c) => `logits:${c}`),
    ]);
    for (const unit of units) {
      const values = await Promise.all(pictures.map((bytes) => layerOf(model, unit.address, bytes, side)));
      const peaks = values.map((v) => Math.max(...v));
      const order = peaks.map((_, i) => i).sort((a, b) => peaks[b]! - peaks[a]!);
      expect(unit.best.map((b) => b.photo)).toEqual(order.slice(0, 5).map((i) => `p${i}`));
      for (const [rank, best] of unit.best.entries()) {
        const own = order[rank]!;
        expect(best.activation).toBeCloseTo(peaks[own]!, 4);
        const [there] = await layerOf(model, best.address, pictures[own]!, side);
        expect(there).toBeCloseTo(best.activation, 4);
      }
      expect(unit.peak.mean).toBeCloseTo(peaks.reduce((a, b) => a + b) / 21, 4);
      expect(unit.peak.quantiles[50]).toBeCloseTo(peaks.sort((a, b) => a - b)[10]!, 4);
      const means = values.map((v) => v.reduce((a, b) => a + b) / v.length).sort((a, b) => a - b);
      expect([unit.mean.quantiles[0], unit.mean.quantiles[50], unit.mean.max]).toEqual(
        [means[0]!, means[10]!, means[20]!].map((x) => expect.closeTo(x, 4)),
      );
    }
  });

  it("have boxes that hold all that the unit depends on", async () => {
    const { units } = await topPhotos(model, ["pool:0"], photos, { ...options, size: side, k: 3 });
    for (const { box, position, photo, address, activation: before } of units[0]!.best) {
      // 3×3 with pads of 1, then 2×2 with a stride of 2: from 2p − 1 to 2p + 2, clipped.
      const along = (p: number): [number, number] => [Math.max(0, 2 * p - 1), Math.min(7, 2 * p + 2)];
      const [[top, bottom], [left, right]] = [along(position[0]!), along(position[1]!)];
      expect(box).toEqual({ top, left, height: bottom - top + 1, width: right - left + 1 });
      const bytes = pictures[Number(photo.slice(1))]!.map((v, i) => {
        const [y, x] = [Math.floor((i % 64) / 8), i % 8];
        return y >= top && y <= bottom && x >= left && x <= right ? v : 255 - v;
      });
      expect((await layerOf(model, address, bytes, side))[0]).toBeCloseTo(before, 4);
    }
  });

  it("are the same for a net that takes one picture at a time", async () => {
    const fixed = convNet({ side: 8 });
    const { units } = await topPhotos(fixed, ["pool:0", "logits:1"], photos, { ...options, k: 4 });
    for (const unit of units) {
      const peaks = await Promise.all(
        pictures.map(async (bytes) => Math.max(...(await layerOf(fixed, unit.address, bytes, side)))),
      );
      const order = peaks.map((_, i) => i).sort((a, b) => peaks[b]! - peaks[a]!);
      expect(unit.best.map((b) => b.photo)).toEqual(order.slice(0, 4).map((i) => `p${i}`));
    }
  });

  it("stop when told to, with what there is", async () => {
    const stop = new AbortController();
    const seen: number[][] = [];
    const top = await topPhotos(model, ["relu:0"], photos, {
      ...options,
      size: side,
      batch: 4,
      signal: stop.signal,
      progress: (...of) => {
        seen.push(of);
        if (seen.length === 2) stop.abort();
      },
    });
    expect(top).toMatchObject({ photos: 8, complete: false });
    expect(seen).toEqual([
      [4, 21],
      [8, 21],
    ]);
  });

  it.each<[string, readonly string[], Partial<TopPhotosOptions>, RegExp]>([
    ["no units", [], {}, /no units are named: give addresses/],
    [
      "a layer without a channel",
      ["relu"],
      {},
      /relu is no unit: expected a channel \(relu:0\) or all of them \(relu:\*\)/,
    ],
    ["a channel that is not there", ["relu:9"], {}, /relu has no channel 9: expected 0 to 3/],
    ["a position that is not there", ["relu:*@9,0"], {}, /relu has no position 9,0/],
    ["a layer that is not there", ["rleu:*"], {}, /the net has no layer "rleu": did you mean relu/],
    ["none to keep", ["relu:0"], { k: 0 }, /k: expected a whole number above 0, got 0/],
    ["half a photo at a time", ["relu:0"], { batch: 0.5 }, /batch: expected a whole number above 0, got 0.5/],
  ])("refuse %s", async (_, addresses, more, message) => {
    const run = topPhotos(model, addresses, photos, { ...options, size: side, ...more });
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(message);
  });

  it("refuse activations that are no numbers", async () => {
    const broken = eye([["Log", "log", "seen", "logged"]]);
    const black = photosOf(exact([new Array(3 * 36).fill(0)], 6), { workers: 0 });
    await expect(topPhotos(broken, ["log:0"], black, { ...options, size: 6 })).rejects.toThrow(
      /^log:0 is not a number on a photo/,
    );
  });
});

describe("a folder of photos", () => {
  const flowers = syntheticFlowers({ classes: 3, count: 12, size: 32, seed: 4 });

  it("needs no classes, and names what cannot be read", async () => {
    const path = join(folder, "loose");
    mkdirSync(join(path, "deep", "er"), { recursive: true });
    const colours = [0.2, 0.9, 0.5];
    for (const [i, v] of colours.entries())
      writeFileSync(
        join(path, i === 1 ? "deep/er/b.png" : `${i}.png`),
        await encodePng(makeImage(3, 40, 30 + i, (c) => (c === 0 ? v : 0.1))),
      );
    for (let i = 0; i < 20; i++) writeFileSync(join(path, `broken${i}.jpg`), "no picture");
    writeFileSync(join(path, "notes.txt"), "not a picture either");
    const photos = await openPhotos(path);
    expect(photos.names).toHaveLength(23);
    const top = await topPhotos(eye(), ["see:0"], photos, { ...options, size: 8, batch: 4, k: 2 });
    expect(top).toMatchObject({ photos: 3, complete: true });
    expect(top.units[0]!.best.map((b) => b.photo)).toEqual(["deep/er/b.png", "2.png"]);
    expect(top.unreadable).toHaveLength(20);
    expect(top.unreadable[0]!.photo).toBe("broken0.jpg");
    expect(top.unreadable[0]!.reason).toMatch(/^broken0.jpg: image: cannot be decoded/);
  });

  it("without one that can be read is an error", async () => {
    const path = join(folder, "broken");
    mkdirSync(path);
    writeFileSync(join(path, "a.png"), "");
    const run = topPhotos(eye(), ["see:0"], await openPhotos(path), { ...options, size: 8 });
    await expect(run).rejects.toThrow(/broken: none of the 1 photos could be read \(a.png: /);
  });

  it.each<[string, string, RegExp]>([
    ["that is empty", "empty", /empty holds no photos: expected JPEG, PNG, .* got nothing at all/],
    ["without pictures", "words", /words holds no photos: expected JPEG.*got 1 files, none of them a picture/],
    ["that is not there", "nowhere", /there is no such file or folder/],
  ])("%s is an error", async (_, name, message) => {
    if (name !== "nowhere") mkdirSync(join(folder, name));
    if (name === "words") writeFileSync(join(folder, name, "a.txt"), "a");
    await expect(openPhotos(join(folder, name))).rejects.toThrow(InputError);
    await expect(openPhotos(join(folder, name))).rejects.toThrow(message);
  });

  it("gives what the data set gives", async () => {
    const path = join(folder, "flowers");
    await writeImageFolder(flowers, path);
    const addresses = ["relu:*", "logits:*"];
    const run = async (photos: Parameters<typeof topPhotos>[2]) =>
      (await topPhotos(convNet(), addresses, photos, { ...options, size: 32, k: 3 })).units.map((u) => [
        u.peak,
        ...u.best.map((b) => b.activation),
      ]);
    const [fromDisk, drawn] = [await run(await openPhotos(path)), await run(photosOf(flowers, { workers: 0 }))];
    for (const [i, [peak, ...best]] of fromDisk.entries()) {
      expect(best).toEqual(drawn[i]!.slice(1));
      expect((peak as { n: number }).n).toBe(12);
    }
  });

  it("gives an even sample of its photos", async () => {
    const photos = photosOf(flowers, { workers: 0 });
    const sample: string[] = [];
    for await (const { name, image } of samplePhotos(photos, { side: 16, count: 4 })) {
      expect(imageDims(image)).toEqual([3, 16, 16]);
      sample.push(name);
    }
    expect(sample).toEqual([1, 4, 7, 10].map((i) => flowers.items[i]!.name));
  });
});

it("crops are shrunk to the side that is asked for, and seen as the photo has them", async () => {
  const side = 24;
  const left = Array.from({ length: 3 * side * side }, (_, i) => (i % side < side / 2 ? 255 : 0));
  const photos = photosOf(exact([left], side), { workers: 0 });
  const { units } = await topPhotos(convNet(), ["logits:0"], photos, { ...options, size: side, cropSide: 8 });
  const { box, crop } = units[0]!.best[0]!;
  expect(box).toEqual({ top: 0, left: 0, height: 24, width: 24 });
  const image = crop();
  expect(imageDims(image)).toEqual([3, 8, 8]);
  expect([image.data[0], image.data[7]]).toEqual([1, 0]);
});
