/** @file LeNet-5 (LeCun et al. 1998), with rectifiers and maxima in place of its sigmoids and trained averages. */

import { conv, globalMean, linear, maxPool, type Net, type NetBuilder, relu } from "./layers.ts";

/** For pictures of about 28 or 32 pixels a side; `width` scales its 6, 16, 120 and 84 units and is 1 by default. */
export const lenet =
  ({ classes, width = 1 }: { readonly classes: number; readonly width?: number }): NetBuilder =>
  (g, image, random) => {
    const net: Net = { g, random };
    const units = (n: number): number => Math.round(n * width);
    const pad = image.shape[2]! < 32 ? 2 : 0;
    let x = relu(net, conv(net, image, "conv1", units(6), { kernel: 5, pad, bias: true }), "relu1");
    x = maxPool(net, x, "pool1", 2, 2);
    x = relu(net, conv(net, x, "conv2", units(16), { kernel: 5, pad: 0, bias: true }), "relu2");
    x = maxPool(net, x, "pool2", 2, 2);
    // At 32 pixels this kernel sees all that is left, as in the paper; larger pictures are averaged behind it.
    x = relu(net, conv(net, x, "conv3", units(120), { kernel: 5, pad: 0, bias: true }), "relu3");
    x = globalMean(net, x, "flatten");
    return linear(net, relu(net, linear(net, x, "fc1", units(84)), "relu4"), "fc2", classes);
  };
