/** @file Inversion: a picture with the same code as a photo, and so what a layer kept of it and what it lost. */

import { expect } from "../error.ts";
import { findLayer } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import type { Image } from "../tensor/image.ts";
import {
  codeDistances,
  expectRoomToInvert,
  type Inversion,
  type InvertEachOptions,
  invertEach,
} from "./invert-each.ts";
import type { Progress } from "./technique.ts";

export type { Inversion } from "./invert-each.ts";

export interface InvertOptions extends Omit<InvertEachOptions, "codeDistance"> {
  /** Other photos, for the error of CVPR 2015, which is relative to the distance between codes of different photos. */
  readonly others?: readonly Image[];
}

/**
 * Rebuilds `photo` ([3,H,W] in 0…1, cropped to a square) from what `layer` keeps of it, starting from noise. The default
 * preset is `natural`, which lasts 300 steps and 50 more without jitter at a tenth of the rate.
 *
 * Throws `InputError` for an unknown layer, one that the photo leaves silent, or a size that the net cannot take or the
 * memory does not hold.
 */
export async function* invert(
  model: Model,
  photo: Image,
  layer: string,
  { others = [], ...options }: InvertOptions = {},
): AsyncGenerator<Progress, Inversion> {
  // The codes of other photos are taken at that size, too.
  if (others.length > 1) expectRoomToInvert(model, layer, options);
  const distances = others.length < 2 ? undefined : await codeDistances(model, others, [layer], options);
  const [made] = yield* invertEach(model, [photo], layer, { ...options, codeDistance: distances?.[0] });
  expect(
    made,
    () =>
      `${findLayer(model, layer).address} is zero everywhere for this photo, which leaves nothing to rebuild: take another layer or photo`,
  );
  return made;
}
