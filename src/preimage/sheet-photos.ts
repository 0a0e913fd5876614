/** @file What real photos tell of the units of a sheet: how far beyond them a picture goes, and which units are dead. */

import type { Batch } from "../data/dataset.ts";
import { expect } from "../error.ts";
import { type Reached, reached } from "./measure-picture.ts";
import type { UnitPhotos } from "./photos.ts";
import type { PhotoPass, Photos } from "./photos-source.ts";
import type { Picture } from "./technique.ts";

/**
 * - `alive`: the picture changes what the unit says, and some photo does.
 * - `silent`: the picture does, but the unit is the same for all photos.
 * - `unmoved`: some photo does, but the unit is the same for the picture as for the noise that it was made from.
 * - `dead`: nothing does; without photos, the picture does not.
 */
export type Life = "alive" | "silent" | "unmoved" | "dead";

/** What became of a unit. */
export function lifeOf({ activation, steps }: Pick<Picture, "activation" | "steps">, photos?: UnitPhotos): Life {
  const moved = steps === 0 || activation.end !== activation.start;
  const seen = photos && photos.peak.quantiles[0]! < photos.peak.max;
  if (moved) return seen === false ? "silent" : "alive";
  return seen ? "unmoved" : "dead";
}

/** The activation of a unit's picture (mean over positions, without transforms) among the same of all photos. */
export const amongPhotos = ({ activation }: Pick<Picture, "activation">, { mean }: UnitPhotos): Reached =>
  reached(activation.end, mean);

/** At most `count` of the photos, evenly spread over all. */
export function fewerPhotos(photos: Photos, count: number): Photos {
  expect(Number.isSafeInteger(count) && count > 0, () => `photos: expected a whole number above 0, got ${count}`);
  const total = photos.names.length;
  if (count >= total) return photos;
  const kept = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * total) / count));
  const places = new Map(kept.map((item, i) => [item, i]));
  return {
    name: photos.name,
    names: kept.map((item) => photos.names[item]!),
    open({ only, ...options }) {
      const pass = photos.open({ ...options, only: only ? only.map((i) => kept[i]!) : kept });
      return { unreadable: pass.unreadable, batches: numbered(pass.batches, places), close: () => pass.close() };
    },
  };
}

async function* numbered(
  batches: PhotoPass["batches"],
  places: ReadonlyMap<number, number>,
): AsyncGenerator<Pick<Batch, "images" | "items">> {
  for await (const { images, items } of batches) yield { images, items: items.map((item) => places.get(item) ?? -1) };
}
