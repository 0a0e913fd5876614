/** @file The nets: their sizes as the papers and torchvision have them, and that they run at any batch size. */

import { describe, expect, test } from "vitest";
import { check } from "../graph/check.ts";
import { fromOnnx } from "../graph/from-onnx.ts";
import type { SourceGraph } from "../graph/graph.ts";
import { readModel } from "../onnx/read.ts";
import { specialise } from "../passes/specialise.ts";
import { compile } from "../runtime/compile.ts";
import { rng } from "../tensor/rng.ts";
import { isFloat, tensor, toNumbers } from "../tensor/tensor.ts";
import type { NetBuilder } from "./layers.ts";
import { netSource, nets, sourceBytes } from "./net.ts";
import { resnetCifar } from "./resnet.ts";

/** Without running averages, as torch counts. */
const parameters = ({ constants }: SourceGraph): number =>
  Array.from(constants).reduce((n, [v, t]) => n + (isFloat(t.dtype) && !v.name.includes(".running_") ? t.size : 0), 0);

const counts: readonly (readonly [string, NetBuilder, readonly [number, number, number], number])[] = [
  // torchvision's own counts.
  ["resnet18", nets.resnet18({ classes: 1000 }), [3, 64, 64], 11_689_512],
  ["resnet34", nets.resnet34({ classes: 1000 }), [3, 64, 64], 21_797_672],
  ["resnet50", nets.resnet50({ classes: 1000 }), [3, 64, 64], 25_557_032],
  // 0.27, 0.46 and 0.85 million in He et al., table 6; 16·32 + 64 + 32·64 + 128 more with projections.
  ["resnet20", nets.resnet20({ classes: 10 }), [3, 32, 32], 269_722],
  ["resnet20 with projections", nets.resnet20({ classes: 10, shortcut: "projection" }), [3, 32, 32], 272_474],
  ["resnet32", nets.resnet32({ classes: 10 }), [3, 32, 32], 464_154],
  ["resnet56", nets.resnet56({ classes: 10 }), [3, 32, 32], 853_018],
  // 156 + 2,416 + 48,120 + 10,164 + 850, with every map of the second layer joined to all of the first.
  ["lenet", nets.lenet({ classes: 10 }), [1, 32, 32], 61_706],
];

test.each(counts)("%s has the parameters of the paper", (_, build, picture, count) => {
  expect(parameters(netSource(build, { picture, seed: 1 }))).toBe(count);
});

describe("as a file", () => {
  const small: readonly (readonly [string, NetBuilder, readonly [number, number, number]])[] = [
    ["resnet18", nets.resnet18({ classes: 5, width: 4 }), [3, 48, 48]],
    ["resnet50", nets.resnet50({ classes: 5, width: 4, stem: "small" }), [3, 16, 16]],
    ["resnet18, medium stem", nets.resnet18({ classes: 5, width: 4, stem: "medium" }), [3, 32, 32]],
    ["resnet20", nets.resnet20({ classes: 5, width: 4 }), [3, 16, 16]],
    ["resnet20 with projections", nets.resnet20({ classes: 5, width: 4, shortcut: "projection" }), [3, 16, 16]],
    ["lenet", nets.lenet({ classes: 5 }), [1, 28, 28]],
    ["nin", nets.nin({ classes: 5, width: 8 }), [3, 32, 32]],
  ];
  test.each(small)("%s reads back and gives one picture the same logits in any batch", async (_, build, picture) => {
    const source = fromOnnx(readModel(sourceBytes(netSource(build, { picture, seed: 3 }))));
    expect(source.inputs[0]).toMatchObject({ name: "image", shape: ["N", ...picture] });
    expect(source.outputs[0]).toMatchObject({ name: "logits", shape: ["N", 5] });
    check(source);
    const size = picture[0] * picture[1] * picture[2];
    const images = rng(1).fillNormal(new Float32Array(3 * size));
    const run = async (batch: number): Promise<number[]> => {
      const { graph } = specialise(source, { shapes: { image: [batch, ...picture] } });
      const program = await compile(graph, { device: "cpu", threads: 1 });
      const image = tensor("float32", [batch, ...picture], images.subarray(0, batch * size));
      const { logits } = await program.run({ image });
      await program.dispose();
      return toNumbers(logits!);
    };
    const [one, three] = [await run(1), await run(3)];
    expect(three).toHaveLength(15);
    expect(new Set(three.map((x) => x.toFixed(6))).size).toBeGreaterThan(5);
    one.forEach((x, i) => {
      expect(three[i]).toBeCloseTo(x, 4);
    });
  });
});

test("the seed decides the weights, and a layer's weights do not depend on the others", () => {
  const weights = (seed: number, classes: number): Map<string, number[]> => {
    const { constants } = netSource(nets.resnet20({ classes, width: 2 }), { picture: [3, 8, 8], seed });
    return new Map(Array.from(constants, ([v, t]) => [v.name, toNumbers(t)]));
  };
  expect(weights(1, 3)).toEqual(weights(1, 3));
  expect(weights(1, 3).get("conv1.weight")).not.toEqual(weights(2, 3).get("conv1.weight"));
  expect(weights(1, 3).get("layer3.2.conv2.weight")).toEqual(weights(1, 7).get("layer3.2.conv2.weight"));
});

test("weights have He's deviation, and zero init makes blocks the identity at first", () => {
  const { constants } = netSource(nets.resnet18({ classes: 2, zeroInit: true }), { picture: [3, 64, 64], seed: 1 });
  const byName = new Map(Array.from(constants, ([v, t]) => [v.name, toNumbers(t)]));
  const weight = byName.get("layer2.0.conv2.weight")!;
  const deviation = Math.sqrt(weight.reduce((sum, x) => sum + x * x, 0) / weight.length);
  expect(deviation).toBeCloseTo(Math.sqrt(2 / (128 * 9)), 3);
  expect(new Set(byName.get("layer2.0.bn2.weight"))).toEqual(new Set([0]));
  expect(new Set(byName.get("layer2.0.bn1.weight"))).toEqual(new Set([1]));
});

test("a depth that no CIFAR ResNet has is refused", () => {
  expect(() => resnetCifar(18, { classes: 10 })).toThrow("6 n + 2 layers, got 18");
});
