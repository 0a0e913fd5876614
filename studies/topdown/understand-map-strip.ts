/** @file Class activation maps of both twins as they are: every place of a map is one block of the picture, nothing is interpolated. */

import { enlarge } from "../../cli/enlarge.ts";
import { percent } from "../../cli/table.ts";
import { attribute } from "../../src/attribution/attribute.ts";
import { heat } from "../../src/attribution/heat.ts";
import { methods } from "../../src/attribution/methods.ts";
import { labelledGrid } from "../../src/tensor/image.node.ts";
import { type Image, imageDims, makeImage } from "../../src/tensor/image.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { MapsResult } from "./understand-maps.ts";
import type { Pair } from "./understand-pair.ts";

/** Pixels that a picture of the strip has at least. */
const SIDE = 160;

/** For some pictures, those that both nets answer right first: the picture, then the map of each net for the right class. */
export async function mapStrip(pair: Pair, { answers }: MapsResult, count: number): Promise<Image> {
  const { twins, pictures, run } = pair;
  const linear = twins.every(({ net }) => net.linearHead);
  const rightBoth = (i: number): number => answers.filter(({ right }) => right[i]).length;
  const chosen = [...pictures.keys()].sort((i, j) => rightBoth(j) - rightBoth(i)).slice(0, count);
  const images: Image[] = [];
  const captions: string[] = [];
  for (const i of chosen) {
    const { image, label } = pictures[i]!;
    const photo = enlarge(tensor("float32", twins[0].net.picture, image), SIDE);
    images.push(photo);
    captions.push(twins[0].net.labels?.[label] ?? String(label));
    for (const [k, { name, net }] of twins.entries()) {
      const map = await attribute(net, linear ? methods.cam : methods["grad-cam"], { image, class: label }, run);
      const [, height, width] = imageDims(map);
      images.push(heat(blocks(map, photo), photo));
      captions.push(`${name}\n${height}×${width}, ${percent(answers[k]!.probability[i]!)}`);
    }
  }
  return labelledGrid(images, captions, { columns: 3 });
}

/** The map as large as the picture, each place a block of one value. */
function blocks(map: Image, photo: Image): Image {
  const [, h, w] = imageDims(map);
  const [, height, width] = imageDims(photo);
  return makeImage(
    1,
    height,
    width,
    (_, y, x) => map.data[Math.floor((y * h) / height) * w + Math.floor((x * w) / width)]!,
  );
}
