/** @file The pointing game (Zhang et al. 2016, arXiv 1608.00507): whether a map's top place lies on the object, where that is known. */

import type { Item } from "../data/dataset.ts";
import { drawFlower } from "../data/flower.ts";
import { type Image, imageDims, makeImage, resize } from "../tensor/image.ts";
import { aboveLeast, atSize, topPlace } from "./order.ts";

export interface Pointing {
  /** Whether the top place lies on the object. */
  readonly hit: boolean;
  /** Part of what the map has above 0 (above its least, where all is) that lies on the object (Wang et al. 2020, arXiv 1910.01279). */
  readonly inside: number;
  /** Part of the picture that is object: what chance would have of either. */
  readonly area: number;
}

/** @param object [1, H, W] in 0…1: how much of each pixel is object; half is enough. */
export function pointing(map: Image, object: Image): Pointing {
  const [, height, width] = imageDims(object);
  const isObject = (i: number): boolean => object.data[i]! >= 0.5;
  const [y, x] = topPlace(map, height, width);
  const values = aboveLeast(atSize(map, height, width));
  let [inside, all, area] = [0, 0, 0];
  for (const [i, v] of values.entries()) {
    const positive = Math.max(0, v);
    all += positive;
    if (!isObject(i)) continue;
    inside += positive;
    area++;
  }
  return { hit: isObject(y * width + x), inside: all > 0 ? inside / all : Number.NaN, area: area / values.length };
}

/** Where the flower is, petals and centre, in a synthetic picture that is shown at `size`; `undefined` for other pictures. */
export function flowerPlace({ source }: Pick<Item, "source">, size: number): Image | undefined {
  if (source.kind !== "flower") return undefined;
  const { petals, centre } = drawFlower(source.flower, source.size);
  const [, height, width] = imageDims(petals);
  const flower = makeImage(1, height, width, (_, y, x) => petals.data[y * width + x]! + centre.data[y * width + x]!);
  return resize(flower, size, size);
}
