/** @file Sheets: a picture for each of many units, made batch by batch, which can stop after any batch or within one and go on. */

import { addressText, isOutput } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import { BatchError } from "./batches.ts";
import { type MaximizeOptions, maximizeEach } from "./maximize.ts";
import { netAt } from "./net.ts";
import { placingOf, positionOf, unitLayer, unitsOf } from "./photos-units.ts";
import { pick } from "./presets.ts";
import { relay } from "./relay.ts";
import type { PictureState } from "./run-state.ts";
import type { Picture, Progress } from "./technique.ts";

/** A unit of a sheet. */
export interface SheetUnit {
  /** Written out with the layer's own name: `layer3:17`, `logits:4`, `layer3:17@4,4`. */
  readonly address: string;
  readonly layer: string;
  readonly channel: number;
  /** Name of the class that it decides on, where it has one. */
  readonly label?: string;
}

/**
 * The units that addresses stand for, each once: channels (`layer3:17`), all of them (`layer3:*`), lists (`layer3:0-15,20`), at
 * a position (`layer3:*@4,4`) or classes (`logits:*`).
 *
 * Throws an `InputError` for addresses of whole layers, layers without channels, and units that the net does not have at this size.
 *
 * @param size Side of the pictures in pixels; the net's own by default, else 224.
 */
export function sheetUnits(model: Model, addresses: readonly string[], size?: number): SheetUnit[] {
  const asked = addresses.map((text) => unitLayer(model, text));
  const layers = [...new Set(asked)];
  const net = netAt(
    model,
    layers.map((layer) => layer.value),
    size,
  );
  const placings = layers.map((layer, i) => placingOf(layer, net.layers[i]!));
  const units = addresses.flatMap((text, i) => unitsOf(model, text, placings[layers.indexOf(asked[i]!)]!));
  const found = units.map(({ placing, channel, at }): SheetUnit => {
    const { layer } = placing;
    const label = isOutput(layer) ? model.labels?.names[channel] : undefined;
    const position = at === undefined ? undefined : positionOf(placing, at);
    return {
      address: addressText({ layer, channel, position }),
      layer: layer.address,
      channel,
      ...(label !== undefined && { label }),
    };
  });
  return [...new Map(found.map((unit) => [unit.address, unit])).values()];
}

/** Options of the pictures of a sheet: those of `maximize`, the same for all units. */
export type SheetOptions = Omit<MaximizeOptions, "from" | "vectors" | "photos" | "imageEvery">;

/** Units tried together where nothing is asked. */
const USUAL_BATCH = 8;

/**
 * How many pictures are made in one graph: as asked for, else as many as half of the free memory takes, at most 8. Builds what
 * the first batch of each layer needs, and so throws an `InputError` for all that would be wrong with it; a batch that does not
 * fit into memory among it, with the size that would.
 */
export async function sheetBatch(
  model: Model,
  units: readonly SheetUnit[],
  options: SheetOptions = {},
): Promise<number> {
  const sizes: number[] = [];
  for (const members of byLayer(units)) {
    const tried = members.slice(0, Math.max(options.batch ?? 0, USUAL_BATCH)).map(({ address }) => address);
    const run = maximizeEach(model, tried, { ...options, signal: AbortSignal.abort() });
    let next = await run.next();
    while (!next.done) next = await run.next();
    sizes.push(next.value[0]?.batch ?? 1);
  }
  return Math.min(...sizes);
}

/**
 * Which units share a graph: those of one layer, in their order, as evenly as possible and with all their restarts. What is in a
 * batch changes its pictures by rounding, so a sheet is gone on with, or made again, in the same ones.
 */
export function sheetBatches(
  units: readonly SheetUnit[],
  { batch, restarts = 1 }: { readonly batch: number; readonly restarts?: number | undefined },
): SheetUnit[][] {
  const most = Math.max(1, Math.floor(batch / restarts));
  return byLayer(units).flatMap((members) => {
    const size = Math.ceil(members.length / Math.ceil(members.length / most));
    return Array.from({ length: Math.ceil(members.length / size) }, (_, i) => members.slice(i * size, (i + 1) * size));
  });
}

function byLayer(units: readonly SheetUnit[]): SheetUnit[][] {
  const groups = new Map<string, SheetUnit[]>();
  for (const unit of units) groups.set(unit.layer, [...(groups.get(unit.layer) ?? []), unit]);
  return [...groups.values()];
}

export interface SheetPicture {
  readonly unit: SheetUnit;
  readonly picture: Picture;
}

/** Steps of all pictures of the sheet, or the pictures of a batch that is done. */
export type SheetEvent =
  | { readonly kind: "step"; readonly progress: Progress }
  | { readonly kind: "made"; readonly pictures: readonly SheetPicture[] };

/** Where a sheet was stopped within a batch. */
export interface Unfinished {
  readonly batch: readonly SheetUnit[];
  /** What `from` goes on from. */
  readonly states: readonly PictureState[];
}

/** The pictures of a batch, in graphs of half as many as long as those asked for do not fit into memory. */
async function* halved(
  model: Model,
  units: readonly SheetUnit[],
  options: MaximizeOptions,
): AsyncGenerator<Progress, (Picture | undefined)[]> {
  const addresses = units.map(({ address }) => address);
  const count = units.length * (options.restarts ?? 1);
  let together = options;
  for (;;)
    try {
      return yield* maximizeEach(model, addresses, together);
    } catch (error) {
      const { batch = USUAL_BATCH } = together;
      if (!(error instanceof BatchError) || batch === 1) throw error;
      together = { ...options, batch: Math.ceil(Math.min(batch, count) / 2) };
    }
}

export interface SheetRun extends SheetOptions {
  /** Units that have their picture already; a batch is left out when all of its units do. None by default. */
  readonly has?: (unit: SheetUnit) => boolean;
  /** Where the first batch that is not left out stands; at its start by default. */
  readonly from?: readonly PictureState[];
  /** For batches, by the address of their first unit: how many of their pictures go into one graph, where that is not `batch`. */
  readonly fewer?: Readonly<Record<string, number>>;
}

/**
 * The pictures of `sheetBatches`, one batch after the other; each picture is what `maximize` would make, but for rounding. Only
 * one batch is in memory; where even that does not fit, as when there is less of it than `sheetBatch` found, the batch's pictures
 * are made in graphs of half as many, or half of that, and tell so by their own `batch`. When the signal aborts, what the batch
 * under way has reached is returned. `batch` should be the number that the batches were made for.
 *
 * Throws an `InputError` as `maximize` does.
 */
export async function* sheetPictures(
  model: Model,
  batches: readonly (readonly SheetUnit[])[],
  { has = () => false, from, fewer = {}, ...options }: SheetRun = {},
): AsyncGenerator<SheetEvent, Unfinished | undefined> {
  const { steps } = pick("maximize", "lucid", options);
  const { restarts = 1, signal } = options;
  const each = steps * restarts;
  const all = batches.reduce((n, batch) => n + batch.length, 0) * each;
  let before = 0;
  let states = from;
  for (const batch of batches) {
    if (!batch.every(has)) {
      if (signal?.aborted) return undefined;
      const done = before;
      const together = fewer[batch[0]!.address] ?? options.batch;
      const run = halved(model, batch, {
        ...options,
        ...(states && { from: states }),
        ...(together !== undefined && { batch: together }),
      });
      states = undefined;
      const made = yield* relay(run, (progress): SheetEvent => {
        return { kind: "step", progress: { ...progress, step: done + progress.step, steps: all } };
      });
      const pictures = batch.flatMap((unit, i) => (made[i] ? [{ unit, picture: made[i] }] : []));
      const isWhole = pictures.every(
        ({ picture }) => picture.states.length === restarts && picture.states.every(({ step }) => step === steps),
      );
      if (!isWhole || pictures.length < batch.length)
        return { batch, states: pictures.flatMap(({ picture }) => picture.states) };
      yield { kind: "made", pictures };
    }
    before += batch.length * each;
  }
  return undefined;
}
