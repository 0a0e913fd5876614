/** @file One size of a deep dream: the net behind its tiles, and the steps that add detail to the photo. */

import { InputError } from "../error.ts";
import type { Model } from "../model/model.ts";
import { normalisedGradient } from "../optimise/normalised-gradient.ts";
import { type Image, imageDims, makeImage, resize } from "../tensor/image.ts";
import type { Rng } from "../tensor/rng.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { meanColour, pictureSize } from "./net.ts";
import type { BindOptions } from "./objective-bind.ts";
import type { Expression } from "./objective-expression.ts";
import { type Octave, openOctave } from "./octave.ts";
import { pixels } from "./pixels.ts";
import type { DreamConstants } from "./presets/dream.ts";
import { clampRange } from "./regularisers.ts";
import { bindTargets } from "./targets.ts";
import type { Progress, StartEnd } from "./technique.ts";
import { tilesAlong } from "./tiles.ts";

/** How the net behind the tiles is run, and what its objective needs. */
export interface TileOptions extends Pick<BindOptions, "vectors" | "photos" | "device" | "threads"> {
  /** Tiles seen at once; by default as many as half of the free memory takes, at most 8. */
  readonly batch?: number;
}

export type Sides = readonly [height: number, width: number];

/** What goes from size to size. */
export interface Dreamt {
  /** What was added to the photo. */
  detail: Image | undefined;
  /** Steps done. */
  done: number;
  ms: number;
  objective: StartEnd | undefined;
}

interface Opened {
  readonly open: Octave;
  readonly sides: Sides;
  readonly tile: Sides;
  readonly mean: readonly number[];
  readonly notes: readonly string[];
}

interface Pass {
  /** Which size of how many, and steps at each. */
  readonly i: number;
  readonly octaves: number;
  readonly steps: number;
  readonly random: Rng;
  /** Largest shift of a picture that is seen whole, in pixels. */
  readonly jitter: number;
  readonly signal: AbortSignal | undefined;
  readonly imageEvery: number | undefined;
  /** Whether the objective is measured before and after, of the photo and of the dream. */
  readonly measured?: boolean;
}

/** The steps at one size, after which its programs are closed. */
export async function* dreamAt(
  { open, sides, tile, mean }: Opened,
  start: Image,
  dreamt: Dreamt,
  { i, octaves, steps, random, jitter, signal, imageEvery, measured = false }: Pass,
): AsyncGenerator<Progress, { image: Image; activation?: StartEnd }> {
  try {
    const base = resize(start, ...sides);
    const before = dreamt.detail && resize(dreamt.detail, ...sides);
    let theta: Tensor = thetaOf(before ? added(base, before) : base, mean);
    const began = performance.now();
    for (let step = 0; step < steps && !signal?.aborted; step++) {
      const own = random.fork(`${i}.${step}`);
      // Tiles may lie anywhere, so that their borders stay nowhere.
      const shift = sides.map((n, axis) =>
        tilesAlong(n, tile[axis]!) > 1 ? own.int(0, n) : own.int(-jitter, jitter + 1),
      ) as [number, number];
      const seen = await open.step(theta, step, shift);
      theta = seen.theta;
      const { objective } = seen;
      if (!Number.isFinite(objective))
        throw new InputError(`the objective is ${objective}: the net overflows on the photo; check its preprocessing`);
      dreamt.objective = { start: dreamt.objective?.start ?? objective, end: objective };
      dreamt.done++;
      const shown = imageEvery && dreamt.done % imageEvery === 0 && imageOf(theta, mean);
      yield {
        step: i * steps + step + 1,
        steps: octaves * steps,
        each: dreamt.done,
        loss: -objective,
        objective,
        objectives: [objective],
        ...(shown && { image: shown, images: [shown] }),
      };
    }
    dreamt.ms += performance.now() - began;
    const image = imageOf(theta, mean);
    dreamt.detail = added(image, base, -1);
    if (!measured) return { image };
    const [from, to] = [await open.measure(thetaOf(base, mean)), await open.measure(thetaOf(image, mean))];
    return { image, activation: { start: from, end: to } };
  } finally {
    await open.dispose();
  }
}

/** The net behind tiles of a picture of some size; of the net's own size, where it takes no other. */
export async function openedAt(
  model: Model,
  expression: Expression,
  sides: Sides,
  { tile, rate }: DreamConstants,
  { vectors, photos, batch, device, threads }: TileOptions,
): Promise<Opened> {
  const run = { ...(device && { device }), ...(threads !== undefined && { threads }) };
  const bind = (size: Sides) =>
    bindTargets(model, [expression], { ...run, size, ...(vectors && { vectors }), ...(photos && { photos }) });
  const atMost = (most: Sides): Sides => [Math.min(sides[0], most[0]), Math.min(sides[1], most[1])];
  let size = atMost([tile, tile]);
  let bound = await bind(size);
  const own = atMost(pictureSize(model));
  if (bound.net.notes.length > 0 && own.join() !== size.join()) {
    size = own;
    bound = await bind(size);
  }
  const { net, layers, targets } = bound;
  const mean = meanColour(model);
  const open = await openOctave(
    {
      net,
      layers,
      objective: targets[0]!.objective,
      tile: size,
      parametrisation: pixels({ size: sides, mean }),
      optimiser: normalisedGradient({ learningRate: rate }),
      project: clampRange(mean),
    },
    { ...run, ...(batch !== undefined && { batch }) },
  );
  return { open, sides, tile: size, mean, notes: net.notes };
}

const added = (a: Image, b: Image, times = 1): Image =>
  tensor(
    "float32",
    a.dims,
    a.data.map((x, i) => x + times * b.data[i]!),
  );

/** The colours of pixels, mean-subtracted, in units of 0…255. */
function thetaOf(image: Image, mean: readonly number[]): Tensor<"float32"> {
  const [, h, w] = imageDims(image);
  const shifted = image.data.map((x, i) => 255 * (x - mean[Math.floor(i / (h * w))]!));
  return tensor("float32", [1, ...image.dims], shifted);
}

function imageOf(theta: Tensor, mean: readonly number[]): Image {
  const [, channels, h, w] = theta.dims as [number, number, number, number];
  const { data } = theta as Tensor<"float32">;
  return makeImage(channels, h, w, (c, y, x) => Math.min(Math.max(data[(c * h + y) * w + x]! / 255 + mean[c]!, 0), 1));
}
