/** @file Pre-images in a strip: photo and pictures, below them what other seeds gave, and where these differ. */

import { dirname, join } from "node:path";
import { SPREAD_FULL, spreadLegend, spreadPicture } from "../src/preimage/measure-spread.ts";
import type { Restart } from "../src/preimage/technique.ts";
import { labelledGrid } from "../src/tensor/image.node.ts";
import { type Image, imageDims, makeImage } from "../src/tensor/image.ts";
import { pixelSpread } from "../src/tensor/spread.ts";
import { enlarge } from "./enlarge.ts";
import { stem } from "./files.ts";
import { digits } from "./table.ts";

const LEGEND = `spread of restarts: 0 to ${SPREAD_FULL} and more`;

export interface StripColumn {
  readonly image: Image;
  readonly caption: string;
  /** Of the picture. */
  readonly seed: number;
  /** From all seeds, the picture among them; none of a picture made once. */
  readonly restarts?: readonly Restart[] | undefined;
}

/** Photo and pictures in a row; below them those of other seeds, and in the last row their spread with its scale. */
export async function strip(photo: Image, columns: readonly StripColumn[]): Promise<Image> {
  const blank = makeImage(3, 1, 1, () => 1);
  const rows: { images: Image[]; captions: string[] }[] = [
    { images: [photo, ...columns.map(({ image }) => image)], captions: ["photo", ...columns.map((c) => c.caption)] },
  ];
  const others = columns.map(({ seed, restarts = [] }) => restarts.filter((each) => each.seed !== seed));
  const most = Math.max(...others.map((column) => column.length));
  for (let i = 0; i < most; i++)
    rows.push({
      images: [blank, ...others.map((column) => column[i]?.image ?? blank)],
      captions: ["", ...others.map((column) => (i < column.length ? caption(column[i]!) : ""))],
    });
  if (most > 0) {
    const spreads = columns.map(({ restarts = [] }) =>
      restarts.length > 1 ? pixelSpread(restarts.map((each) => each.image)) : undefined,
    );
    const [, height, width] = imageDims(photo);
    rows.push({
      images: [spreadLegend(height, width), ...spreads.map((spread) => (spread ? spreadPicture(spread.map) : blank))],
      captions: [LEGEND, ...spreads.map((spread) => (spread ? `spread ${digits(spread.mean)}` : ""))],
    });
  }
  return labelledGrid(
    rows.flatMap(({ images }) => images.map((image) => (image === blank ? blank : enlarge(image)))),
    rows.flatMap(({ captions }) => captions),
    { columns: columns.length + 1 },
  );
}

/** The measure of an inversion is minus its squared error. */
const caption = ({ seed, activation }: Restart): string =>
  `seed ${seed}\nerror ${digits(Math.sqrt(Math.max(0, -activation.end)))}`;

/** Where the strip of the restarts of the picture `out` goes. */
export const spreadPath = (out: string): string => join(dirname(out), `${stem(out)}-spread.png`);

/** The photo, one layer's pictures from all seeds in a row, and where they differ. */
export async function spreadStrip(
  photo: Image,
  { image, seed, restarts }: { readonly image: Image; readonly seed: number; readonly restarts: readonly Restart[] },
): Promise<Image> {
  const { map, mean } = pixelSpread(restarts.map((each) => each.image));
  const [, height, width] = imageDims(photo);
  const others = restarts.filter((each) => each.seed !== seed);
  const pictures = [photo, image, ...others.map((each) => each.image), spreadPicture(map), spreadLegend(height, width)];
  const captions = [
    "photo",
    ...restarts.filter((each) => each.seed === seed).map((each) => `${caption(each)}, the best`),
    ...others.map(caption),
    `spread ${digits(mean)}`,
    LEGEND,
  ];
  return labelledGrid(
    pictures.map((each) => enlarge(each)),
    captions,
  );
}
