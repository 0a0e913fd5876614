/** @file The code of a photo: what a layer computes for it. */

import type { SourceValue } from "../graph/graph.ts";
import type { Model } from "../model/model.ts";
import { channelsOf } from "../model/preprocessing.ts";
import { builderOf } from "../ops/builder.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import { fitCrop, type Image, toGrey, toRgb } from "../tensor/image.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { SizedNet } from "./net.ts";

/** A photo cropped to the size of the net's pictures; grey for a net that sees grey. */
export function fitPhoto(model: Model, [height, width]: readonly [number, number], photo: Image): Image {
  const fitted = fitCrop(photo, height, width);
  return channelsOf(model.preprocessing) === 1 ? toGrey(fitted) : toRgb(fitted);
}

/** The layer's activations for a photo, and the photo as the net sees it. */
export async function encode(
  model: Model,
  net: SizedNet,
  layer: SourceValue,
  photo: Image,
  options: CompileOptions,
): Promise<{ readonly code: Tensor<"float32">; readonly picture: Image }> {
  const picture = fitPhoto(model, net.size, photo);
  const g = builderOf();
  const image = g.input("image", "float32", [1, ...picture.dims]);
  g.output(net.emit(g, image, [layer])[0]!, "code");
  const program = await compile(g.graph, options);
  try {
    const { code } = await program.run({ image: new Tensor("float32", image.shape, picture.bytes) });
    return { code: code as Tensor<"float32">, picture };
  } finally {
    await program.dispose();
  }
}
