/** @file What the methods compute on nets for which the right map can be written down. */

import { describe, expect, it } from "vitest";
import { residualNet } from "../../test/fixtures/conv-nets.ts";
import { netBytes, weights } from "../../test/fixtures/nets.ts";
import { plantedHead, plantedNet, plantedPicture, plantedSide } from "../../test/fixtures/planted.ts";
import { openModel } from "../model/model.ts";
import { activation } from "../model/unit.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, tensor, toNumbers } from "../tensor/tensor.ts";
import { attribute } from "./attribute.ts";
import { explained } from "./explained.ts";
import { gaussLegendre } from "./gauss-legendre.ts";
import { methods } from "./methods.ts";

const options = { device: "cpu", threads: 1 } as const;
const side = 8;
const area = side * side;
const head = toNumbers(weights([2, 3 * area], 9, 0.1));

/** logits = W x on pictures of 8 × 8 in 0…1; nothing in it has rows and columns. */
const linear = explained(
  openModel(
    netBytes({
      input: ["N", 3, side, side],
      constants: { weights: fromNumbers("float32", head, [2, 3 * area]) },
      nodes: [
        ["Flatten", "flatten", "x", "flat"],
        ["Gemm", "fc", "flat weights", "out", { transB: 1 }],
      ],
      output: "out",
      outputShape: ["N", 2],
    }),
    { preprocessing: { mean: [0], std: [1] } },
  ),
);
const image = rng(3).fillUniform(new Float32Array(3 * area), 0.1, 0.9);
/** Of class 1, for colour c of pixel p. */
const weight = (c: number, p: number): number => head[3 * area + c * area + p]!;
const pixels = (f: (p: number) => number): number[] => Array.from({ length: area }, (_, p) => f(p));
const sum = (f: (c: number) => number): number => f(0) + f(1) + f(2);
const close = (a: ArrayLike<number>, b: readonly number[], digits = 5): void => {
  expect(a.length).toBe(b.length);
  b.forEach((x, i) => {
    expect(a[i]!).toBeCloseTo(x, digits);
  });
};
const mapOf = async (method: (typeof methods)[keyof typeof methods]): Promise<Float32Array> =>
  (await attribute(linear, method, { image, class: 1 }, options)).data;

describe("on a linear net", () => {
  const largest = pixels((p) => Math.max(...[0, 1, 2].map((c) => Math.abs(weight(c, p)))));
  // A net that subtracts no mean has mid-grey for nothing.
  const parts = pixels((p) => sum((c) => weight(c, p) * (image[c * area + p]! - 0.5)));

  it("the gradient is the weights, noise or not", async () => {
    close(await mapOf(methods.gradient), largest);
    close(await mapOf(methods["smooth-grad"]), largest);
  });

  it("gradient times input and integrated gradients are what each pixel adds to the logit of mid-grey", async () => {
    close(await mapOf(methods["gradient-input"]), parts);
    close(await mapOf(methods["integrated-gradients"]), parts);
  });

  it("occlusion is the mean over four patches of what each pixel under them adds", async () => {
    const step = side / 8;
    const wanted = pixels((p) => {
      const [y, x] = [Math.floor(p / side), p % side];
      let total = 0;
      for (let top = -step; top < side; top += step)
        for (let left = -step; left < side; left += step) {
          const under = (q: number): boolean => {
            const [v, u] = [Math.floor(q / side), q % side];
            return v >= top && v < top + 2 * step && u >= left && u < left + 2 * step;
          };
          if (under(y * side + x)) total += parts.reduce((s, part, q) => s + (under(q) ? part : 0), 0);
        }
      return total / 4;
    });
    close(await mapOf(methods.occlusion), wanted, 4);
  });

  it.each(["cam", "grad-cam", "layer-cam"] as const)("%s says that there are no feature maps", async (name) => {
    await expect(mapOf(methods[name])).rejects.toThrow("no main layer of model has rows and columns");
  });
});

it("integrated gradients add up to what the logit gains from the mean colour on", async () => {
  const net = explained(residualNet(), { size: 32 });
  const random = rng(8);
  const photo = random.fillUniform(new Float32Array(3 * 32 * 32));
  const map = await attribute(net, methods["integrated-gradients"], { image: photo, class: 2 }, options);
  const logit = async (pixels: Float32Array): Promise<number> => {
    const { mean, std } = residualNet().preprocessing;
    const input = pixels.map((v, i) => (v - mean[Math.floor(i / 1024)]!) / std[Math.floor(i / 1024)]!);
    return toNumbers(
      await activation(residualNet(), "logits:2", tensor("float32", [1, 3, 32, 32], input), options),
    )[0]!;
  };
  const grey = Float32Array.from(photo, (_, i) => net.meanColour[Math.floor(i / 1024)]!);
  const gain = (await logit(photo)) - (await logit(grey));
  const total = map.data.reduce((a, b) => a + b, 0);
  expect(Math.abs(gain)).toBeGreaterThan(0.05);
  // The net has kinks, so that fifty places are not exact.
  expect(Math.abs(total - gain)).toBeLessThan(0.05 * Math.abs(gain) + 0.01);
});

describe("on a net that ends in global average pooling and a linear layer", () => {
  const net = explained(plantedNet(), { size: plantedSide });
  const picture = plantedPicture();
  const places = plantedSide * plantedSide;
  /** How red and how blue, over the threshold. */
  const maps = [0, 1].map((k) =>
    Float32Array.from({ length: places }, (_, p) => {
      const at = (c: number): number => picture.data[c * places + p]!;
      return Math.max(0, at(2 * k) - 0.5 * (at(1) + at(2 - 2 * k)) - 0.3);
    }),
  );
  const wanted = (c: number): number[] =>
    Array.from({ length: places }, (_, p) =>
      [0, 1].reduce((s, k) => s + plantedHead.weights[2 * c + k]! * maps[k]![p]!, 0),
    );

  it.each([0, 1, 2])("the class activation map is the weighed sum of feature maps (class %i)", async (c) => {
    const map = await attribute(net, methods.cam, { image: picture.data, class: c }, options);
    expect(net.layer?.address).toBe("relu");
    close(map.data, wanted(c), 4);
    const gradCam = await attribute(net, methods["grad-cam"], { image: picture.data, class: c }, options);
    close(
      gradCam.data,
      wanted(c).map((v) => Math.max(0, v) / places),
      5,
    );
  });

  it("its mean is the logit without the bias", async () => {
    const map = await attribute(net, methods.cam, { image: picture.data, class: 0 }, options);
    const input = tensor("float32", [1, 3, plantedSide, plantedSide], picture.data);
    const [logit] = toNumbers(await activation(plantedNet(), "logits:0", input, options));
    expect(map.data.reduce((a, b) => a + b, 0) / places).toBeCloseTo(logit! - plantedHead.biases[0]!, 4);
  });

  it("another layer can be named, for which there is no class activation map", async () => {
    const other = explained(plantedNet(), { size: plantedSide, layer: "conv" });
    expect(other).toMatchObject({ layer: { address: "conv", size: [plantedSide, plantedSide] }, linearHead: false });
    const question = { image: picture.data, class: 0 };
    await expect(attribute(other, methods.cam, question, options)).rejects.toThrow("take grad-cam");
    const map = await attribute(other, methods["grad-cam"], question, options);
    expect(map.dims).toEqual([1, plantedSide, plantedSide]);
    expect(() => explained(plantedNet(), { size: plantedSide, layer: "logits" })).toThrow("has no rows and columns");
  });
});

it("a residual net's map is that of its last block", () => {
  const net = explained(residualNet(), { size: 32 });
  expect(net).toMatchObject({ linearHead: true, layer: { size: [4, 4] }, classes: 5 });
});

it.each([1, 2, 5, 50])("the rule of Gauss and Legendre is exact for polynomials (%i places)", (n) => {
  const rule = gaussLegendre(n);
  for (let power = 0; power < 2 * n; power++) {
    const found = rule.reduce((s, { at, weight }) => s + weight * at ** power, 0);
    expect(found).toBeCloseTo(1 / (power + 1), 12);
  }
});
