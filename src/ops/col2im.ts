/** @file Col2Im: windows put back into pictures, overlaps summed. */

import { sizeOf } from "../tensor/tensor.ts";
import { ints, op } from "./op.ts";
import { range } from "./shapes.ts";

export const Col2Im = op({
  inputs: ["input", "image_shape", "block_shape"],
  attributes: { dilations: ints(), pads: ints(), strides: ints() },
  // input [N, C · K, L]: for each of C channels the K elements of a window, at L places. A transposed convolution whose K
  // kernels are the unit vectors puts them back, every channel on its own:
  //   [N · C, K, places…] ∗ᵀ I[K, 1, window…] = [N · C, 1, image…].
  inline: (g, { input, image_shape, block_shape }, a, { ints: known, fail }) => {
    const image = known(image_shape, "image_shape");
    const block = known(block_shape, "block_shape");
    const rank = image.length;
    const { dilations = image.map(() => 1), strides = image.map(() => 1), pads = range(2 * rank).map(() => 0) } = a;
    const room = image.map((d, i) => d + pads[i]! + pads[i + rank]! - dilations[i]! * (block[i]! - 1) - 1);
    const places = room.map((r, i) => Math.floor(r / strides[i]!) + 1);
    const [batch = 0, rows = 0, columns] = input.shape;
    const k = sizeOf(block);
    const channels = rows / k;
    if (input.shape.length !== 3 || !Number.isInteger(channels) || columns !== sizeOf(places))
      return fail(
        `windows [${block}] at ${places.join("×")} places of [${image}] do not fit the input [${input.shape}]`,
      );
    const unit = g.numbers(
      range(k * k).map((i) => (i % (k + 1) === 0 ? 1 : 0)),
      [k, 1, ...block],
      input.dtype,
    );
    const windows = g.reshape(input, [batch * channels, k, ...places]);
    const output_padding = room.map((r, i) => r % strides[i]!);
    const y = g.op("ConvTranspose", [windows, unit], { dilations, kernel_shape: block, output_padding, pads, strides });
    return [g.reshape(y, [batch, channels, ...image])];
  },
});
