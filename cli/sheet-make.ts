/** @file The two long parts of a sheet, with their progress: its pictures, and the pass over photos. */

import type { Model } from "../src/model/model.ts";
import { openPhotos } from "../src/preimage/photos.node.ts";
import { type TopPhotos, topPhotos } from "../src/preimage/photos.ts";
import type { Photos } from "../src/preimage/photos-source.ts";
import { type SheetRun, type SheetUnit, sheetPictures } from "../src/preimage/sheet.ts";
import { fewerPhotos } from "../src/preimage/sheet-photos.ts";
import type { Device } from "../src/runtime/backend.ts";
import type { runOptions } from "./picture.ts";
import { progressLine } from "./say.ts";
import type { Parts } from "./sheet-parts.ts";
import { stopSignal } from "./stop.ts";
import { digits } from "./table.ts";

/** A folder of photos, or some of them. */
export async function photosIn(path: string, limit: number | undefined): Promise<Photos> {
  const photos = await openPhotos(path);
  return limit === undefined ? photos : fewerPhotos(photos, limit);
}

/** Where pictures go when they are done. */
export type Store = Pick<Parts, "has" | "write"> & Partial<Pick<Parts, "stateOf" | "writeUnfinished">>;

/** Makes what is missing, until all is there or the signal aborts. */
export async function makePictures(
  model: Model,
  batches: readonly (readonly SheetUnit[])[],
  parts: Store,
  {
    quiet,
    title,
    ...options
  }: ReturnType<typeof runOptions> & Pick<SheetRun, "fewer"> & { readonly quiet: boolean; readonly title: string },
): Promise<void> {
  const next = batches.find((batch) => !batch.every(parts.has));
  if (!next) return;
  const count = batches.flat().length;
  let done = batches.filter((batch) => batch.every(parts.has)).flat().length;
  const line = progressLine(`maximize ${title}`, { quiet });
  const from = parts.stateOf?.(next);
  const run = sheetPictures(model, batches, {
    ...options,
    has: parts.has,
    ...(from && { from }),
    signal: stopSignal(),
  });
  try {
    for (;;) {
      const event = await run.next();
      if (event.done) {
        if (event.value) parts.writeUnfinished?.(event.value);
        return;
      }
      if (event.value.kind === "made") {
        await parts.write(event.value.pictures);
        done += event.value.pictures.length;
      } else {
        const { step, steps, objective } = event.value.progress;
        line.update(step, steps, `${done} of ${count} pictures  objective ${digits(objective)}`);
      }
    }
  } finally {
    line.end();
    await run.return(undefined);
  }
}

/** The photos that the units like, unless it was stopped. */
export async function lookAt(
  model: Model,
  units: readonly SheetUnit[],
  photos: Photos,
  {
    top,
    size,
    device,
    quiet = false,
  }: {
    readonly top: number;
    readonly size?: number | undefined;
    readonly device?: Device | undefined;
    readonly quiet?: boolean | undefined;
  },
): Promise<TopPhotos | undefined> {
  const signal = stopSignal();
  if (signal.aborted) return undefined;
  const line = progressLine("photos", { quiet, unit: "photos" });
  try {
    return await topPhotos(
      model,
      units.map(({ address }) => address),
      photos,
      {
        k: top,
        ...(size !== undefined && { size }),
        ...(device && { device }),
        signal,
        progress: (done, total) => line.update(done, total, ""),
      },
    );
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    line.end();
  }
}
