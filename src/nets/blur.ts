/** @file A Gaussian blur as a part of a net that training leaves alone. */

import type { Value } from "../graph/graph.ts";
import { onnxTypeNumber } from "../onnx/dtype.ts";
import { fromNumbers } from "../tensor/tensor.ts";
import { type Net, named, verbatim } from "./layers.ts";

/** Of the kernel along one axis; a product of two such numbers is exact in float32. */
const LARGEST = 2 ** 11;

/*
 * Output o sees the kernel's taps o·s − p … o·s − p + k − 1, so that its middle lies at o·s − p + (k − 1)/2. With k = s + 2p
 * that is the middle of pixels o·s … o·s + s − 1, those that it stands for: shrinking keeps a picture in its place.
 */

/**
 * Blurs a picture [N, C, H, W] with a Gaussian of deviation `sigma`, cut off three deviations away, and keeps every
 * `stride`-th pixel: [N, C, H/stride, W/stride]. Beyond the border the picture is mirrored.
 *
 * The kernel stands in the file in whole numbers, which are cast where they are used: parameters are floats, so that no
 * training takes it for one. It is a layer of the name `name`.
 */
export function blur(net: Net, x: Value, name: string, sigma: number, stride: number): Value {
  const { g } = net;
  const pad = Math.max(1, Math.round(3 * sigma - stride / 2));
  const size = stride + 2 * pad;
  const channels = x.shape[1]!;
  const line = Array.from({ length: size }, (_, i) => {
    const away = i - (size - 1) / 2;
    return Math.round(LARGEST * Math.exp(-(away ** 2) / (2 * sigma ** 2)));
  });
  const total = line.reduce((a, b) => a + b) ** 2;
  const shape = [channels, 1, size, size];
  const taps = Array.from({ length: channels }, () => line.flatMap((a) => line.map((b) => a * b))).flat();
  const stored: Value = { name: `${name}.taps`, dtype: "int32", shape };
  g.graph.constants.set(stored, fromNumbers("int32", taps, shape));
  const cast = verbatim(net, `${name}.cast`, "Cast", [stored], shape, { to: onnxTypeNumber.float32 });
  const kernel = verbatim(net, `${name}.kernel`, "Mul", [cast, g.scalar(1 / total, "float32")], shape);
  const pads = g.ints([0, 0, pad, pad, 0, 0, pad, pad]);
  const padded = named(g, `${name}.pad`, () => g.op("Pad", [x, pads], { mode: "reflect" }));
  const placing = { kernel_shape: [size, size], strides: [stride, stride], pads: [0, 0, 0, 0], group: channels };
  return named(g, name, () => g.op("Conv", [padded, kernel], placing));
}
