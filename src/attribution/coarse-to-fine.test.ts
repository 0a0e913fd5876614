/** @file The decision of a top-down net by the number of open levels, against nets opened one by one. */

import { describe, expect, it } from "vitest";
import { openLevels } from "../model/levels.ts";
import { type Model, openModel } from "../model/model.ts";
import { denormalised, normalise } from "../model/preprocessing.ts";
import { activation } from "../model/unit.ts";
import { netSource, nets, sourceBytes } from "../nets/net.ts";
import { builderOf } from "../ops/builder.ts";
import { compile } from "../runtime/compile.ts";
import { makeImage } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { tensor, toNumbers } from "../tensor/tensor.ts";
import { decisionCurve, levelPictures, openCoarseToFine } from "./coarse-to-fine.ts";

const options = { device: "cpu", threads: 1 } as const;
const opened = (name: "topdown-lenetfc" | "bottomup-lenetfc"): Model =>
  openModel(sourceBytes(netSource(nets[name]({ classes: 3, width: 4 }), { picture: [3, 16, 16], seed: 2 })), {
    preprocessing: { mean: [0.5], std: [0.25] },
  });
const model = opened("topdown-lenetfc");
const pictures = [1, 2, 3].map((seed) => rng(seed).fillUniform(new Float32Array(3 * 16 * 16)));
const softmax = (z: readonly number[]): number[] => {
  const e = z.map((x) => Math.exp(x - Math.max(...z)));
  return e.map((x) => x / e.reduce((a, b) => a + b));
};

describe("with levels opened one by one", () => {
  it("probabilities are those of each net by itself", async () => {
    const net = await openCoarseToFine(model, { ...options, pictures: 3, batch: 2 });
    const answers = await net.of(pictures);
    await net.dispose();
    expect(net.levels.map(({ name }) => name)).toEqual(["level1", "level2", "level3"]);
    for (const [k, own] of answers.entries())
      for (const [i, image] of pictures.entries()) {
        const input = tensor(
          "float32",
          [1, 3, 16, 16],
          image.map((x) => (x - 0.5) / 0.25),
        );
        const logits = toNumbers(await activation(openLevels(model, k + 1), "logits", input, options));
        softmax(logits).forEach((p, c) => {
          expect(own[i]![c]!).toBeCloseTo(p, 5);
        });
      }
  });

  it("the curve counts right answers and those of the whole net", async () => {
    // Of three pictures: the answers by open levels, as classes.
    const decisions = [
      [0, 1, 1],
      [0, 0, 1],
      [0, 0, 2],
    ];
    const row = (c: number): Float32Array => Float32Array.from([0, 1, 2], (k) => (k === c ? 0.8 : 0.1));
    const net = {
      levels: openedLevels(),
      of: async (images: readonly Float32Array[]) => decisions.map((own) => images.map((x) => row(own[x[0]!]!))),
    };
    async function* labelled() {
      for (const i of [0, 1, 2]) yield { image: Float32Array.of(i), label: [0, 0, 1][i]! };
    }
    const { n, points } = await decisionCurve(net, labelled());
    expect(n).toBe(3);
    expect(points.map(({ open, accuracy, agreement }) => [open, accuracy.value, agreement.value])).toEqual([
      [1, 2 / 3, 1 / 3],
      [2, 1, 2 / 3],
      [3, 2 / 3, 1],
    ]);
    expect(points[1]!.probability.mean).toBeCloseTo(0.8, 6);
    expect(points[0]!.accuracy.interval[0]).toBeLessThan(2 / 3);
    await expect(decisionCurve(net, (async function* () {})())).rejects.toThrow("no labelled pictures");
  });

  it("a bottom-up net has none, and says so", async () => {
    await expect(openCoarseToFine(opened("bottomup-lenetfc"), options)).rejects.toThrow("is no top-down net");
  });
});

const openedLevels = () =>
  [1, 2, 3].map((k) => ({ name: `level${k}`, value: { name: `level${k}` }, size: [k, k] as const }));

it("the finest level holds the picture, a coarser one of one colour that colour", async () => {
  const photo = makeImage(3, 16, 16, (c, y, x) => 0.5 + 0.4 * Math.sin(x + 2 * y + c));
  const shown = await levelPictures(model, photo, options);
  expect(shown.map(({ dims }) => dims)).toEqual([
    [3, 4, 4],
    [3, 8, 8],
    [3, 16, 16],
  ]);
  shown[2]!.data.forEach((v, i) => {
    expect(v).toBeCloseTo(photo.data[i]!, 5);
  });
  const plain = await levelPictures(
    model,
    makeImage(3, 20, 16, (c) => [0.2, 0.6, 0.9][c]!),
    options,
  );
  for (const { data, dims } of plain)
    data.forEach((v, i) => {
      expect(v).toBeCloseTo([0.2, 0.6, 0.9][Math.floor(i / (dims[1]! * dims[2]!))]!, 3);
    });
});

it.each(["RGB", "BGR"] as const)("a picture comes back from the net's own numbers (%s)", async (colour) => {
  const preprocessing = { layout: "NCHW", colour, range: [0, 255], mean: [10, 120, 200], std: [50, 60, 70] } as const;
  const image = makeImage(3, 2, 3, (c, y, x) => 0.1 + 0.2 * c + 0.05 * y + 0.1 * x);
  const g = builderOf();
  g.output(normalise(g, g.input("x", "float32", [1, 3, 2, 3]), preprocessing), "y");
  const program = await compile(g.graph, options);
  const { y } = await program.run({ x: tensor("float32", [1, 3, 2, 3], image.data) });
  await program.dispose();
  const back = denormalised(tensor("float32", [3, 2, 3], y!.data as Float32Array), preprocessing);
  back.data.forEach((v, i) => {
    expect(v).toBeCloseTo(image.data[i]!, 5);
  });
});
