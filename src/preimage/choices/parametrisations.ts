/** @file Parametrisations by name, and how far a step in each should go. */

import { InputError } from "../../error.ts";
import type { Image } from "../../tensor/image.ts";
import type { Spectrum } from "../../tensor/natural-spectrum.ts";
import type { Parametrisation } from "../axes.ts";
import { fourier } from "../fourier.ts";
import type { Table } from "../named.ts";
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
    arguments: {},
    what: "Fourier phases alone, magnitudes fixed to those of photos",
    make:
      () =>
      ({ size, mean, start, spectrum }) => {
        if (start)
          throw new InputError("maco starts from random phases, not from a picture: take pixels, fourier or laplacian");
        return phaseOnly({ size, channels: mean.length, ...(spectrum && { spectrum }) });
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
