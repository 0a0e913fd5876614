/** @file The codes of photos: what layers compute for them. */

import type { SourceValue } from "../graph/graph.ts";
import type { Model } from "../model/model.ts";
import { channelsOf, photoFor } from "../model/preprocessing.ts";
import { builderOf } from "../ops/builder.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import { fitCrop, type Image } from "../tensor/image.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { SizedNet } from "./net.ts";

/** A photo cropped to the size of the net's pictures; grey for a net that sees grey. */
export function fitPhoto(model: Model, [height, width]: readonly [number, number], photo: Image): Image {
  const fitted = fitCrop(photo, height, width);
  return photoFor(model.preprocessing, fitted);
}

/** What layers compute for a photo, and the photo as the net sees it. */
export interface Encoded {
  /** In the order of the layers. */
  readonly codes: readonly Tensor<"float32">[];
  readonly picture: Image;
}

/** The activations of layers for one photo after the other. */
export async function* encodeEach(
  model: Model,
  net: SizedNet,
  layers: readonly SourceValue[],
  photos: AsyncIterable<Image> | Iterable<Image>,
  options: CompileOptions,
): AsyncGenerator<Encoded, void> {
  const g = builderOf();
  const image = g.input("image", "float32", [1, channelsOf(model.preprocessing), ...net.size]);
  for (const [i, code] of net.emit(g, image, layers).entries()) g.output(code, `code.${i}`);
  const program = await compile(g.graph, options);
  try {
    for await (const photo of photos) {
      const picture = fitPhoto(model, net.size, photo);
      const out = await program.run({ image: new Tensor("float32", image.shape, picture.bytes) });
      yield { codes: layers.map((_, i) => out[`code.${i}`] as Tensor<"float32">), picture };
    }
  } finally {
    await program.dispose();
  }
}

/** The layer's activations for a photo, and the photo as the net sees it. */
export async function encode(
  model: Model,
  net: SizedNet,
  layer: SourceValue,
  photo: Image,
  options: CompileOptions,
): Promise<{ readonly code: Tensor<"float32">; readonly picture: Image }> {
  for await (const { codes, picture } of encodeEach(model, net, [layer], [photo], options))
    return { code: codes[0]!, picture };
  throw new Error("internal: encode: expected a photo");
}
