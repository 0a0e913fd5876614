/** @file Deep dream: a photo of any size, and more of whatever a layer sees in it, from coarse to fine. */

import { expect, InputError } from "../error.ts";
import type { Model } from "../model/model.ts";
import { photoFor } from "../model/preprocessing.ts";
import { type Image, imageDims } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import type { Choices } from "./choices.ts";
import { type Dreamt, dreamAt, openedAt, type Sides, type TileOptions } from "./dream-octave.ts";
import { parseObjective } from "./objective-parse.ts";
import type { DreamConstants } from "./presets/dream.ts";
import { pick } from "./presets.ts";
import { expectDreamRoom } from "./room.ts";
import type { Picture, Progress, TechniqueOptions } from "./technique.ts";

export interface DreamOptions
  extends TileOptions,
    Pick<TechniqueOptions, "preset" | "steps" | "constants" | "seed" | "signal" | "imageEvery"> {
  /** Longer side of the picture in pixels; the photo's own by default. */
  readonly size?: number;
}

/** A dream cannot be gone on with, and so has no state. */
export type Dream = Omit<Picture, "states" | "restarts" | "spread" | "batch">;

/**
 * Raises an objective in a photo ([3,H,W] in 0…1): a whole layer (`layer3`, its mean squared activation), or any other (see
 * `maximize`). The photo is dreamt at four sizes, each 1.4 times as large as the one before and the last its own; the detail
 * that a size added is enlarged and carried up. `steps` counts those at each size. Pictures larger than a tile are seen in
 * tiles, which lie elsewhere at each step; how many are seen at once is up to the memory, not to the picture.
 *
 * Throws `InputError` for an objective that names no unit, where the net cannot take the pictures, and
 * for pictures that do not fit into memory.
 */
export async function* dream(
  model: Model,
  photo: Image,
  objective: string,
  options: DreamOptions = {},
): AsyncGenerator<Progress, Dream> {
  const { seed = 0, signal, imageEvery } = options;
  const preset = pick("dream", "dream", options);
  for (const axis of exchanged)
    expect(!(axis in options), () => `a dream goes its own way from size to size: leave out '${axis}'`);
  const { steps } = preset;
  const constants = preset.constants as DreamConstants;
  expect(Number.isSafeInteger(steps) && steps >= 0, () => `steps: expected a whole number from 0 up, got ${steps}`);
  const expression = parseObjective(model, objective);
  const start = photoFor(model.preprocessing, photo);
  const sides = sidesOf(start, options.size);
  expectDreamRoom(model, sides);
  const sizes = octaveSizes(sides, constants);
  const random = rng(seed).fork("dream");
  const dreamt: Dreamt = { detail: undefined, done: 0, ms: 0, objective: undefined };
  const pass = { octaves: sizes.length, steps, random, jitter: constants.jitter, signal, imageEvery };
  const notes: string[] = [];

  for (const [i, sides] of sizes.slice(0, -1).entries()) {
    if (signal?.aborted) break;
    const octave = await openedAt(model, expression, sides, constants, options).catch((error: unknown) => {
      // The net may be made for larger pictures than the small ones.
      if (error instanceof InputError) return undefined;
      throw error;
    });
    if (!octave) notes.push(`the size ${sides.join("×")} is left out: the net does not take it`);
    else yield* dreamAt(octave, start, dreamt, { ...pass, i });
  }
  const octave = await openedAt(model, expression, sizes.at(-1)!, constants, options);
  const { image, activation } = yield* dreamAt(octave, start, dreamt, { ...pass, i: sizes.length - 1, measured: true });
  if (signal?.aborted) notes.push("a dream has no state to go on from: to dream on, start from its picture");
  return {
    image,
    objective: dreamt.objective ?? { start: Number.NaN, end: Number.NaN },
    activation: activation!,
    steps: dreamt.done,
    ms: dreamt.ms,
    device: octave.open.device,
    provider: octave.open.provider,
    preset: "dream",
    seed,
    notes: [...notes, ...octave.notes],
  };
}

/** Axes that other techniques let users exchange. */
const exchanged: readonly (keyof Choices)[] = [
  "parametrisation",
  "transforms",
  "regularisers",
  "optimiser",
  "schedule",
  "transparent",
];

/** From the smallest to the photo's own. */
const octaveSizes = ([h, w]: Sides, { octaves, scale }: DreamConstants): Sides[] =>
  Array.from({ length: Math.max(1, octaves) }, (_, i) => {
    const part = scale ** (i + 1 - Math.max(1, octaves));
    return [Math.max(1, Math.round(h * part)), Math.max(1, Math.round(w * part))];
  });

/** Height and width with a longer side of so many pixels. */
function sidesOf(image: Image, longer: number | undefined): Sides {
  const [, h, w] = imageDims(image);
  if (longer === undefined) return [h, w];
  expect(Number.isSafeInteger(longer) && longer > 0, () => `size: expected a whole number above 0, got ${longer}`);
  const part = longer / Math.max(h, w);
  return [Math.max(1, Math.round(h * part)), Math.max(1, Math.round(w * part))];
}
