/** @file LeNetFC and NIN (Lelekas et al. 2020, arXiv 2004.07629) as plain chains of blocks, bottom-up and top-down. */

import type { Value } from "../graph/graph.ts";
import type { Family } from "./family.ts";
import { batchNorm, conv, globalMean, maxPool, type Net, relu, upsample } from "./layers.ts";
import { joined, pyramid } from "./pyramid.ts";

/**
 * Blocks that each begin with a spatial convolution and go on with 1×1 ones; between them the picture is pooled to half
 * its size. A last 1×1 convolution has one map for each class, whose mean is the logit.
 *
 * The paper puts a rectifier behind these maps, under which a class that is absent everywhere has no gradient; there is
 * none here. Nor is its dropout between blocks.
 *
 * @param kernels Of the blocks' spatial convolutions, fine to coarse.
 * @param pool Side of the windows that are pooled, with stride 2.
 * @param channels Of each block's convolutions, fine to coarse.
 */
export const plain = (kernels: readonly number[], pool: number, channels: readonly (readonly number[])[]): Family => ({
  channels,
  bottomUp: (net, image, channels, { classes }) => {
    let x = image;
    for (const [i, widths] of channels.entries()) {
      if (i > 0) x = maxPool(net, x, `pool${i}`, pool, 2, (pool - 1) >> 1);
      x = block(net, x, `block${i + 1}`, kernels[i]!, widths);
    }
    return classify(net, x, classes);
  },
  topDown: (net, image, channels, { classes, shrinking }) => {
    const levels = pyramid(net, image, channels.length, shrinking);
    let x = levels[0]!;
    for (const [i, widths] of channels.entries()) {
      const kernel = kernels.at(-1 - i)!;
      if (i > 0) x = merge(net, x, levels[i]!, `merge${i + 1}`, widths[0]!, kernel);
      x = block(net, x, `block${i + 1}`, kernel, widths);
    }
    return classify(net, x, classes);
  },
});

function unit(net: Net, x: Value, name: string, channels: number, kernel: number): Value {
  const y = conv(net, x, `${name}.conv`, channels, { kernel, bias: true });
  return relu(net, batchNorm(net, y, `${name}.bn`), `${name}.relu`);
}

const block = (net: Net, x: Value, name: string, kernel: number, channels: readonly number[]): Value =>
  channels.reduce((y, c, j) => unit(net, y, `${name}.${j}`, c, j === 0 ? kernel : 1), x);

/** s = unit(picture), u = up(x), unit(concat(u + s, s)); x is brought to `channels` in front of that. */
function merge(net: Net, x: Value, picture: Value, name: string, channels: number, kernel: number): Value {
  const narrowed = x.shape[1] === channels ? x : unit(net, x, `${name}.width`, channels, 1);
  const s = unit(net, picture, `${name}.picture`, channels, kernel);
  return unit(net, joined(net, upsample(net, narrowed, `${name}.up`), s, name), `${name}.join`, channels, 3);
}

function classify(net: Net, x: Value, classes: number): Value {
  const maps = conv(net, x, "classes.conv", classes, { kernel: 1, bias: true });
  return globalMean(net, batchNorm(net, maps, "classes.bn"), "mean");
}
