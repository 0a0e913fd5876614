/** @file Residual nets: ResNet-18, -34 and -50 as torchvision has them, and the thin, deep ones for CIFAR. */

import { expect } from "../error.ts";
import type { Value } from "../graph/graph.ts";
import { batchNorm, conv, globalMean, linear, maxPool, type Net, type NetBuilder, relu } from "./layers.ts";
import { type Block, type BlockOptions, basic, bottleneck } from "./residual.ts";

export interface ResNetOptions extends Partial<BlockOptions> {
  readonly classes: number;
  /** Channels of the first stage; each later stage has twice those of the one before. */
  readonly width?: number;
  readonly stem?: Stem;
}

/**
 * First convolution of a ResNet: `large` is 7×7 of stride 2 and pooled, down to a quarter of the side; `medium` 3×3 of stride
 * 2, down to half; `small` 3×3, full size.
 */
const stems = {
  large: { kernel: 7, stride: 2, pooled: true },
  medium: { kernel: 3, stride: 2, pooled: false },
  small: { kernel: 3, stride: 1, pooled: false },
} as const;

export type Stem = keyof typeof stems;
export const stemNames = Object.keys(stems) as Stem[];

interface Plan {
  readonly block: Block;
  /** Blocks in each stage. */
  readonly depths: readonly number[];
}

/** Defaults: width 64, the large stem, projections, scales that start at 1. */
export const resnet18 = (options: ResNetOptions): NetBuilder =>
  resnet({ block: basic, depths: [2, 2, 2, 2] }, { width: 64, ...options });

/** Defaults as those of `resnet18`. */
export const resnet34 = (options: ResNetOptions): NetBuilder =>
  resnet({ block: basic, depths: [3, 4, 6, 3] }, { width: 64, ...options });

/** Defaults as those of `resnet18`. */
export const resnet50 = (options: ResNetOptions): NetBuilder =>
  resnet({ block: bottleneck, depths: [3, 4, 6, 3] }, { width: 64, ...options });

/**
 * The CIFAR nets of the paper's §4.2 (20, 32, 44, 56, 110 … layers): three stages. Defaults: width 16, the small stem,
 * shortcuts without parameters.
 *
 * Throws an `InputError` for a depth that is not 6 n + 2.
 */
export function resnetCifar(layers: number, options: ResNetOptions): NetBuilder {
  const depth = (layers - 2) / 6;
  expect(
    Number.isInteger(depth) && depth > 0,
    () => `a CIFAR ResNet has 6 n + 2 layers, got ${layers}: take 20, 32, 44 or 56`,
  );
  const plan = { block: basic, depths: [depth, depth, depth] };
  return resnet(plan, { width: 16, stem: "small", shortcut: "pad", ...options });
}

function resnet({ block, depths }: Plan, options: ResNetOptions & { readonly width: number }): NetBuilder {
  const { classes, width, stem = "large", zeroInit = false, shortcut = "projection" } = options;
  return (g, image, random) => {
    const net: Net = { g, random };
    let x = entry(net, image, stem, width);
    for (const [stage, depth] of depths.entries())
      for (let i = 0; i < depth; i++) {
        const stride = stage > 0 && i === 0 ? 2 : 1;
        x = block(net, x, `layer${stage + 1}.${i}`, width * 2 ** stage, stride, { zeroInit, shortcut });
      }
    return linear(net, globalMean(net, x, "avgpool"), "fc", classes);
  };
}

function entry(net: Net, image: Value, stem: Stem, width: number): Value {
  const { kernel, stride, pooled } = stems[stem];
  const x = relu(net, batchNorm(net, conv(net, image, "conv1", width, { kernel, stride }), "bn1"), "relu");
  return pooled ? maxPool(net, x, "maxpool", 3, 2, 1) : x;
}
