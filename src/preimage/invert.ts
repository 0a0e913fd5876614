/** @file Inversion: a picture with the same code as a photo, and so what a layer kept of it and what it lost. */

import { expect } from "../error.ts";
import type { SourceValue } from "../graph/graph.ts";
import { findLayer } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { psnr, ssim } from "../tensor/similarity.ts";
import { encode } from "./encode.ts";
import { make } from "./make.ts";
import { netAt, type SizedNet } from "./net.ts";
import { sameCode } from "./objectives.ts";
import type { Constants } from "./presets/preset.ts";
import { pick } from "./presets.ts";
import { setting, startOf } from "./setting.ts";
import type { Picture, Progress, TechniqueOptions } from "./technique.ts";

export interface InvertOptions extends TechniqueOptions {
  /** C, the weight of the code against the regularisers; the preset's by default, 100 in `natural`, out of 1, 20, 100, 300 in the paper. */
  readonly codeWeight?: number;
  /** Other photos, for the error of CVPR 2015, which is relative to the distance between codes of different photos. */
  readonly others?: readonly Image[];
}

export interface Inversion extends Picture {
  readonly error: {
    /** √(‖Φ(x) − Φ₀‖² / ‖Φ₀‖²), IJCV 2016. */
    readonly ijcv: number;
    /** ‖Φ(x) − Φ₀‖² over the mean squared distance between codes of different photos, CVPR 2015; needs `others`. */
    readonly cvpr?: number;
  };
  /** Peak signal-to-noise ratio against the photo, in decibels. */
  readonly psnr: number;
  /** Structural similarity to the photo. */
  readonly ssim: number;
  /** The photo as the net sees it, [C,H,W] in 0…1. */
  readonly photo: Image;
}

/**
 * Rebuilds `photo` ([3,H,W] in 0…1, cropped to a square) from what `layer` keeps of it, starting from noise. The default
 * preset is `natural`, which lasts 300 steps and 50 more without jitter at a tenth of the rate.
 *
 * Throws `InputError` for an unknown layer, one that the photo leaves silent, or a size that the net cannot take.
 */
export async function* invert(
  model: Model,
  photo: Image,
  layer: string,
  options: InvertOptions = {},
): AsyncGenerator<Progress, Inversion> {
  const { seed = 0, size, others = [], start, spectrum, ...run } = options;
  const preset = pick("invert", "natural", options);
  const { codeWeight = usualWeight(preset.constants) } = options;
  const found = findLayer(model, layer);
  const net = netAt(model, [found.value], size);
  const { code, picture } = await encode(model, net, found.value, photo, run);
  expect(
    code.data.some((x) => x !== 0),
    () =>
      `${found.address} is zero everywhere for this photo, which leaves nothing to rebuild: take another layer or photo`,
  );
  const given = startOf(model, net, start);
  const recipe = preset.recipe({
    ...setting(model, net, [found.value]),
    objective: sameCode(code, codeWeight),
    start: given.photo,
    spectrum,
  });
  // The measure is the plain relative error, to be read off without its weight.
  const target = {
    objective: recipe.objective,
    measure: sameCode(code, 1),
    ...(given.theta && { theta: given.theta }),
  };
  const [made] = yield* make(recipe, [target], { ...run, seed, window: net.size });
  const { notes, ...result } = made!;
  const relative = Math.max(0, -result.activation.end);
  const spread = await meanSquaredDistance(model, net, found.value, others, run);
  return {
    ...result,
    preset: preset.name,
    notes: [...net.notes, ...notes],
    error: { ijcv: Math.sqrt(relative), ...(spread && { cvpr: (relative * squaredNorm(code.data)) / spread }) },
    psnr: psnr(result.image, picture),
    ssim: ssim(result.image, picture),
    photo: picture,
  };
}

const usualWeight = ({ codeWeight }: Constants): number => (typeof codeWeight === "number" ? codeWeight : 1);

const squaredNorm = (x: Float32Array): number => x.reduce((s, v) => s + v * v, 0);

/** Mean of ‖Φ(a) − Φ(b)‖² over all pairs of different photos; `undefined` for fewer than two. */
async function meanSquaredDistance(
  model: Model,
  net: SizedNet,
  layer: SourceValue,
  photos: readonly Image[],
  options: CompileOptions,
): Promise<number | undefined> {
  if (photos.length < 2) return undefined;
  const codes: Float32Array[] = [];
  for (const photo of photos) codes.push((await encode(model, net, layer, photo, options)).code.data);
  const distances = codes.flatMap((a, i) => codes.slice(i + 1).map((b) => squaredNorm(a.map((x, k) => x - b[k]!))));
  return distances.reduce((s, d) => s + d, 0) / distances.length;
}
