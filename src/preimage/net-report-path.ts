/** @file Path similarity in a report: does the net process the pictures of classes as it does photos of those classes? */

import { decodeImage } from "#image-codec";
import { findLayer } from "../model/address.ts";
import { uriBytes } from "../report/data-uri.ts";
import { figureName, type NetReport } from "../report/net-report-data.ts";
import type { Image } from "../tensor/image.ts";
import { type LayerPath, pathSimilarity, pooledPath } from "./measure-path.ts";
import type { ReportWork } from "./net-report-work.ts";
import type { Photos } from "./photos-source.ts";
import { loadPhotos } from "./photos-source.ts";
import { type Piece, piece } from "./report-pieces.ts";
import { placesOfClass } from "./report-plan.ts";
import type { SheetUnit } from "./sheet.ts";

/** Photos of a class, and of others, that each picture is compared with. */
const COMPARED = 6;

/** One piece for all classes, of photos that lie in folders named after them. */
export function pathPiece(work: ReportWork, photos: Photos | undefined) {
  const { model, plan, key, figures } = work;
  const { signal, batch: _, seed: __, size: ___, ...run } = work.run;
  const layers = plan.pathLayers.map((address) => findLayer(model, address));
  let found: readonly (readonly LayerPath[])[] = [];
  const compared = plan.classes.flatMap((unit) => {
    const places = photos ? placesOfClass(photos.names, unit.label) : [];
    return places.length >= 2 ? [{ unit, places }] : [];
  });
  /** The photos that are compared, by their numbers, read in one pass. */
  const read = async (): Promise<ReadonlyMap<number, Image>> => {
    const { names } = photos!;
    const some = evenly([...names.keys()], COMPARED);
    const wanted = [...new Set([...compared.flatMap(({ places }) => evenly(places, COMPARED)), ...some])];
    const byName = new Map(wanted.map((i) => [names[i]!, i]));
    const found = new Map<number, Image>();
    for await (const { name, image } of loadPhotos(photos!, wanted, { side: Math.max(...plan.size) }))
      found.set(byName.get(name)!, image);
    return found;
  };
  const path = piece<readonly (readonly LayerPath[])[]>({
    title: "paths through the net",
    work: compared.length * (1 + 2 * COMPARED) * work.macsTo("logits"),
    key: {
      ...key,
      part: "path",
      layers: plan.pathLayers,
      pictures: compared.map(({ unit }) => keyOf(unit, work)),
      photos: photos?.names,
    },
    refuse: work.refuse("path", "path"),
    take: (value) => {
      found = value;
    },
    make: async function* () {
      const made: LayerPath[][] = [];
      const shown = await read();
      for (const [i, { unit, places }] of compared.entries()) {
        if (signal?.aborted) break;
        const figure = figures[figureName.unit(unit.address)];
        if (!figure) continue;
        const own = new Set(places);
        const pick = (isOwn: boolean): Image[] => {
          const numbers = [...shown.keys()].filter((k) => own.has(k) === isOwn);
          return evenly(numbers, COMPARED).map((k) => shown.get(k)!);
        };
        const [same, others] = [pick(true), pick(false)];
        const { image } = await decodeImage(uriBytes(figure));
        if (same.length >= 2 && others.length >= 1)
          made.push(
            await pathSimilarity(model, image, { same, others }, { ...run, layers, size: Math.min(...plan.size) }),
          );
        yield (i + 1) / compared.length;
      }
      return made;
    },
  });
  const pieces: Piece[] = layers.length > 0 ? [path] : [];
  const result = (): NetReport["path"] =>
    found.length === 0 ? null : { classes: found.length, layers: pooledPath(found.map((each) => each.map(whole))) };
  return { pieces, result };
}

/** The picture changes with all that its own piece depends on. */
const keyOf = ({ address }: SheetUnit, { options }: ReportWork): unknown => [address, options.steps ?? null];

/** Intervals without ends come back from JSON as null. */
const whole = ({ address, cosine, spearman }: LayerPath): LayerPath => {
  const closed = (n: LayerPath["cosine"]): LayerPath["cosine"] => ({
    ...n,
    interval: [n.interval[0] ?? Number.NEGATIVE_INFINITY, n.interval[1] ?? Number.POSITIVE_INFINITY],
  });
  return { address, cosine: closed(cosine), spearman: closed(spearman) };
};

const evenly = (all: readonly number[], most: number): number[] => {
  const n = Math.min(most, all.length);
  return Array.from({ length: n }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / n)]!);
};
