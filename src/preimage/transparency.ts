/** @file Which parts of a picture were drawn: transparency from its gradients over the steps (MaCo: Fel et al. 2023). */

import { centreCrop, type Image, imageDims, makeImage } from "../tensor/image.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/**
 * Opacity [1,H,W] in 0…1 from Σ |∂objective/∂image| over the steps, [C,H,W]: the mean over channels, cut at its percentile
 * (80 in the authors' plots) and divided by that. A picture that nothing ever pulled at is opaque.
 */
export function opacityOf(pulls: Image, { percentile = 80 }: { readonly percentile?: number } = {}): Image {
  const [channels, h, w] = imageDims(pulls);
  const mean = makeImage(1, h, w, (_, y, x) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += pulls.data[(c * h + y) * w + x]!;
    return sum / channels;
  });
  const sorted = mean.data.toSorted();
  const place = ((sorted.length - 1) * percentile) / 100;
  const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  const limit = low + (high - low) * (place - Math.floor(place));
  const largest = limit > 0 ? limit : sorted.at(-1)!;
  return makeImage(1, h, w, (_, y, x) => (largest > 0 ? Math.min(mean.data[y * w + x]! / largest, 1) : 1));
}

/** The picture with its opacity as a further channel. */
export function withOpacity(image: Image, opacity: Image): Image {
  const [channels, h, w] = imageDims(image);
  return makeImage(channels + 1, h, w, (c, y, x) =>
    c < channels ? image.data[(c * h + y) * w + x]! : opacity.data[y * w + x]!,
  );
}

/** The last channel of a picture by itself, and the colours in front of it. */
export function withoutOpacity(image: Image): { readonly image: Image; readonly opacity: Image } {
  const [channels, h, w] = imageDims(image);
  const end = (channels - 1) * h * w;
  return {
    image: tensor("float32", [channels - 1, h, w], image.data.slice(0, end)),
    opacity: tensor("float32", [1, h, w], image.data.slice(end)),
  };
}

/** The opacity of a picture of height × width, from what pulled at its canvas, [1,1,H,W]. */
export function opacityFrom(pulls: Tensor, [height, width]: readonly [number, number]): Image {
  const [, ...dims] = pulls.dims;
  return opacityOf(centreCrop(tensor("float32", dims, (pulls as Image).data), height, width));
}
