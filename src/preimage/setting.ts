/** @file What every technique tells its preset of the net, and what a picture starts from. */

import type { SourceValue } from "../graph/graph.ts";
import type { Model } from "../model/model.ts";
import type { Image } from "../tensor/image.ts";
import { Tensor } from "../tensor/tensor.ts";
import { fitPhoto } from "./encode.ts";
import { meanColour, type SizedNet } from "./net.ts";
import type { Setting } from "./presets/preset.ts";
import type { PictureState } from "./run-state.ts";

/** The net's part of a preset's setting. */
export function setting(
  model: Model,
  net: SizedNet,
  layers: readonly SourceValue[],
): Pick<Setting, "net" | "layers" | "size" | "mean" | "stride" | "depth"> {
  const places = layers.map((v) => model.layers.findIndex((layer) => layer.value === v));
  return {
    net,
    layers,
    size: net.size,
    mean: meanColour(model),
    stride: Math.max(...net.layers.map((layer) => layer.stride)),
    depth: (Math.max(...places) + 1) / model.layers.length,
  };
}

/** A photo at the size of the pictures, or the θ of another picture. */
export function startOf(
  model: Model,
  { size }: SizedNet,
  start: Image | PictureState | undefined,
): { readonly photo?: Image; readonly theta?: Tensor } {
  if (start === undefined) return {};
  return start instanceof Tensor ? { photo: fitPhoto(model, size, start) } : { theta: start.tensors.theta! };
}
