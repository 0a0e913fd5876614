/** @file What every technique yields, returns and takes. */

import type { Device, DeviceName } from "../runtime/backend.ts";
import type { Image } from "../tensor/image.ts";
import type { Spectrum } from "../tensor/natural-spectrum.ts";
import type { MeanInterval } from "../tensor/statistics.ts";
import type { PickOptions } from "./presets.ts";
import type { PictureState } from "./run-state.ts";

/** One step of a run, as it streams. */
export interface Progress {
  /** Steps done, from 1, and to do: those of all pictures, where there are several. */
  readonly step: number;
  readonly steps: number;
  /** Steps that each picture under way has. */
  readonly each: number;
  /** The energy that is minimised: −objective + regularisers; the mean of the pictures. */
  readonly loss: number;
  /** The objective alone, under this step's transforms; the mean of the pictures. */
  readonly objective: number;
  /** The objective of each picture under way. */
  readonly objectives: readonly number[];
  /** Which of all pictures the first of these is; 0 by default. */
  readonly first?: number;
  /** The first picture under way, [C,H,W] in 0…1, opacity last where it has some; every `imageEvery` steps. */
  readonly image?: Image;
  /** All pictures under way; every `imageEvery` steps. */
  readonly images?: readonly Image[];
}

/** How something was before the first step and after the last. */
export interface StartEnd {
  readonly start: number;
  readonly end: number;
}

/** One of several pictures that were made for the same thing. */
export interface Restart {
  readonly seed: number;
  readonly image: Image;
  readonly objective: StartEnd;
  readonly activation: StartEnd;
}

/** Several measurements of one activation: what restarts reached, or what is left of it under transforms. */
export interface Spread extends MeanInterval {
  readonly smallest: number;
  readonly largest: number;
}

export interface Picture {
  /** [C,H,W] in 0…1, C = 1 for a net that sees grey, else 3. */
  readonly image: Image;
  /** [1,H,W] in 0…1, of pictures that were asked to be transparent or have opacity of their own; see `withOpacity`. */
  readonly opacity?: Image;
  /** What was maximised (without regularisers), as the first and the last step saw it, transforms included; NaN without steps. */
  readonly objective: StartEnd;
  /** Of the unit or layer on the plain picture, without transforms. */
  readonly activation: StartEnd;
  /** The same on the finished picture under `views` draws of the run's transforms; absent without draws or transforms. */
  readonly transformed?: Spread;
  /** Steps done; fewer than asked for when the run was stopped. */
  readonly steps: number;
  /** Wall time of the steps, without compiling; the picture's share of it where several were made at once. */
  readonly ms: number;
  readonly device: DeviceName;
  readonly provider: string;
  readonly preset: string;
  /** The picture's own seed: of several restarts, that of the one that was kept. */
  readonly seed: number;
  /** What the reader of the picture should know, one sentence each. */
  readonly notes: readonly string[];
  /** Pictures made in one graph with it, itself among them. */
  readonly batch: number;
  /** All restarts by seed, the one that was kept among them; none of a picture made once. */
  readonly restarts?: readonly Restart[];
  /** Of the activations that the restarts reached. */
  readonly spread?: Spread;
  /** Where it stands, and its other restarts: what `from` goes on from. */
  readonly states: readonly PictureState[];
}

/** Options of every technique, beside those of its preset, of which each technique has its usual one. */
export interface TechniqueOptions extends PickOptions {
  /** Side of the picture in pixels, 1 … 8192 as far as memory goes; the net's own size where that is fixed, else 224. */
  readonly size?: number;
  /** Any non-negative integer; 0 by default. The same seed on the same device gives the same picture. */
  readonly seed?: number;
  /** Pictures made from this seed and those that follow, of which the best is kept; 1 by default. */
  readonly restarts?: number;
  /** Pictures made in one graph; by default as many as half of the free memory takes, at most 8. */
  readonly batch?: number;
  /** The states of a picture that goes on as if it had never stopped, to `steps` in all. */
  readonly from?: readonly PictureState[];
  /** What to start from in place of noise: a photo (brought to the picture's size), or where another picture stands. */
  readonly start?: Image | PictureState;
  /** Magnitudes of photos, for pictures of phases alone; those of photos of flowers by default. */
  readonly spectrum?: Spectrum;
  readonly device?: Device;
  readonly threads?: number;
  /** Draws of the transforms under which the finished picture is measured, too; none by default. */
  readonly views?: number;
  /** Stops the run after the current step; the generator then returns what it has. */
  readonly signal?: AbortSignal;
  /** A picture with every so many steps; none by default. */
  readonly imageEvery?: number;
}
