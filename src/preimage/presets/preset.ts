/** @file What a preset is: a named record of constants, and the recipe that it makes of them in a setting. */

import type { SourceValue } from "../../graph/graph.ts";
import type { Image } from "../../tensor/image.ts";
import type { Spectrum } from "../../tensor/natural-spectrum.ts";
import type { Penalty, Recipe } from "../axes.ts";
import type { ParametrisationName } from "../choices/parametrisations.ts";

export type TechniqueName = "maximize" | "caricature" | "invert" | "dream";

/** What a recipe needs beside its constants. */
export interface Setting extends Pick<Recipe, "net" | "layers" | "objective"> {
  readonly technique: TechniqueName;
  /** Height and width of what the net sees. */
  readonly size: readonly [number, number];
  /** The net's mean colour in 0…1, one number a channel; as many channels as the picture has. */
  readonly mean: readonly number[];
  /** Pixels between neighbouring positions of the layer. */
  readonly stride: number;
  /** Where the layer lies among all layers, 0 (first) … 1 (last). */
  readonly depth: number;
  readonly steps: number;
  /** Photo to start from. */
  readonly start?: Image | undefined;
  /** Magnitudes of photos, for what fixes them; those of flowers by default. */
  readonly spectrum?: Spectrum | undefined;
  /** Layer at which the picture should stay like the photo it starts from, for what keeps it so; the pixels by default. */
  readonly anchor?: SourceValue | undefined;
  /**
   * Distance from what the net's batch normalisations on the way to the layers remember, the first of them weighed so many
   * times. Throws `InputError` for nets without.
   */
  readonly statistics?: (first: number) => Penalty;
}

export type Constants = Readonly<Record<string, number | readonly number[]>>;

export interface Preset<C extends Constants = Constants> {
  readonly constants: C;
  readonly parametrisation: ParametrisationName;
  /** What it is made for. */
  readonly techniques: readonly TechniqueName[];
  /** Steps of a technique, unless the user says otherwise. */
  readonly steps: (constants: C, technique: TechniqueName) => number;
  /** Whether a schedule depends on the number of steps: then more steps at once are not what a few and then more are. */
  readonly scheduled: (technique: TechniqueName) => boolean;
  readonly recipe: (setting: Setting, constants: C) => Recipe;
}

/** A preset as the table of all presets holds it; `constants` are what `resolve` gives. */
export const preset = <C extends Constants>(p: Preset<C>): Preset => p as unknown as Preset;

/** The same record type, with any numbers in the place of those that are written down. */
export type Loose<C> = {
  readonly [K in keyof C]: C[K] extends number ? number : readonly number[];
};
