/** @file Between decorrelated colours and pictures in 0…1: the last step of most parametrisations, and its inverse. */

import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import { decorrelate, rgbFromDecorrelated } from "../../tensor/colour.ts";
import { type Image, imageDims } from "../../tensor/image.ts";

/** σ(M u) for planes u [N,3,H,W], M mixing decorrelated colours into RGB; σ(u) for any other number of channels. */
export function toPicture(g: Builder, planes: Value): Value {
  const [n, channels, h, w] = planes.shape as [number, number, number, number];
  if (channels !== 3) return g.op("Sigmoid", [planes]);
  const mixed = g.matmul(g.numbers(rgbFromDecorrelated, [3, 3], planes.dtype), g.reshape(planes, [n, 3, h * w]));
  return g.op("Sigmoid", [g.reshape(mixed, planes.shape)]);
}

/** Black and white lie infinitely far out; they are put here, which 8 bits still round to black and white. */
const DARKEST = 1 / 512;

/** The planes u, [C,H,W] row-major, of which `toPicture` makes the picture, values below 1/512 and above 511/512 aside. */
export function fromPicture(image: Image): Float64Array {
  const logits = Float64Array.from(image.data, (x) => {
    const inside = Math.min(Math.max(x, DARKEST), 1 - DARKEST);
    return Math.log(inside / (1 - inside));
  });
  return imageDims(image)[0] === 3 ? decorrelate(logits) : logits;
}
