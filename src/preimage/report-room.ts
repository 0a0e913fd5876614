/** @file Whether the pictures of a report fit into memory, before the long work begins. */

import type { SourceValue } from "../graph/graph.ts";
import type { Model } from "../model/model.ts";
import { pick } from "./presets.ts";
import { expectRoom } from "./room.ts";
import type { SheetUnit } from "./sheet.ts";

export interface ReportPictures {
  /** Units and classes that get pictures. */
  readonly units: readonly SheetUnit[];
  /** Layers of the inversions and caricatures. */
  readonly layers: readonly string[];
  /** Whether there are photos to invert, and one to make caricatures of. */
  readonly photos: boolean;
  readonly photo: boolean;
  /** Side of the pictures, and pictures in one graph, as they were asked for. */
  readonly size: number | undefined;
  readonly batch: number | undefined;
}

/**
 * Throws an `InputError` where the pictures of a report, or batches of them, do not fit into memory: those of the deepest layers,
 * which take the most.
 */
export function expectRoomForReport(
  model: Model,
  { units, layers, photos, photo, size, batch = 1 }: ReportPictures,
): void {
  const deepest = (addresses: readonly string[]): SourceValue[] => {
    const found = new Set(addresses);
    return model.layers.flatMap(({ address, value }) => (found.has(address) ? [value] : [])).slice(-1);
  };
  const shown = units.map(({ layer }) => layer);
  const most = Math.max(0, ...shown.map((layer) => shown.filter((other) => other === layer).length));
  if (most > 0)
    expectRoom(model, {
      size,
      batch: Math.min(batch, most),
      layers: deepest(shown),
      preset: pick("maximize", "lucid", {}),
    });
  if (layers.length === 0) return;
  if (photos) expectRoom(model, { size, layers: deepest(layers), preset: pick("invert", "natural", {}) });
  if (photo)
    expectRoom(model, { size, layers: deepest(layers), preset: pick("caricature", "natural", {}), fromPhoto: true });
}
