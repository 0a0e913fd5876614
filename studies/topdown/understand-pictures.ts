/** @file Strips of both twins and of each level: what classes want to see, and what layers keep of pictures. */

import { enlarge } from "../../cli/enlarge.ts";
import { percent } from "../../cli/table.ts";
import { levelsOf, throughLevel } from "../../src/model/levels.ts";
import { mainLayers } from "../../src/model/main-layers.ts";
import type { Model } from "../../src/model/model.ts";
import { type MeasuredInversion, measureInversions } from "../../src/preimage/inversion-table.ts";
import { maximizeEach } from "../../src/preimage/maximize.ts";
import { classProbabilities } from "../../src/preimage/measure-classes.ts";
import { type Texture, texture } from "../../src/preimage/measure-picture.ts";
import { pngOf } from "../../src/preimage/net-report-work.ts";
import { relay } from "../../src/preimage/relay.ts";
import { type Piece, piece } from "../../src/preimage/report-pieces.ts";
import { uriBytes } from "../../src/report/data-uri.ts";
import { decodeImage, labelledGrid } from "../../src/tensor/image.node.ts";
import type { Image } from "../../src/tensor/image.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { Pair } from "./understand-pair.ts";

export interface PicturesOptions {
  /** Classes whose pictures are made, evenly spread. */
  readonly classes: number;
  /** Pictures that are inverted, and how many of them are on the strip. */
  readonly inverted: number;
  readonly shown: number;
  readonly steps: number;
  readonly inversionSteps: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** A net, or one level of it. */
export interface Row {
  readonly title: string;
  readonly net: 0 | 1;
  readonly model: Model;
}

/** Both twins, then the top-down net through each of its levels alone. */
export function rowsOf({ twins: [a, b], size }: Pair): Row[] {
  const levels = levelsOf(b.model, { size }).map(
    ({ size: [height, width] }, k): Row => ({
      title: `level ${k + 1} alone, ${height}×${width}`,
      net: 1,
      model: throughLevel(b.model, k + 1),
    }),
  );
  return [{ title: "bottom-up", net: 0, model: a.model }, { title: "top-down", net: 1, model: b.model }, ...levels];
}

/** The picture of a class. */
export interface ClassPicture extends Texture {
  readonly name: string;
  /** Probability of the class on the whole net that it was made for, and on its twin. */
  readonly own: number;
  readonly twin: number;
  readonly figure: string;
}

export function classPieces(pair: Pair, { classes: count, steps, seed, signal }: PicturesOptions) {
  const { twins, size, run, key } = pair;
  const { classes, labels } = twins[0].net;
  const n = Math.min(count, classes);
  const chosen = Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * classes) / n));
  const rows = rowsOf(pair);
  const found = new Map<string, readonly ClassPicture[]>();
  const pieces = rows.map(
    ({ title, net, model }): Piece =>
      piece<readonly ClassPicture[]>({
        title: `class pictures, ${title}`,
        work: 3 * steps * n,
        key: { ...key, part: "classes", title, chosen, steps, seed },
        take: (pictures) => void found.set(title, pictures),
        make: async function* () {
          const addresses = chosen.map((c) => `logits:${c}`);
          const options = { ...run, size, steps, seed, ...(signal && { signal }) };
          const made = yield* relay(maximizeEach(model, addresses, options), (p) => p.step / p.steps);
          const images = made.flatMap((m) => m?.image ?? []);
          const own = await classProbabilities(twins[net].model, images, run);
          const twin = await classProbabilities(twins[net === 0 ? 1 : 0].model, images, run);
          return Promise.all(
            images.map(async (image, i) => ({
              name: labels?.[chosen[i]!] ?? String(chosen[i]),
              own: own[i]![chosen[i]!]!,
              twin: twin[i]![chosen[i]!]!,
              ...texture(image),
              figure: await pngOf(image),
            })),
          );
        },
      }),
  );
  return { pieces, result: () => rows.map(({ title, net }) => ({ title, net, pictures: found.get(title) ?? [] })) };
}

/** What a layer keeps of some pictures. */
export interface Kept {
  readonly layer: string;
  readonly measured: readonly (MeasuredInversion | null)[];
  /** Of the first pictures. */
  readonly figures: readonly (string | null)[];
}

/** Layers of a net that are inverted at, evenly spread up to the logits. */
const LAYERS = 4;

export function inversionPieces(pair: Pair, options: PicturesOptions, photos: readonly Image[]) {
  const { twins, size, run, key } = pair;
  const { inversionSteps: steps, seed, shown, signal } = options;
  const rows = rowsOf(pair);
  const named = twins[0].net.labels !== undefined;
  const found = new Map<string, Kept>();
  const layersOf = (model: Model) => mainLayers(model, LAYERS).map(({ address }) => address);
  // Through one level the last feature maps say it all: those that the finest level, which is merged last, reaches too.
  const reached = layersOf(rows.at(-1)!.model).slice(-2, -1);
  const wanted = rows.flatMap((row, i) =>
    (i < 2 ? layersOf(row.model) : reached).map((layer) => ({ ...row, layer, whole: i < 2 })),
  );
  const pieces = wanted.map(
    ({ title, net, model, layer }): Piece =>
      piece<Kept>({
        title: `${layer} inverted, ${title}`,
        work: 3 * steps * photos.length,
        key: { ...key, part: "inversions", title, layer, steps, seed, shown, photos: photos.length },
        take: (kept) => void found.set(`${title} ${layer}`, kept),
        make: async function* () {
          const judge = named ? twins[net === 0 ? 1 : 0].model : undefined;
          const asked = { ...run, size, steps, seed, judge, ...(signal && { signal }) };
          const made = yield* relay(measureInversions(model, photos, layer, asked), (p) => p.step / p.steps);
          const figures = await Promise.all(made.slice(0, shown).map(async (m) => (m ? pngOf(m.image) : null)));
          return { layer, measured: made.map((m) => m?.measured ?? null), figures };
        },
      }),
  );
  return {
    pieces,
    result: () =>
      wanted.flatMap(({ title, net, layer, whole }) => {
        const kept = found.get(`${title} ${layer}`);
        return kept ? [{ title, net, whole, ...kept }] : [];
      }),
  };
}

export type Classes = ReturnType<ReturnType<typeof classPieces>["result"]>;
export type Inversions = ReturnType<ReturnType<typeof inversionPieces>["result"]>;

/** Pixels that a picture of a strip has at least. */
const SIDE = 128;

const pictureOf = async (uri: string): Promise<Image> => enlarge((await decodeImage(uriBytes(uri))).image, SIDE);

/** A row for each net and level, a column for each class. */
export async function classStrip(rows: Classes): Promise<Image> {
  const cells = rows.flatMap(({ title, pictures }) => pictures.map((picture) => ({ title, ...picture })));
  return labelledGrid(
    await Promise.all(cells.map(({ figure }) => pictureOf(figure))),
    cells.map(({ title, name, own, twin }) => `${title}\n${name}\nnet ${percent(own)}, twin ${percent(twin)}`),
    { columns: rows[0]!.pictures.length },
  );
}

/** For each picture a row for each net: the picture, then what each layer keeps; a last row of the levels. */
export async function inversionStrip(found: Inversions, photos: readonly Image[], shown: number): Promise<Image> {
  const levels = found.filter(({ whole }) => !whole);
  const columns = 1 + Math.max(LAYERS, levels.length);
  const blank = tensor("float32", [3, 1, 1], new Float32Array(3).fill(1));
  const images: Image[] = [];
  const captions: string[] = [];
  const put = (image: Image, caption: string): void => {
    images.push(image);
    captions.push(caption);
  };
  for (const [i, photo] of photos.slice(0, shown).entries()) {
    const groups = [0, 1].map((net) => found.filter((each) => each.whole && each.net === net));
    for (const group of [...groups, levels]) {
      put(group === levels ? blank : enlarge(photo, SIDE), group === levels ? "" : "the picture");
      for (const { title, layer, figures, measured } of group) {
        const numbers = measured[i]
          ? `error ${measured[i].ijcv.toPrecision(2)}, ${measured[i].psnr.toFixed(1)} dB`
          : "silent";
        put(figures[i] ? await pictureOf(figures[i]) : blank, `${title}\n${layer}\n${numbers}`);
      }
      while (images.length % columns !== 0) put(blank, "");
    }
  }
  return labelledGrid(images, captions, { columns });
}
