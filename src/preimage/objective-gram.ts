/** @file What textures pictures have, position aside: the Gram matrix of a layer, for style and for diversity among pictures. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";
import { asFeatures } from "./objective-maps.ts";

/** G = F Fᵀ / P for features F [N, C, P]: how strongly channels are active together, [N, C, C]. */
function gram(g: Builder, features: Value): Value {
  return g.div(g.matmul(features, g.transpose(features, [0, 2, 1])), features.shape[2]!);
}

/**
 * −‖G(a) − G(a₀)‖² / ‖G(a₀)‖²: the picture should have the photo's textures, wherever they are (Gatys, Ecker & Bethge, "Image
 * style transfer using convolutional neural networks", CVPR 2016; scaled by the photo's own Gram matrix, so that layers
 * weigh alike). 0 for the photo itself.
 */
export const style =
  (code: Tensor<"float32">, axis = 1): Objective =>
  (g, [a]) => {
    // Constant, so that runtimes compute it once, when they load the graph.
    const target = gram(g, asFeatures(g, g.numbers(code.data, code.dims, a!.dtype), axis));
    const difference = g.sub(gram(g, asFeatures(g, a!, axis)), target);
    return g.div(g.sum(g.square(difference), [1, 2], false), g.neg(g.sum(g.square(target), undefined, false)));
  };

/**
 * 1 − the mean cosine between a picture's Gram matrix and those of the other pictures in the batch: 0 where all have the
 * same textures. Views of one picture count as more positions of it. For a picture alone it is 0.
 *
 * Lucid's `diversity` is the sum of the cosines, so what is subtracted there is added here.
 */
export const diversity =
  (axis = 1): Objective =>
  (g, [a], views = 1) => {
    const features = asFeatures(g, a!, axis);
    const [shown, channels, positions] = features.shape as [number, number, number];
    const pictures = shown / views;
    if (pictures === 1) return g.expand(g.scalar(0, a!.dtype), [shown]);
    const apart = g.transpose(g.reshape(features, [pictures, views, channels, positions]), [0, 2, 1, 3]);
    const matrix = gram(g, g.reshape(apart, [pictures, channels, views * positions]));
    const flat = g.reshape(matrix, [pictures, channels * channels]);
    const unit = g.div(flat, g.sqrt(g.add(g.sum(g.square(flat), [1]), 1e-10)));
    const others = Array.from({ length: pictures ** 2 }, (_, i) => (i % (pictures + 1) === 0 ? 0 : 1 / (pictures - 1)));
    const cosines = g.mul(g.matmul(unit, g.transpose(unit, [1, 0])), g.numbers(others, [pictures, pictures], a!.dtype));
    return eachView(g, g.sub(1, g.sum(cosines, [1], false)), views);
  };

/** One number a picture, [N], repeated for each view of it, [N·k]. */
export const eachView = (g: Builder, perPicture: Value, views: number): Value => {
  const [pictures] = perPicture.shape as [number];
  return g.reshape(g.expand(g.reshape(perPicture, [pictures, 1]), [pictures, views]), [pictures * views]);
};
