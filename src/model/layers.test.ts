/** @file Tests of the readable names of layers. */

import { describe, expect, it } from "vitest";
import { classifier, net, type Row, weights } from "../../test/fixtures/nets.ts";
import { layersOf } from "./layers.ts";

const w = weights([3, 3, 1, 1]);
const addresses = (nodes: readonly Row[], constants: Record<string, typeof w> = {}): string[] => {
  const output = nodes.at(-1)![3];
  return layersOf(net({ nodes, output, constants })).map((l) => l.address);
};

describe("addresses of layers", () => {
  it("come from torch's scopes, without scopes said twice", () => {
    expect(layersOf(net(classifier())).map((l) => l.address)).toEqual([
      "features.conv",
      "features.act",
      "pool",
      "flatten",
      "logits",
    ]);
  });

  it("name a block by its number after the layer that gives its result", () => {
    const block = (i: number, from: string): Row[] => [
      ["Conv", `/layer1/layer1.${i}/conv1/Conv`, `${from} w${i}`, `c${i}`],
      ["Relu", `/layer1/layer1.${i}/relu/Relu`, `c${i}`, `r${i}`],
      ["Add", `/layer1/layer1.${i}/Add`, `r${i} ${from}`, `a${i}`],
      ["Relu", `/layer1/layer1.${i}/relu_1/Relu`, `a${i}`, `y${i}`],
    ];
    const nodes = [
      ...block(0, "x"),
      ...block(1, "y0"),
      ["GlobalAveragePool", "/pool/GlobalAveragePool", "y1", "out"] as const,
    ];
    const layers = layersOf(net({ nodes, output: "out", constants: { w0: w, w1: w } }));
    const names = layers.map((l) => l.address);
    expect(names.slice(0, 5)).toEqual([
      "layer1.0.conv1",
      "layer1.0.relu",
      "layer1.0.add",
      "layer1.0",
      "layer1.1.conv1",
    ]);
    expect(names.slice(7)).toEqual(["layer1.1", "logits"]);
    expect(layers[7]!.aliases).toEqual(expect.arrayContaining(["layer1", "y1"]));
    expect(layers[7]!.preActivation?.address).toBe("layer1.1.add");
  });

  it("come from the modules that the file notes beside its nodes", () => {
    const source = net({
      nodes: [
        ["Conv", "node_conv2d", "x w", "conv2d"],
        ["Relu", "node_relu", "conv2d", "relu"],
        ["Add", "node_add", "relu x", "add"],
        ["GlobalAveragePool", "node_mean", "add", "out"],
      ],
      output: "out",
      constants: { w },
    });
    const modules = [
      ["layer1", "layer1.0", "layer1.0.conv1"],
      ["layer1", "layer1.0", "layer1.0.relu"],
      ["layer1", "layer1.0"],
      [],
    ];
    const noted = { ...source, nodes: source.nodes.map((node, i) => ({ ...node, modules: modules[i] })) };
    expect(layersOf(noted).map((l) => l.address)).toEqual(["layer1.0.conv1", "layer1.0.relu", "layer1.0", "logits"]);
    expect(layersOf(noted)[2]!.aliases).toContain("layer1.0.add");
  });

  it("take the module around them where an exporter has lost their own", () => {
    const nodes: Row[] = [
      ["Conv", "/block.0/attn/qkv/Conv", "x w", "qkv"],
      ["Abs", "", "qkv", "1"],
      ["Neg", "", "1", "2"],
      ["Relu", "/block.0/attn/Relu", "2", "r"],
      ["GlobalAveragePool", "/pool/GlobalAveragePool", "r", "out"],
    ];
    expect(addresses(nodes, { w })).toEqual([
      "block.0.attn.qkv",
      "block.0.attn.abs",
      "block.0.attn.neg",
      "block.0",
      "logits",
    ]);
  });

  it("follow TFLite's lists of fused calls, and call what a converter put in by its operator", () => {
    const nodes: Row[] = [
      ["Transpose", "net/c1_relu/Relu6;net/c1_bn/Norm;net/c1/Conv2D__95", "x", "t", { perm: [0, 1, 3, 2] }],
      ["Conv", "net/c1_relu/Relu6;net/c1_bn/Norm;net/c1/Conv2D", "t w", "c"],
      ["Conv", "net/c2/Conv2D", "c v", "d"],
      ["GlobalAveragePool", "net/pool/Mean", "d", "out"],
    ];
    expect(addresses(nodes, { w, v: w })).toEqual(["c1.transpose", "c1", "c2", "logits"]);
  });

  it("come from the weights where nodes are only numbered", () => {
    const nodes: Row[] = [
      ["Conv", "Conv_0", "x layer2.0.conv1.weight", "123"],
      ["Relu", "Relu_1", "123", "124"],
      ["Conv", "Conv_2", "124 layer2.0.conv2.weight", "125"],
      ["Add", "Add_3", "125 x", "126"],
      ["Relu", "Relu_4", "126", "127"],
      ["Conv", "Conv_5", "127 head.weight", "128"],
    ];
    const constants = { "layer2.0.conv1.weight": w, "layer2.0.conv2.weight": w, "head.weight": w };
    expect(addresses(nodes, constants)).toEqual([
      "layer2.0.conv1",
      "layer2.0.relu1",
      "layer2.0.conv2",
      "layer2.0.add",
      "layer2.0",
      "logits",
    ]);
  });

  it("drop what all of a plain file's names begin with", () => {
    const nodes: Row[] = [
      ["Conv", "net0_conv0_fwd", "x w", "net0_conv0_fwd"],
      ["Relu", "net0_relu0_fwd", "net0_conv0_fwd", "net0_relu0_fwd"],
      ["Conv", "net0_conv1_fwd", "net0_relu0_fwd w", "net0_conv1_fwd"],
      ["Relu", "net0_relu1_fwd", "net0_conv1_fwd", "net0_relu1_fwd"],
    ];
    expect(addresses(nodes, { w }).slice(0, 3)).toEqual(["conv0", "relu0", "conv1"]);
  });

  it("are counted by operator where the file's numbers jump", () => {
    const nodes: Row[] = [
      ["Conv", "Convolution28", "x w", "Convolution28_Output_0"],
      ["Relu", "ReLU32", "Convolution28_Output_0", "ReLU32_Output_0"],
      ["Conv", "Convolution110", "ReLU32_Output_0 w", "Convolution110_Output_0"],
      ["Relu", "ReLU114", "Convolution110_Output_0", "ReLU114_Output_0"],
    ];
    expect(addresses(nodes, { w })).toEqual(["conv1", "relu1", "conv2", "logits"]);
  });

  it("read Keras names, with their operators and output numbers", () => {
    const base = "StatefulPartitionedCall/resnet50";
    const nodes: Row[] = [
      ["Conv", `${base}/conv1_conv/Conv2D`, "x w", `${base}/conv1_conv/Conv2D:0`],
      ["Relu", `${base}/conv1_relu/Relu`, `${base}/conv1_conv/Conv2D:0`, `${base}/conv1_relu/Relu:0`],
      ["Conv", `${base}/conv2_conv/Conv2D`, `${base}/conv1_relu/Relu:0 w`, `${base}/conv2_conv/Conv2D:0`],
      ["Relu", `${base}/predictions/Relu`, `${base}/conv2_conv/Conv2D:0`, "out"],
    ];
    expect(addresses(nodes, { w }).slice(0, 3)).toEqual(["conv1_conv", "conv1_relu", "conv2_conv"]);
  });

  it("never take a name that the file uses for something else", () => {
    // Counting would call the second convolution conv2, which is the first one's own name in the file.
    const nodes: Row[] = [
      ["Conv", "conv2", "x w", "a"],
      ["Conv", "conv90", "a w", "b"],
      ["Conv", "conv91", "b w", "c"],
    ];
    const layers = layersOf(net({ nodes, output: "c", constants: { w } }));
    expect(layers.filter((l) => [l.address, ...l.aliases].includes("conv2")).map((l) => l.value.name)).toEqual(["a"]);
  });

  it("are all different and leave out shape arithmetic", () => {
    const nodes: Row[] = [
      ["Shape", "/Shape", "x", "s"],
      ["Relu", "/Relu", "x", "r"],
      ["Relu", "/Relu", "r", "q"],
      ["Reshape", "/Reshape", "q s", "out"],
    ];
    const names = addresses(nodes);
    expect(names).toHaveLength(3);
    expect(new Set(names).size).toBe(3);
  });

  it("call the input of a final Softmax logits", () => {
    const names = layersOf(net(classifier({ softmax: true }))).map((l) => l.address);
    expect(names.slice(-2)).toEqual(["logits", "probabilities"]);
  });
});
