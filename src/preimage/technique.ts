/** @file What every technique yields, returns and takes. */

import type { Device, DeviceName } from "../runtime/backend.ts";
import type { Image } from "../tensor/image.ts";

/** One step of a run, as it streams. */
export interface Progress {
  /** Steps done, from 1. */
  readonly step: number;
  readonly steps: number;
  /** The energy that is minimised: −objective + regularisers. */
  readonly loss: number;
  /** The objective alone, under this step's transforms. */
  readonly objective: number;
  /** [C,H,W] in 0…1; every `imageEvery` steps. */
  readonly image?: Image;
}

/** How something was before the first step and after the last. */
export interface StartEnd {
  readonly start: number;
  readonly end: number;
}

export interface Picture {
  /** [C,H,W] in 0…1, C = 1 for a net that sees grey, else 3. */
  readonly image: Image;
  /** What was maximised (without regularisers), as the first and the last step saw it, transforms included; NaN without steps. */
  readonly objective: StartEnd;
  /** Of the unit or layer on the plain picture, without transforms. */
  readonly activation: StartEnd;
  /** Steps done; fewer than asked for when the run was stopped. */
  readonly steps: number;
  /** Wall time of the steps, without compiling. */
  readonly ms: number;
  readonly device: DeviceName;
  readonly provider: string;
  readonly preset: string;
  readonly seed: number;
  /** What the reader of the picture should know, one sentence each. */
  readonly notes: readonly string[];
}

export interface TechniqueOptions {
  /** Named set of constants; each technique has its default. */
  readonly preset?: PresetName;
  /** Side of the picture in pixels; the net's own size where that is fixed, else 224. */
  readonly size?: number;
  /** Steps; the preset's own by default. */
  readonly steps?: number;
  /** Any non-negative integer; 0 by default. The same seed on the same device gives the same picture. */
  readonly seed?: number;
  readonly device?: Device;
  readonly threads?: number;
  /** Stops the run after the current step; the generator then returns what it has. */
  readonly signal?: AbortSignal;
  /** A picture with every so many steps; none by default. */
  readonly imageEvery?: number;
}

export type PresetName = "natural" | "lucid";
