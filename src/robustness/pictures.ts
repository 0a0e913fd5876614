/** @file Batches of a data set as pictures to attack. */

import type { Batch } from "../data/dataset.ts";
import { expect } from "../error.ts";
import { luma } from "../tensor/image.ts";
import type { Picture } from "./attack.ts";
import type { Classifier } from "./classifier.ts";

/**
 * Pictures [C,H,W] in 0…1 from batches of bytes [B,H,W,3]; places with the label −1 are left out. A net that sees grey gets the
 * luma.
 *
 * Throws an `InputError` for pictures of another size than the net's, and where none has a label.
 */
export async function* picturesOf(
  { name, picture }: Pick<Classifier, "name" | "picture">,
  batches: AsyncIterable<Pick<Batch, "images" | "labels" | "items">>,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<Picture, void> {
  const [channels, height, width] = picture;
  const area = height * width;
  let count = 0;
  for await (const { images, labels, items } of batches) {
    const [, h, w] = images.dims;
    expect(h === height && w === width, () => `the pictures are ${h}×${w}, and ${name} takes ${height}×${width}`);
    for (const [i, label] of labels.entries()) {
      if (label < 0) continue;
      if (count++ >= limit) return;
      const bytes = images.data.subarray(3 * area * i, 3 * area * (i + 1));
      const image = new Float32Array(channels * area);
      for (let p = 0; p < area; p++)
        for (let c = 0; c < channels; c++)
          image[c * area + p] =
            channels === 1
              ? luma.reduce((sum, weight, k) => sum + weight * bytes[3 * p + k]!, 0) / 255
              : bytes[3 * p + c]! / 255;
      yield { item: items[i]!, image, label };
    }
  }
  expect(count > 0, () => "none of the pictures has a label: attacks need the right answer");
}
