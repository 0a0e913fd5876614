/** @file What layers compute for finished pictures: every engine's pictures are measured here, by the same program. */

import { findLayer } from "../../src/model/address.ts";
import type { Model } from "../../src/model/model.ts";
import { builderOf } from "../../src/ops/builder.ts";
import { meanColour, netAt } from "../../src/preimage/net.ts";
import { compile } from "../../src/runtime/compile.ts";
import type { Image } from "../../src/tensor/image.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import type { Setting } from "./setting.ts";

/** Activations of a layer for a plain picture, channel by channel. */
export interface Code {
  readonly data: Float32Array;
  readonly channels: number;
}

export interface Looks {
  readonly code: (layer: string, image: Image) => Promise<Code>;
  readonly close: () => Promise<void>;
}

/** One program for all layers, which are given by their addresses. */
export async function openLooks(
  model: Model,
  layers: readonly string[],
  { size, threads }: Pick<Setting, "size" | "threads">,
): Promise<Looks> {
  const wanted = [...new Set(layers)];
  const values = wanted.map((address) => findLayer(model, address).value);
  const g = builderOf();
  const image = g.input("image", "float32", [1, meanColour(model).length, size, size]);
  for (const [i, v] of netAt(model, values, size).emit(g, image, values).entries()) g.output(v, `layer.${i}`);
  const program = await compile(g.graph, { threads });
  return {
    code: async (layer, picture) => {
      const outputs = await program.run({ image: new Tensor("float32", image.shape, picture.bytes) });
      const code = outputs[`layer.${wanted.indexOf(layer)}`] as Tensor<"float32">;
      return { data: code.data.slice(), channels: code.dims[1]! };
    },
    close: () => program.dispose(),
  };
}

/** Mean over the positions of a channel. */
export function channelMean({ data, channels }: Code, channel: number): number {
  const positions = data.length / channels;
  return data.subarray(channel * positions, (channel + 1) * positions).reduce((s, x) => s + x, 0) / positions;
}

/** √(‖a − b‖² / ‖b‖²), the error of IJCV 2016. */
export function relativeError(a: Code, b: Code): number {
  const square = (x: Float32Array): number => x.reduce((s, v) => s + v * v, 0);
  return Math.sqrt(square(a.data.map((x, i) => x - b.data[i]!)) / square(b.data));
}
