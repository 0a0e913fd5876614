/** @file Which constants are trained: kinds, weights behind casts, preprocessing inside of the net, freezing. */

import { describe, expect, it } from "vitest";
import { classifier, net, weights } from "../../test/fixtures/nets.ts";
import { tinyNet } from "../../test/fixtures/tiny-net.ts";
import { fromNumbers } from "../tensor/tensor.ts";
import { trainable } from "./parameters.ts";
import { readyToTrain } from "./ready.ts";

const kinds = (source: Parameters<typeof trainable>[0], freeze: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(trainable(source, { freeze }).map(({ name, kind }) => [name, kind]));

describe("a residual net", () => {
  const { source } = tinyNet();
  it("has weights, norms, biases and running averages", () => {
    const found = kinds(source);
    expect(found["layer2.0.conv1.weight"]).toBe("weight");
    expect(found["layer2.0.bn1.weight"]).toBe("norm");
    expect(found["layer2.0.bn1.bias"]).toBe("bias");
    expect(found["layer2.0.bn1.running_mean"]).toBe("running");
    expect(found["layer2.0.bn1.running_var"]).toBe("running");
    expect(found["fc.weight"]).toBe("weight");
    expect(found["fc.bias"]).toBe("bias");
    // conv1, three blocks of two, two projections; each with a normalisation of four; fc.
    expect(Object.keys(found)).toHaveLength(9 * 5 + 2);
  });
  it("is frozen by address, with all that is within", () => {
    const left = Object.keys(kinds(source, ["conv1", "bn1", "layer1", "layer2.0.bn1"]));
    expect(left).not.toContain("conv1.weight");
    expect(left).not.toContain("bn1.running_mean");
    expect(left.some((name) => name.startsWith("layer1."))).toBe(false);
    expect(left).not.toContain("layer2.0.bn1.weight");
    expect(left).toContain("layer2.0.conv1.weight");
    expect(left).toContain("layer2.0.bn2.weight");
  });
  it("suggests layers for one that is not there", () =>
    expect(() => kinds(source, ["layer9"])).toThrow(/no layer "layer9": did you mean layer\d/));
  it("cannot be frozen whole", () =>
    expect(() => kinds(source, ["conv1", "bn1", "layer1", "layer2", "layer3", "logits"])).toThrow(
      "everything is frozen",
    ));
});

it("numbers that rescale the picture before the first layer are no parameters, those behind it are", () => {
  const spec = classifier();
  const source = net({
    ...spec,
    constants: {
      ...spec.constants,
      mean: weights([3, 1, 1]),
      gain: weights([4, 1, 1]),
      one: fromNumbers("float32", [2], []),
    },
    nodes: [
      ["Sub", "centre", "x mean", "centred"],
      ["Conv", "conv", "centred features.conv.weight features.conv.bias", "y", { strides: [2, 2] }],
      ["Mul", "gained", "y gain", "z"],
      ["Mul", "doubled", "z one", "a"],
      ["GlobalAveragePool", "pool", "a", "p"],
      ["Flatten", "flat", "p", "f"],
      ["Gemm", "fc", "f fc.weight fc.bias", "out", { transB: 1 }],
    ],
  });
  expect(Object.keys(kinds(source)).sort()).toEqual([
    "fc.bias",
    "fc.weight",
    "features.conv.bias",
    "features.conv.weight",
    "gain",
  ]);
});

it("finds weights behind a transposition, and says when there are none", () => {
  const spec = classifier();
  const nodes = spec.nodes.filter(([op]) => op !== "Gemm");
  const source = net({
    ...spec,
    nodes: [
      ...nodes,
      ["Transpose", "t", "fc.weight", "wt", { perm: [1, 0] }],
      ["MatMul", "m", "/Flatten_output_0 wt", "out"],
    ],
  });
  expect(kinds(source)["fc.weight"]).toBe("weight");
  const bare = net({
    nodes: [
      ["GlobalAveragePool", "p", "x", "q"],
      ["Flatten", "f", "q", "out"],
    ],
    output: "out",
  });
  expect(() => trainable(bare)).toThrow("no float weights to train");
});

it("normalisations that share their parameters in the file get their own", () => {
  const ones = fromNumbers("float32", [1, 1, 1, 1]);
  const source = net({
    constants: {
      w: weights([4, 3, 1, 1]),
      v: weights([4, 4, 1, 1]),
      ones,
      zeros: fromNumbers("float32", [0, 0, 0, 0]),
    },
    nodes: [
      ["Conv", "conv1", "x w", "a"],
      ["BatchNormalization", "bn1", "a ones zeros zeros ones", "b"],
      ["Conv", "conv2", "b v", "c"],
      ["BatchNormalization", "bn2", "c ones zeros zeros ones", "out"],
    ],
    output: "out",
  });
  expect(kinds(readyToTrain(source))).toEqual({
    w: "weight",
    v: "weight",
    ones: "norm",
    zeros: "bias",
    "bn1.running_mean": "running",
    "bn1.running_var": "running",
    "bn2.weight": "norm",
    "bn2.bias": "bias",
    "bn2.running_mean": "running",
    "bn2.running_var": "running",
  });
});
