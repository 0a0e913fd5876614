/** @file What every technique tells its preset of the net, and what a picture starts from. */

import type { SourceValue } from "../graph/graph.ts";
import type { Model } from "../model/model.ts";
import type { Image } from "../tensor/image.ts";
import { Tensor } from "../tensor/tensor.ts";
import { fitPhoto } from "./encode.ts";
import { meanColour, type SizedNet } from "./net.ts";
import { statisticsDistance } from "./objective-batch-norm.ts";
import type { Setting } from "./presets/preset.ts";
import type { PictureState } from "./run-state.ts";

/** The net's part of a preset's setting. */
export function setting(
  model: Model,
  net: SizedNet,
  layers: readonly SourceValue[],
): Pick<Setting, "net" | "layers" | "size" | "mean" | "stride" | "depth" | "statistics"> {
  const places = layers.map((v) => model.layers.findIndex((layer) => layer.value === v));
  const last = Math.max(...places);
  return {
    net,
    layers,
    size: net.size,
    mean: meanColour(model),
    stride: Math.max(...net.layers.map((layer) => layer.stride)),
    depth: (last + 1) / model.layers.length,
    statistics: (first) => {
      const { layers: read, on } = statisticsDistance(model, model.layers[last]!, { first });
      return { layers: read, objective: on([]) };
    },
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
