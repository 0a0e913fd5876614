/** @file The four nets of ../shared/models: names, guesses, classes of real pictures, and their gradients. */

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../tensor/image.node.ts";
import { type Image, makeImage } from "../tensor/image.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { parseAddress } from "./address.ts";
import { gradcheck } from "./gradcheck.ts";
import { inspect } from "./inspect.ts";
import { loadModel } from "./load.node.ts";
import type { Model } from "./model.ts";
import { prepare } from "./preprocessing.ts";
import { pictureSize } from "./size.ts";
import { activation } from "./unit.ts";

const shared = "../shared";
const pathOf = (name: string): string => `${shared}/models/${name}.onnx`;
const imageNetLabels = `${shared}/models/imagenet-simple-labels.json`;

/** The classes of a picture, most likely first, with their logits. */
async function classify(model: Model, picture: Image): Promise<{ classes: string[]; logits: number[] }> {
  const x = prepare(picture, model.preprocessing, pictureSize(model));
  const scores = toNumbers(await activation(model, "logits", x, { device: "cpu" }));
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  return { classes: order.map((i) => model.labels!.names[i]!), logits: order.map((i) => scores[i]!) };
}

/** White strokes on black, as MNIST has them: lines [x0, y0, x1, y1] on 28 × 28 pixels. */
const drawn = (lines: readonly (readonly [number, number, number, number])[]): Image =>
  makeImage(1, 28, 28, (_, y, x) => {
    const distances = lines.map(([x0, y0, x1, y1]) => {
      const [dx, dy] = [x1 - x0, y1 - y0];
      const t = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)));
      return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
    });
    return Math.max(0, Math.min(1, 2 - Math.min(...distances)));
  });

describe.skipIf(!existsSync(pathOf("mnist_onnxjs")))("the MNIST net", () => {
  const load = (): Promise<Model> => loadModel(pathOf("mnist_onnxjs"));

  it("is grey, with readable layers", async () => {
    const model = await load();
    expect(model.preprocessing).toMatchObject({ colour: "grey", layout: "NCHW" });
    expect(model.layers.map((l) => l.address).slice(0, 4)).toEqual(["conv1", "add1", "relu1", "maxpool1"]);
    expect(parseAddress(model, "logits:7").channel).toBe(7);
  });

  it.each([
    ["1", [[14, 5, 14, 22]]],
    [
      "7",
      [
        [8, 6, 19, 6],
        [19, 6, 12, 22],
      ],
    ],
    [
      "4",
      [
        [9, 6, 8, 14],
        [8, 14, 19, 14],
        [18, 6, 17, 22],
      ],
    ],
  ] as const)("sees a drawn %s by a margin that a trained softmax has", async (digit, lines) => {
    const { classes, logits } = await classify(await load(), drawn(lines));
    expect(classes[0]).toBe(digit);
    const margin = logits[0]! - logits[1]!;
    expect(margin).toBeGreaterThan(5);
    expect(margin).toBeLessThan(100);
  });
});

describe.skipIf(!existsSync(pathOf("resnet20-cifar10-rebuilt")))("the CIFAR-10 ResNet", () => {
  it("has torch's names, from its weights", async () => {
    const model = await loadModel(pathOf("resnet20-cifar10-rebuilt"));
    const names = model.layers.map((l) => l.address);
    for (const block of [1, 2, 3].flatMap((s) => [0, 1, 2].map((b) => `layer${s}.${b}`))) {
      expect(names).toContain(block);
      expect(parseAddress(model, block).layer.op).toBe("Relu");
      expect(names).toContain(`${block}.conv1`);
    }
    expect(parseAddress(model, "layer3").layer.address).toBe("layer3.2");
    expect(parseAddress(model, "logits:cat").channel).toBe(3);
    const { totals, layers } = await inspect(model);
    // 269,722 trained parameters (Idelbayev, pytorch_resnet_cifar10) and 688 means and variances of its 688 channels.
    expect(totals.params).toBe(269_722 + 2 * 688);
    expect(layers.find((l) => l.address === "layer2.0")).toMatchObject({
      shape: [1, 32, 16, 16],
      stride: 2,
      receptiveField: 21,
    });
  });
});

const robin = `${shared}/photos/n01558993_robin.JPEG`;
describe.skipIf(!existsSync(pathOf("squeezenet1.1-rebuilt")) || !existsSync(robin))("the ImageNet nets", () => {
  it.each(["squeezenet1.1-rebuilt", "mobilenetv2-fp32-int8fc-rebuilt"])(
    "%s sees a robin with the assumed preprocessing",
    async (name) => {
      const model = await loadModel(pathOf(name), { labels: imageNetLabels });
      expect(model.preprocessingSource).toMatch(/^ImageNet defaults assumed/);
      const { image } = await decodeImage(readFileSync(robin));
      const { classes } = await classify(model, image);
      expect(classes[0]).toMatch(/robin/i);
    },
  );

  it("counts SqueezeNet 1.1 as its authors do", async () => {
    const { totals, layers } = await inspect(await loadModel(pathOf("squeezenet1.1-rebuilt")));
    expect(totals.params).toBe(1_235_496);
    expect(layers[0]).toMatchObject({ address: "conv0", stride: 2, receptiveField: 3 });
  });
});

describe.each([
  ["mnist_onnxjs", "logits:3"],
  ["resnet20-cifar10-rebuilt", "layer2.0:3@4,4"],
  ["squeezenet1.1-rebuilt", "concat2:7"],
  ["mobilenetv2-fp32-int8fc-rebuilt", "add1:3"],
])("the gradient of %s", (name, address) => {
  it.skipIf(!existsSync(pathOf(name)))(`agrees with differences at ${address}`, async () => {
    const result = await gradcheck(await loadModel(pathOf(name)), address, { directions: 2, device: "cpu" });
    expect(result).toMatchObject({ passed: true, precision: "float64" });
  });
});
