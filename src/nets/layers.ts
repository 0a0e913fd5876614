/** @file The layers that nets are built of: named parameters, freshly drawn, and the nodes that use them. */

import type { Builder } from "../graph/builder.ts";
import type { Attributes, Value } from "../graph/graph.ts";
import type { Rng } from "../tensor/rng.ts";
import { fromNumbers, type Shape, sizeOf, type Tensor, tensor } from "../tensor/tensor.ts";

/** A net without a batch size: from pictures [N, C, H, W], as the net wants them, to logits [N, classes]. */
export type NetBuilder = (g: Builder, image: Value, random: Rng) => Value;

/** What the layers of one net share. */
export interface Net {
  readonly g: Builder;
  /** Each parameter draws from a fork by its own name, so that changing one layer leaves the others as they were. */
  readonly random: Rng;
}

/** A constant of its own, never shared with an equal one: training gives each its own values. */
function parameter({ g }: Net, name: string, data: Tensor): Value {
  const value: Value = { name, dtype: data.dtype, shape: data.dims };
  g.graph.constants.set(value, data);
  return value;
}

const filled = (shape: Shape, x: number): Tensor => tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(x));

/** Adds one node under a name. */
export function named(g: Builder, name: string, add: (g: Builder) => Value): Value {
  const before = g.label;
  g.label = name;
  try {
    return add(g);
  } finally {
    g.label = before;
  }
}

export interface ConvOptions {
  /** Side of the square kernel; default 3. */
  readonly kernel?: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros on each side; by default as many as keep the size at stride 1. */
  readonly pad?: number;
  /** Default false: a normalisation follows. */
  readonly bias?: boolean;
}

/**
 * A square convolution to `channels`. Weights are normal with variance 2 / (channels · kernel²) (He et al. 2015, arXiv
 * 1502.01852, fan out), which keeps the size of gradients through rectifiers; the bias starts at 0.
 */
export function conv(net: Net, x: Value, name: string, channels: number, options: ConvOptions = {}): Value {
  const { kernel = 3, stride = 1, pad = Math.floor(kernel / 2), bias = false } = options;
  const shape = [channels, x.shape[1]!, kernel, kernel];
  const weight = normal(net, `${name}.weight`, shape, Math.sqrt(2 / (channels * kernel * kernel)));
  const inputs = [x, weight, ...(bias ? [parameter(net, `${name}.bias`, filled([channels], 0))] : [])];
  const placing = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] };
  return named(net.g, name, (g) => g.op("Conv", inputs, placing));
}

/** Normalisation with running averages, at first those of a standard normal input. `scale` defaults to 1. */
export function batchNorm(net: Net, x: Value, name: string, scale = 1): Value {
  const channels = [x.shape[1]!];
  const start = { weight: scale, bias: 0, running_mean: 0, running_var: 1 };
  const parameters = Object.entries(start).map(([key, x]) => parameter(net, `${name}.${key}`, filled(channels, x)));
  return named(net.g, name, (g) => g.op("BatchNormalization", [x, ...parameters], { epsilon: 1e-5 }));
}

/** Weights and bias uniform in ±1/√inputs, as torch has them. */
export function linear(net: Net, x: Value, name: string, outputs: number): Value {
  const inputs = x.shape[1]!;
  const bound = 1 / Math.sqrt(inputs);
  const draw = (key: string, shape: Shape): Value => {
    const data = net.random.fork(`${name}.${key}`).fillUniform(new Float32Array(sizeOf(shape)), -bound, bound);
    return parameter(net, `${name}.${key}`, tensor("float32", shape, data));
  };
  const operands = [x, draw("weight", [outputs, inputs]), draw("bias", [outputs])];
  return named(net.g, name, (g) => g.op("Gemm", operands, { transB: 1 }));
}

export const relu = (net: Net, x: Value, name: string): Value => named(net.g, name, (g) => g.op("Relu", [x]));

export function maxPool(net: Net, x: Value, name: string, kernel: number, stride: number, pad = 0): Value {
  const placing = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] };
  return named(net.g, name, (g) => g.op("MaxPool", [x], placing));
}

/** Every position twice along both sides. */
export function upsample(net: Net, x: Value, name: string): Value {
  const scales = net.g.constant(fromNumbers("float32", [1, 1, 2, 2]), "upsample.scales");
  const placing = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
  return named(net.g, name, (g) => g.op("Resize", [x, null, scales], placing));
}

/**
 * Adds a node just as it is, with an output [shape] in float32. The builder would compute what is constant and leave out
 * what changes nothing.
 */
export function verbatim(
  { g }: Net,
  name: string,
  op: string,
  inputs: readonly Value[],
  shape: Shape,
  attributes: Attributes = {},
): Value {
  const output: Value = { name, dtype: "float32", shape };
  g.graph.nodes.push({ op, name, inputs, outputs: [output], attributes });
  return output;
}

/** Mean over all positions: [N, C, H, W] → [N, C], whatever N is when the net is read back from a file. */
export const globalMean = (net: Net, x: Value, name: string): Value =>
  named(net.g, name, (g) => g.mean(x, [2, 3], false));

function normal(net: Net, name: string, shape: Shape, deviation: number): Value {
  const data = net.random.fork(name).fillNormal(new Float32Array(sizeOf(shape)), 0, deviation);
  return parameter(net, name, tensor("float32", shape, data));
}
