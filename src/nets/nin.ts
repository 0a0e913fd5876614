/** @file Network in network (Lin, Chen & Yan 2014, arXiv 1312.4400), small, with batch normalisation. */

import type { Value } from "../graph/graph.ts";
import { batchNorm, type ConvOptions, conv, globalMean, maxPool, type Net, type NetBuilder, relu } from "./layers.ts";

/**
 * Three blocks, each a spatial convolution and two 1×1; the last 1×1 has one feature map for each class, whose mean is the
 * logit. For pictures of about 32 pixels a side. `width`: channels of the blocks, 96 by default.
 */
export const nin =
  ({ classes, width = 96 }: { readonly classes: number; readonly width?: number }): NetBuilder =>
  (g, image, random) => {
    const net: Net = { g, random };
    const unit = (x: Value, name: string, channels: number, options: ConvOptions): Value =>
      relu(net, batchNorm(net, conv(net, x, `${name}.conv`, channels, options), `${name}.bn`), `${name}.relu`);
    const one = { kernel: 1 };
    let x = image;
    for (const [i, kernel] of [5, 5, 3].entries()) {
      const name = `block${i + 1}`;
      if (i > 0) x = maxPool(net, x, `pool${i}`, 3, 2, 1);
      x = unit(x, `${name}.0`, width, { kernel });
      x = unit(x, `${name}.1`, width, one);
      if (i < 2) x = unit(x, `${name}.2`, width, one);
    }
    return globalMean(net, conv(net, x, "classes", classes, { kernel: 1, bias: true }), "avgpool");
  };
