/** @file Parametrisations by name, and how far a step in each should go. */

import { InputError } from "../../error.ts";
import type { Image } from "../../tensor/image.ts";
import type { Spectrum } from "../../tensor/natural-spectrum.ts";
import type { Parametrisation } from "../axes.ts";
import { fourier } from "../fourier.ts";
import { readNamed, type Table } from "../named.ts";
import { withAlpha } from "../parametrisations/alpha.ts";
import { laplacian } from "../parametrisations/laplacian.ts";
import { phaseOnly } from "../parametrisations/phase-only.ts";
import { pixels } from "../pixels.ts";

export type ParametrisationName = "pixels" | "fourier" | "laplacian" | "maco";

export interface ParametrisationSetting {
  readonly size: readonly [number, number];
  /** The net's mean colour in 0…1. */
  readonly mean: readonly number[];
  readonly start?: Image | undefined;
  readonly spectrum?: Spectrum | undefined;
}

export const parametrisations: Readonly<
  Record<ParametrisationName, Table<(setting: ParametrisationSetting) => Parametrisation>[string]>
> = {
  pixels: {
    arguments: {},
    what: "the picture's own pixels",
    make:
      () =>
      ({ size, mean, start }) =>
        pixels({ size, mean, ...(start && { start }) }),
  },
  fourier: {
    arguments: { decay: 1 },
    what: "Fourier coefficients in decorrelated colours, scaled down by frequency^decay",
    make:
      ({ decay }) =>
      ({ size, mean, start }) =>
        fourier({ size, channels: mean.length, decay: decay![0], ...(start && { start }) }),
  },
  laplacian: {
    arguments: { levels: 4 },
    what: "a pyramid of pictures in decorrelated colours",
    make:
      ({ levels }) =>
      ({ size, mean, start }) =>
        laplacian({ size, channels: mean.length, levels: levels![0], ...(start && { start }) }),
  },
  maco: {
    arguments: { spread: 1, contrast: 1 },
    what: "Fourier phases alone, magnitudes fixed to those of photos",
    make:
      ({ spread, contrast }) =>
      ({ size, mean, start, spectrum }) => {
        if (start)
          throw new InputError("maco starts from random phases, not from a picture: take pixels, fourier or laplacian");
        return phaseOnly({
          size,
          channels: mean.length,
          spread: spread![0],
          contrast: contrast![0],
          ...(spectrum && { spectrum }),
        });
      },
  },
};

/** A step that shows but does not spoil: 2 % of the range of pixels, Lucid's and MaCo's rates elsewhere. */
export const usualStep: Readonly<Record<ParametrisationName, number>> = {
  pixels: 5,
  fourier: 0.05,
  laplacian: 0.05,
  maco: 1,
};

/** Stands behind any of them: `fourier,alpha`. */
export const alphas: Table<number> = {
  alpha: {
    arguments: { fade: 1 },
    what: "opacity beside the colours, seen over random backgrounds; what pulls at it less than fade times the mean fades",
    make: ({ fade }) => fade![0],
  },
};

/** What a text such as `laplacian:3` or `fourier,alpha:0.5` stands for. */
export interface Parametrised {
  readonly kind: ParametrisationName;
  readonly parametrisation: Parametrisation;
  /** See `Recipe.fade`; of pictures with opacity alone. */
  readonly fade?: number;
}

/** The name that a text begins with, or the preset's own for `alpha` alone. */
export const kindOf = (text: string, own: ParametrisationName): ParametrisationName => {
  const name = text.trim().split(/[:,]/)[0]!.trim();
  return name === "alpha" ? own : (name as ParametrisationName);
};

/**
 * Reads a parametrisation, with opacity or without.
 *
 * Throws an `InputError` as `readNamed` does.
 */
export function parametrised(text: string, own: ParametrisationName, setting: ParametrisationSetting): Parametrised {
  const kind = kindOf(text, own);
  const [first = "", ...more] = text.split(",");
  const [colours, opacity] = first.trim().startsWith("alpha") ? [kind, [first, ...more]] : [first, more];
  if (opacity.length > 1)
    throw new InputError(
      `parametrisation: expected one, with or without alpha behind it such as fourier,alpha, got "${text}"`,
    );
  const make = readNamed("parametrisation", colours, parametrisations);
  const parametrisation = make(setting);
  if (opacity.length === 0) return { kind, parametrisation };
  const fade = readNamed("parametrisation", opacity[0]!, alphas);
  // Opacity starts half-way, whatever the colours start from.
  const alpha = make({ ...setting, mean: [0.5], start: undefined });
  return { kind, parametrisation: withAlpha(parametrisation, alpha), fade };
}
