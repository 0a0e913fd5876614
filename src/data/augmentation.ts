/** @file Which changes a training picture goes through, as a plain record that a config file can hold. */

import { expect } from "../error.ts";
import type { Rng } from "../tensor/rng.ts";
import {
  colourJitter,
  type Jitter,
  type Range,
  randomErase,
  randomFlip,
  randomResizedCrop,
  randomShift,
} from "./augment.ts";
import { centreSquare } from "./crop-resize.ts";
import { randAugment } from "./rand-augment.ts";
import type { Rgb8 } from "./rgb8.ts";

/** What is left out does not happen. Applied in the order of the fields; mixing last, on the whole batch. */
export interface Augmentation {
  /** Random-resized crop; without it the middle square. */
  readonly crop?: { readonly area?: Range; readonly ratio?: Range };
  /** Largest shift each way, as a part of a side. */
  readonly shift?: number;
  /** Probability of a mirror image. */
  readonly flip?: number;
  readonly jitter?: Jitter;
  readonly randAugment?: { readonly count?: number; readonly strength?: number };
  readonly erase?: { readonly probability?: number; readonly area?: Range; readonly ratio?: Range };
  /** α of mixup. With CutMix as well, each batch takes one of them by an even chance. */
  readonly mixup?: number;
  /** α of CutMix. */
  readonly cutmix?: number;
  /** Label smoothing, 0…1. */
  readonly smoothing?: number;
}

/** Named sets of changes: for photos, and for small pictures as in CIFAR (He et al. 2016). */
export const augmentations = {
  none: {},
  small: { shift: 0.125, flip: 0.5 },
  light: { crop: { area: [0.35, 1] }, flip: 0.5 },
  standard: {
    crop: { area: [0.25, 1] },
    flip: 0.5,
    jitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.03 },
    smoothing: 0.1,
  },
  strong: {
    crop: { area: [0.2, 1] },
    flip: 0.5,
    jitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.03 },
    randAugment: { count: 2, strength: 0.3 },
    erase: { probability: 0.25 },
    mixup: 0.2,
    cutmix: 1,
    smoothing: 0.1,
  },
} as const satisfies Record<string, Augmentation>;

/** The picture after all changes that concern it alone, size × size. */
export function augment(image: Rgb8, random: Rng, size: number, options: Augmentation): Rgb8 {
  const { crop, shift, flip, jitter, erase } = options;
  let out = crop ? randomResizedCrop(image, random, size, crop) : centreSquare(image, size);
  if (shift) out = randomShift(out, random, shift);
  if (flip) out = randomFlip(out, random, flip);
  if (jitter) out = colourJitter(out, random, jitter);
  if (options.randAugment) out = randAugment(out, random, options.randAugment);
  return erase ? randomErase(out, random, erase) : out;
}

/** Throws an `InputError` for numbers that make no sense. */
export function checkAugmentation({ crop, erase, flip, mixup, cutmix, smoothing }: Augmentation): void {
  const ranges = {
    "crop.area": crop?.area,
    "crop.ratio": crop?.ratio,
    "erase.area": erase?.area,
    "erase.ratio": erase?.ratio,
  };
  for (const [name, range] of Object.entries(ranges))
    expect(
      range === undefined || (range[0] > 0 && range[0] <= range[1] && (name.endsWith("ratio") || range[1] <= 1)),
      () =>
        `augmentation: ${name}: expected two numbers, the smaller one first, above 0${name.endsWith("area") ? " and up to 1" : ""}, got ${range?.join(", ")}`,
    );
  for (const [name, part] of Object.entries({ flip, smoothing, "erase.probability": erase?.probability }))
    expect(
      part === undefined || (part >= 0 && part <= 1),
      () => `augmentation: ${name}: expected a number from 0 to 1, got ${part}`,
    );
  for (const [name, alpha] of Object.entries({ mixup, cutmix }))
    expect(
      alpha === undefined || alpha > 0,
      () => `augmentation: ${name}: expected an α above 0, got ${alpha}: leave it out to go without`,
    );
}
