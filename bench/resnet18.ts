/** @file ResNet-18 (He et al. 2015) with random weights, as the bytes of an .onnx file. */

import { builderOf, rng, serialise, tensor, type Value } from "../src/index.ts";

/**
 * The file's bytes: `x` [batch,3,size,size] → `logits` [batch,1000]. Convolutions by He's rule; normalisations with scales
 * and variances about 1, means and shifts about 0. Nodes are named as torchvision names modules, so that `layer2.1` is the
 * address of what the second block of the second stage puts out.
 */
export function resnet18(size: number, batch = 1): Uint8Array {
  const random = rng(18);
  const g = builderOf();
  const normal = (dims: readonly number[], mean: number, deviation: number): Value => {
    const data = random.fillNormal(new Float32Array(dims.reduce((n, d) => n * d, 1)), mean, deviation);
    return g.constant(tensor("float32", dims, data));
  };
  const named = (name: string, op: string, inputs: readonly Value[], attributes = {}): Value => {
    g.label = name;
    return g.op(op, inputs, attributes);
  };
  const conv = (name: string, x: Value, channels: number, kernel: number, stride: number): Value => {
    const pad = (kernel - 1) / 2;
    const weights = normal([channels, x.shape[1]!, kernel, kernel], 0, Math.sqrt(2 / (channels * kernel * kernel)));
    const y = named(`${name}.conv`, "Conv", [x, weights], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
    const affine = [normal([channels], 1, 0.1), normal([channels], 0, 0.1), normal([channels], 0, 0.1)];
    const variance = random.fillUniform(new Float32Array(channels), 0.5, 1.5);
    return named(`${name}.bn`, "BatchNormalization", [
      y,
      ...affine,
      g.constant(tensor("float32", [channels], variance)),
    ]);
  };
  const block = (name: string, x: Value, channels: number, stride: number): Value => {
    const first = named(`${name}.relu1`, "Relu", [conv(`${name}.1`, x, channels, 3, stride)]);
    const second = conv(`${name}.2`, first, channels, 3, 1);
    const past = x.shape[1] === channels ? x : conv(`${name}.downsample`, x, channels, 1, stride);
    return named(name, "Relu", [named(`${name}.add`, "Add", [second, past])]);
  };

  let x = named("relu", "Relu", [conv("stem", g.input("x", "float32", [batch, 3, size, size]), 64, 7, 2)]);
  x = named("maxpool", "MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  for (const [stage, channels] of [64, 128, 256, 512].entries()) {
    x = block(`layer${stage + 1}.0`, x, channels, stage > 0 ? 2 : 1);
    x = block(`layer${stage + 1}.1`, x, channels, 1);
  }
  const features = named("flatten", "Flatten", [named("avgpool", "GlobalAveragePool", [x])]);
  g.output(named("logits", "Gemm", [features, normal([1000, 512], 0, 0.03), normal([1000], 0, 0.01)], { transB: 1 }));
  return serialise(g.graph);
}
