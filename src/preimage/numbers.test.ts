/** @file The numbers beside pictures, on nets and photos whose numbers are known or can be had another way. */

import { describe, expect, it } from "vitest";
import { convNet, convNetSpec, finish } from "../../test/fixtures/conv-nets.ts";
import { netBytes } from "../../test/fixtures/nets.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Model, openModel } from "../model/model.ts";
import { shippedModel } from "../model/shipped.node.ts";
import { type Image, luma, makeImage } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { octaveNoise } from "./calibrate.ts";
import { encode } from "./encode.ts";
import { invert } from "./invert.ts";
import { maximize } from "./maximize.ts";
import { classProbabilities, standing } from "./measure-classes.ts";
import { spreadLegend, spreadPicture } from "./measure-spread.ts";
import { netAt } from "./net.ts";
import { classOf, type PictureNumbers, pictureNumbers } from "./numbers.ts";
import { isClassifier } from "./numbers-classes.ts";
import { shippedJudge } from "./numbers-judge.node.ts";
import { photoReference, referenceKey, type Subject } from "./numbers-photos.ts";
import { numberLine, numberRows } from "./numbers-words.ts";
import { photosOf } from "./photos.node.ts";
import { topPhotos } from "./photos.ts";

const cpu = { device: "cpu", threads: 1 } as const;
const names = ["rose", "daisy", "tulip", "lily", "iris"];
const side = 16;

const named = (spec: Parameters<typeof convNetSpec>[0] = {}, labels = names): Model =>
  openModel(netBytes(convNetSpec(spec)), { name: "net", labels: { names: labels, source: "test" } });
const net = named();

const random = rng(3);
/** Photos that reach the net as they are. */
const dataset: Dataset = {
  name: "made",
  format: "made",
  classes: ["one"],
  notes: [],
  items: Array.from({ length: 9 }, (_, i) => ({
    name: `p${i}`,
    label: 0,
    split: "all",
    source: {
      kind: "pixels",
      data: Uint8Array.from({ length: 3 * side * side }, () => random.int(0, 256)),
      height: side,
      width: side,
      channels: 3,
    },
  })),
};
const photos = photosOf(dataset, { workers: 0 });
const images: Image[] = dataset.items.map(({ source }) =>
  source.kind === "pixels"
    ? makeImage(3, side, side, (c, y, x) => source.data[(c * side + y) * side + x]! / 255)
    : makeImage(3, 1, 1),
);
const photo = octaveNoise(rng(5), 3, [side, side]);
const made = (steps: number, more: Parameters<typeof maximize>[2] = {}, objective = "relu:1") =>
  finish(maximize(net, objective, { steps, size: side, ...cpu, ...more }));

describe("what photos reach", () => {
  it("is what topPhotos finds for channels and classes, in any order of subjects", async () => {
    const addresses = ["relu:2", "logits:4"];
    const subjects = addresses.map((objective): Subject => ({ kind: "objective", objective }));
    const [found, top] = [
      await photoReference(net, subjects, photos, { size: side, ...cpu }),
      await topPhotos(net, addresses, photos, { size: side, batch: 4, ...cpu }),
    ];
    expect(found.photos).toBe(9);
    for (const [i, address] of addresses.entries()) {
      const [own, other] = [found.activations[address]!, top.units[i]!.mean];
      expect(own.n).toBe(other.n);
      for (const p of [0, 37, 50, 100]) expect(own.quantiles[p]).toBeCloseTo(other.quantiles[p]!, 5);
    }
  });

  it("is measured for whole layers, sums and caricatures as for pictures", async () => {
    const relu = net.layers.find((layer) => layer.address === "relu")!;
    const sized = netAt(net, [relu.value], side);
    const codeOf = async (image: Image): Promise<number[]> =>
      toNumbers((await encode(net, sized, relu.value, image, cpu)).code);
    const [target, ...codes] = await Promise.all([photo, ...images].map(codeOf));
    const positive = target!.map((x) => Math.max(0, x));
    const norm = positive.reduce((s, x) => s + x * x, 0);
    const caricature: Subject = { kind: "caricature", layer: "relu", photo };
    const found = await photoReference(net, [{ kind: "objective", objective: "relu" }, caricature], photos, {
      size: side,
      ...cpu,
    });
    const squares = codes.map((code) => code.reduce((s, x) => s + x * x, 0) / code.length);
    const products = codes.map((code) => code.reduce((s, x, i) => s + x * positive[i]!, 0) / norm);
    expect(found.activations.relu!.max).toBeCloseTo(Math.max(...squares), 4);
    const key = referenceKey(net, caricature)!;
    expect(found.activations[key]!.max).toBeCloseTo(Math.max(...products), 4);
    expect(found.activations[key]!.mean).toBeCloseTo(products.reduce((a, b) => a + b) / products.length, 4);
  });
});

describe("a maximised picture", () => {
  it("has its activation with and without transforms, among photos", async () => {
    const still = (await made(3, { views: 4, transforms: "jitter:0" })).returned;
    expect(still.transformed!.n).toBe(4);
    expect(still.transformed!.mean).toBeCloseTo(still.activation.end, 5);
    expect(still.transformed!.sd).toBeLessThan(1e-5);
    const noisy = (await made(3, { views: 4, transforms: "noise:0.5" })).returned;
    expect(noisy.transformed!.sd).toBeGreaterThan(1e-4);
    expect((await made(3, { views: 4, transforms: "none" })).returned.transformed).toBeUndefined();
    expect((await made(3)).returned.transformed).toBeUndefined();

    const subject: Subject = { kind: "objective", objective: "relu:1" };
    const reference = await photoReference(net, [subject], photos, { size: side, ...cpu });
    const { reached, classes } = await pictureNumbers(net, noisy, subject, { reference, ...cpu });
    const { max } = reference.activations["relu:1"]!;
    expect(reached!.plain).toMatchObject({ activation: noisy.activation.end, ratio: noisy.activation.end / max });
    expect(reached!.transformed).toMatchObject({ activation: noisy.transformed!.mean, draws: 4 });
    expect(reached!.photos!.n).toBe(9);
    expect(classes!.net.target).toBeUndefined();
    expect(classes!.net.top).toHaveLength(5);
  });

  it.each(["natural", "lucid", "maco"] as const)("is looked at under the transforms of %s", async (preset) => {
    const { transformed, activation } = (await made(2, { views: 3, preset, restarts: 2 })).returned;
    expect(transformed!.n).toBe(3);
    expect(Number.isFinite(transformed!.mean)).toBe(true);
    expect(Math.abs(transformed!.mean - activation.end)).toBeLessThan(1 + Math.abs(activation.end));
  });

  it("draws the same views for the same seed, and does not change by being looked at", async () => {
    const [a, b, c] = [await made(3, { views: 3 }), await made(3, { views: 3 }), await made(3)];
    expect(a.returned.transformed).toEqual(b.returned.transformed);
    expect(a.returned.image.data).toEqual(c.returned.image.data);
  });

  it("of a class has its probability on the net and on a judge that knows the classes in another order", async () => {
    const order = [3, 0, 4, 1, 2];
    const weightsOf = (name: string): Tensor =>
      net.source.constants.get([...net.source.constants.keys()].find((v) => v.name === name)!)!;
    const permuted = (name: string): Tensor => {
      const t = weightsOf(name);
      const row = t.size / 5;
      const values = toNumbers(t);
      return fromNumbers(
        "float32",
        order.flatMap((i) => values.slice(i * row, (i + 1) * row)),
        t.dims,
      );
    };
    const judge = named(
      { constants: { "fc.weight": permuted("fc.weight"), "fc.bias": permuted("fc.bias") } },
      order.map((i) => names[i]!),
    );
    const subject: Subject = { kind: "objective", objective: "logits:tulip" };
    expect(classOf(net, subject)).toBe(2);
    const picture = { image: images[0]! };
    const { classes, reached } = await pictureNumbers(net, picture, subject, { judge, ...cpu });
    const [own] = await classProbabilities(net, [images[0]!], cpu);
    expect(reached).toBeUndefined();
    expect(classes!.net.target).toMatchObject({ class: 2, label: "tulip", ...standing(own!, 2) });
    expect(classes!.judge!.target!.probability).toBeCloseTo(own![2]!, 5);
    expect(classes!.net.top.map(({ probability }) => probability)).toEqual([...own!].sort((a, b) => b - a));
    const other = named({}, ["rose", "daisy", "tulip", "lily", "oak"]);
    await expect(pictureNumbers(net, picture, subject, { judge: other, ...cpu })).rejects.toThrow(
      /cannot judge net: it does not know "iris", and it has "oak" besides/,
    );
  });

  it("takes a path by layer when photos of its class are given, and says why it does not", async () => {
    const subject: Subject = { kind: "objective", objective: "logits:rose" };
    const classPhotos = { same: images.slice(0, 3), others: images.slice(3, 6) };
    const whole = await pictureNumbers(net, { image: images[7]! }, subject, { classPhotos, ...cpu });
    expect(whole.path!.at(-1)!.address).toBe("logits");
    expect(whole.notes).toEqual([]);
    const few = await pictureNumbers(net, { image: images[7]! }, subject, {
      classPhotos: { same: images.slice(0, 1), others: [] },
      ...cpu,
    });
    expect(few.path).toBeUndefined();
    expect(few.notes[0]).toMatch(/^path similarity: .*expected two photos of the class/);
  });

  it("has a spread over its restarts", async () => {
    const [black, white] = [0, 1].map((v) => makeImage(3, side, side, () => v)) as [Image, Image];
    const end = { start: 0, end: 1 };
    const restarts = [black, white].map((image, seed) => ({ seed, image, objective: end, activation: end }));
    const subject: Subject = { kind: "objective", objective: "relu:1" };
    const numbers = await pictureNumbers(net, { image: black, restarts }, subject, cpu);
    // Two values 0 and 1: variance 1/2.
    expect(numbers.restarts).toMatchObject({ n: 2 });
    expect(numbers.restarts!.pixels).toBeCloseTo(Math.SQRT1_2, 6);
    expect(numbers.totalVariation.value).toBe(0);
    expect(numbers.spectrumSlope.value).toBeNaN();
  });
});

describe("an inversion", () => {
  const subject: Subject = { kind: "inversion", layer: "relu", photo };

  it("that is the photo itself has lost nothing", async () => {
    const { inversion, classes, reached } = await pictureNumbers(net, { image: photo }, subject, {
      judge: net,
      ...cpu,
    });
    expect(inversion).toMatchObject({ psnr: Number.POSITIVE_INFINITY, kept: { position: { shift: [0, 0] } } });
    expect(inversion!.ssim).toBeCloseTo(1, 6);
    expect(classes!.net.photo).toMatchObject({ agrees: true, probability: classes!.net.top[0]!.probability });
    expect(classes!.judge!.photo!.agrees).toBe(true);
    expect(reached).toBeUndefined();
  });

  it("has the technique's own errors", async () => {
    const { returned } = await finish(
      invert(net, photo, "relu", { steps: 3, size: side, restarts: 2, others: images.slice(0, 3), ...cpu }),
    );
    const { inversion, restarts } = await pictureNumbers(net, returned, subject, cpu);
    expect(inversion).toMatchObject({ error: returned.error, psnr: returned.psnr, ssim: returned.ssim });
    expect(inversion!.error!.cvpr).toBeGreaterThan(0);
    expect(restarts).toMatchObject({ n: 2, activation: returned.spread });
  });
});

describe("nets without classes", () => {
  it("are told by their output", async () => {
    expect([net, convNet()].map(isClassifier)).toEqual([true, true]);
    const maps = openModel(
      netBytes({
        constants: { w: fromNumbers("float32", [1, 1, 1], [1, 3, 1, 1]) },
        nodes: [["Conv", "c", "x w", "out"]],
        output: "out",
        outputShape: ["N", 1, "H", "W"],
      }),
    );
    expect(isClassifier(maps)).toBe(false);
    const layer = maps.layers[0]!.address;
    const numbers = await pictureNumbers(maps, { image: photo }, { kind: "objective", objective: layer }, cpu);
    expect(numbers.classes).toBeUndefined();
    expect(numbers.notes).toEqual([]);
  });
});

it("no judge ships for classes without names, or with others", async () => {
  expect(await shippedJudge(convNet())).toBeUndefined();
  expect(await shippedJudge(net)).toBeUndefined();
});

it("a judge that ships knows the classes of its net", async () => {
  const flowers = await shippedModel();
  const judge = await shippedJudge(flowers);
  expect(judge?.labels?.names.toSorted()).toEqual(flowers.labels!.names.toSorted());
  expect(await judge!.hash()).not.toBe(await flowers.hash());
  expect(await shippedJudge(judge!)).toBeUndefined();
});

describe("numbers in words", () => {
  it("name the class, the photos and the errors", async () => {
    const subject: Subject = { kind: "objective", objective: "logits:rose" };
    const reference = await photoReference(net, [subject], photos, { size: side, ...cpu });
    const { returned } = await made(2, { views: 2 }, "logits:rose");
    const numbers = await pictureNumbers(net, returned, subject, { reference, judge: net, ...cpu });
    const rows = numberRows(numbers);
    const rank = numbers.classes!.net.target!.rank;
    expect(rows["rose, says the net"]).toMatch(new RegExp(`^probability [\\d.]+, rank ${rank}$`));
    expect(rows["photos reach"]).toMatch(/\(9 photos\)$/);
    expect(numberLine(numbers)).toMatch(/more active than [\d.]+ % of 9 photos.*rose [\d.]+ on net.*spectrum slope/);
    const all = JSON.parse(JSON.stringify(numbers)) as PictureNumbers;
    expect(all.classes).toEqual(numbers.classes);
  });
});

describe("the map of a spread", () => {
  const brightness = (image: Image): number[] =>
    Array.from({ length: image.size / 3 }, (_, p) =>
      luma.reduce((sum, w, c) => sum + w * image.data[(c * image.size) / 3 + p]!, 0),
    );

  it("goes from black to light, evenly upwards, and no further", () => {
    const ramp = makeImage(1, 1, 40, (_, __, x) => x / 100);
    const picture = brightness(spreadPicture(ramp));
    expect(picture[0]).toBe(0);
    for (let x = 1; x <= 30; x++) expect(picture[x]).toBeGreaterThan(picture[x - 1]!);
    expect(picture[39]).toBe(picture[30]);
  });

  it("has a legend with 0 below", () => {
    const legend = brightness(spreadLegend(20, 16));
    expect(legend[19 * 16 + 8]).toBeCloseTo(0, 6);
    expect(legend[8]).toBeGreaterThan(0.9);
  });
});
