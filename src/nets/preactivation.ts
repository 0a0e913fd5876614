/** @file Residual nets with normalisation in front of convolutions (He et al. 2016, arXiv 1603.05027), bottom-up and top-down. */

import type { Value } from "../graph/graph.ts";
import type { Family } from "./family.ts";
import { batchNorm, conv, globalMean, linear, maxPool, type Net, named, relu, upsample } from "./layers.ts";
import { joined, pyramid } from "./pyramid.ts";

/** Sides above this are halved once more: bottom-up by a pool behind the first convolution, top-down by one more level. */
const LARGE = 96;

/**
 * Stages of `depth` blocks, as ResNet-32 for CIFAR (5 blocks of 16, 32 and 64 channels) and a ResNet-18 (2 blocks of 32,
 * 64, 128 and 256) in Lelekas et al. 2020 (arXiv 2004.07629).
 *
 * @param channels Of the stages, fine to coarse.
 */
export const preactivation = (depth: number, channels: readonly number[]): Family => ({
  channels: channels.map((c) => [c]),
  bottomUp: (net, image, stages, { classes }) => {
    let x = conv(net, image, "conv1", stages[0]![0]!, bias);
    if (isLarge(image)) x = maxPool(net, x, "maxpool", 3, 2, 1);
    for (const [i, [width]] of stages.entries())
      for (let j = 0; j < depth; j++)
        x = block(net, x, `layer${i + 1}.${j}`, width!, i > 0 && j === 0 ? "halve" : "keep");
    return classify(net, x, classes);
  },
  topDown: (net, image, stages, { classes, shrinking }) => {
    const extra = isLarge(image) ? 1 : 0;
    const levels = pyramid(net, image, stages.length + extra, shrinking);
    let x = conv(net, levels[0]!, "conv1", stages[0]![0]!, bias);
    if (extra) x = merge(net, upsample(net, x, "up2"), levels[1]!, "merge2");
    for (const [i, [width]] of stages.entries())
      for (let j = 0; j < depth; j++) {
        const grows = i > 0 && j === 0;
        x = block(net, x, `layer${i + 1}.${j}`, width!, grows ? "double" : "keep");
        if (grows) x = merge(net, x, levels[i + extra]!, `merge${i + 1 + extra}`);
      }
    return classify(net, x, classes);
  },
});

const bias = { bias: true };
const isLarge = (image: Value): boolean => Math.max(...image.shape.slice(2)) > LARGE;

const activated = (net: Net, x: Value, name: string, n: number | "" = ""): Value =>
  relu(net, batchNorm(net, x, `${name}.bn${n}`), `${name}.relu${n}`);

/**
 * x + conv(act(conv(act(x)))). Where sides are halved, both ways take stride 2; where they are doubled, the main way is
 * conv(up(act(x))) and the shortcut up(conv₁ₓ₁(act(x))), or up(x) at the same width.
 */
function block(net: Net, x: Value, name: string, width: number, sides: "keep" | "halve" | "double"): Value {
  const stride = sides === "halve" ? 2 : 1;
  const act = activated(net, x, name, 1);
  const narrowed =
    x.shape[1] === width && stride === 1
      ? x
      : conv(net, act, `${name}.shortcut`, width, { kernel: 1, stride, ...bias });
  const doubles = sides === "double";
  const way = doubles ? upsample(net, narrowed, `${name}.shortcut.up`) : narrowed;
  let y = doubles ? upsample(net, act, `${name}.up`) : act;
  y = activated(net, conv(net, y, `${name}.conv1`, width, { stride, ...bias }), name, 2);
  y = conv(net, y, `${name}.conv2`, width, bias);
  return named(net.g, `${name}.add`, (g) => g.add(y, way));
}

/** conv(act(concat(u + s, s))) with s = conv(picture) */
function merge(net: Net, u: Value, picture: Value, name: string): Value {
  const width = u.shape[1]!;
  const s = conv(net, picture, `${name}.picture`, width, bias);
  return conv(net, activated(net, joined(net, u, s, name), name), `${name}.conv`, width, bias);
}

const classify = (net: Net, x: Value, classes: number): Value =>
  linear(net, globalMean(net, activated(net, x, "last"), "avgpool"), "fc", classes);
