/** @file How a net's picture is shown in a file: colours and opacity as they are, bands side by side. */

import type { Preprocessing } from "../src/model/preprocessing.ts";
import type { Picture } from "../src/preimage/technique.ts";
import { withOpacity } from "../src/preimage/transparency.ts";
import { strip } from "../src/tensor/grid.ts";
import { type Image, imageDims } from "../src/tensor/image.ts";
import { tensor } from "../src/tensor/tensor.ts";

/** Opacity, where there is some, is the last channel; of bands, which are grey and stand in a row, the last picture. */
export function viewOf(
  { image, opacity }: Pick<Picture, "image" | "opacity">,
  { colour }: Pick<Preprocessing, "colour">,
): Image {
  const whole = opacity ? withOpacity(image, opacity) : image;
  if (colour !== "bands") return whole;
  const [channels, h, w] = imageDims(whole);
  const bands = Array.from({ length: channels }, (_, c) =>
    tensor("float32", [1, h, w], whole.data.slice(c * h * w, (c + 1) * h * w)),
  );
  return strip(bands, { margin: 2 });
}
