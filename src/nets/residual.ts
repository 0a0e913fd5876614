/** @file Residual blocks (He et al. 2016, arXiv 1512.03385): basic and bottleneck, and their shortcuts. */

import type { Value } from "../graph/graph.ts";
import { batchNorm, conv, type Net, named, relu } from "./layers.ts";

export interface BlockOptions {
  /** Start the last normalisation of the block at scale 0, so that a block is the identity at first (Goyal et al. 2017). */
  readonly zeroInit: boolean;
  /**
   * Where the shape changes: `projection`, a normalised 1×1 convolution (option B of the paper); `pad`, every stride-th
   * pixel with zero channels added (option A, without parameters).
   */
  readonly shortcut: "projection" | "pad";
}

/** One residual block of `width` inner channels. */
export type Block = (net: Net, x: Value, name: string, width: number, stride: number, options: BlockOptions) => Value;

/** Two 3×3 convolutions. */
export const basic: Block = (net, x, name, width, stride, options) => {
  let y = conv(net, x, `${name}.conv1`, width, { stride });
  y = relu(net, batchNorm(net, y, `${name}.bn1`), `${name}.relu1`);
  y = conv(net, y, `${name}.conv2`, width);
  y = batchNorm(net, y, `${name}.bn2`, options.zeroInit ? 0 : 1);
  return join(net, x, y, name, stride, options);
};

/** 1×1, 3×3 (with the stride, as torchvision has it), 1×1 to four times the width. */
export const bottleneck: Block = (net, x, name, width, stride, options) => {
  let y = conv(net, x, `${name}.conv1`, width, { kernel: 1 });
  y = relu(net, batchNorm(net, y, `${name}.bn1`), `${name}.relu1`);
  y = conv(net, y, `${name}.conv2`, width, { stride });
  y = relu(net, batchNorm(net, y, `${name}.bn2`), `${name}.relu2`);
  y = conv(net, y, `${name}.conv3`, 4 * width, { kernel: 1 });
  y = batchNorm(net, y, `${name}.bn3`, options.zeroInit ? 0 : 1);
  return join(net, x, y, name, stride, options);
};

/** relu(shortcut(x) + y) */
function join(net: Net, x: Value, y: Value, name: string, stride: number, options: BlockOptions): Value {
  const channels = y.shape[1]!;
  const same = stride === 1 && x.shape[1] === channels;
  const way = same
    ? x
    : options.shortcut === "pad"
      ? padded(net, x, name, channels, stride)
      : projected(net, x, name, channels, stride);
  return relu(
    net,
    named(net.g, `${name}.add`, (g) => g.add(y, way)),
    `${name}.relu`,
  );
}

function projected(net: Net, x: Value, name: string, channels: number, stride: number): Value {
  const y = conv(net, x, `${name}.downsample.0`, channels, { kernel: 1, stride });
  return batchNorm(net, y, `${name}.downsample.1`);
}

function padded(net: Net, x: Value, name: string, channels: number, stride: number): Value {
  const [, c, h, w] = x.shape as [number, number, number, number];
  const picked =
    stride === 1 ? x : named(net.g, `${name}.pick`, (g) => g.slice(x, [2, 3], [0, 0], [h, w], [stride, stride]));
  const front = Math.floor((channels - c) / 2);
  const pads = [0, front, 0, 0, 0, channels - c - front, 0, 0];
  return named(net.g, `${name}.pad`, (g) => g.op("Pad", [picked, g.ints(pads)]));
}
