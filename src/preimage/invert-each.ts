/** @file The inversions of many photos at one layer, several of them in one graph. */

import { findLayer } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { psnr, ssim } from "../tensor/similarity.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Encoded, encodeEach } from "./encode.ts";
import { make } from "./make.ts";
import { netAt, type Size } from "./net.ts";
import { sameCode } from "./objectives.ts";
import type { Constants } from "./presets/preset.ts";
import { type PickOptions, pick } from "./presets.ts";
import { expectRoom } from "./room.ts";
import { setting, startOf } from "./setting.ts";
import type { Picture, Progress, TechniqueOptions } from "./technique.ts";

export interface Inversion extends Picture {
  readonly error: {
    /** √(‖Φ(x) − Φ₀‖² / ‖Φ₀‖²), IJCV 2016. */
    readonly ijcv: number;
    /** ‖Φ(x) − Φ₀‖² over the mean squared distance between codes of different photos, CVPR 2015; needs `codeDistance`. */
    readonly cvpr?: number;
  };
  /** Peak signal-to-noise ratio against the photo, in decibels. */
  readonly psnr: number;
  /** Structural similarity to the photo. */
  readonly ssim: number;
  /** The photo as the net sees it, [C,H,W] in 0…1. */
  readonly photo: Image;
}

export interface InvertEachOptions extends TechniqueOptions {
  /** C, the weight of the code against the regularisers; the preset's by default, 100 in `natural`, out of 1, 20, 100, 300 in the paper; 300 in `faithful`. */
  readonly codeWeight?: number;
  /** Mean squared distance between the layer's codes of different photos, from `codeDistances`; without it, no error of CVPR 2015. */
  readonly codeDistance?: number | undefined;
}

/**
 * Rebuilds each photo ([3,H,W] in 0…1) from what `layer` keeps of it; each picture is what `invert` would make of it, but for
 * rounding. `undefined` for photos that leave the layer silent, and those that the signal left unmade.
 *
 * Throws `InputError` for an unknown layer, or a size that the net cannot take or the memory does not hold.
 */
export async function* invertEach(
  model: Model,
  photos: readonly Image[],
  layer: string,
  options: InvertEachOptions = {},
): AsyncGenerator<Progress, (Inversion | undefined)[]> {
  const { seed = 0, size, start, spectrum, codeDistance, ...run } = options;
  const preset = pick("invert", "natural", options);
  const { codeWeight = usualWeight(preset.constants) } = options;
  const { value } = findLayer(model, layer);
  expectRoomToInvert(model, layer, options);
  const net = netAt(model, [value], size);
  const encoded: Encoded[] = [];
  for await (const each of encodeEach(model, net, [value], photos, run)) encoded.push(each);
  const isHeard = ({ codes }: Encoded): boolean => codes[0]!.data.some((x) => x !== 0);
  const heard = encoded.filter(isHeard);
  const given = startOf(model, net, start);
  const targets = heard.map(({ codes: [code] }) => ({
    objective: sameCode(code!, codeWeight),
    // The measure is the plain relative error, to be read off without its weight.
    measure: sameCode(code!, 1),
    ...(given.theta && { theta: given.theta }),
  }));
  if (targets.length === 0) return photos.map(() => undefined);
  const recipe = preset.recipe({
    ...setting(model, net, [value]),
    objective: targets[0]!.objective,
    start: given.photo,
    spectrum,
  });
  const made = yield* make(recipe, targets, { ...run, seed, window: net.size });
  const inversions = new Map(
    heard.map((each, i): [Encoded, Inversion | undefined] => {
      const { codes, picture } = each;
      if (!made[i]) return [each, undefined];
      const { notes, ...result } = made[i];
      const relative = Math.max(0, -result.activation.end);
      const inversion = {
        ...result,
        preset: preset.name,
        notes: [...net.notes, ...notes],
        error: {
          ijcv: Math.sqrt(relative),
          ...(codeDistance && { cvpr: (relative * squaredNorm(codes[0]!.data)) / codeDistance }),
        },
        psnr: psnr(result.image, picture),
        ssim: ssim(result.image, picture),
        photo: picture,
      };
      return [each, inversion];
    }),
  );
  return encoded.map((each) => inversions.get(each));
}

/** Throws an `InputError` where inversions of that size do not fit into memory. */
export const expectRoomToInvert = (
  model: Model,
  layer: string,
  options: Pick<TechniqueOptions, "size" | "start"> & PickOptions,
): void =>
  expectRoom(model, {
    size: options.size,
    layers: [findLayer(model, layer).value],
    preset: pick("invert", "natural", options),
    fromPhoto: options.start instanceof Tensor,
  });

const usualWeight = ({ codeWeight }: Constants): number => (typeof codeWeight === "number" ? codeWeight : 1);

const squaredNorm = (x: Float32Array): number => x.reduce((s, v) => s + v * v, 0);

/**
 * Of each layer, the mean of ‖Φ(a) − Φ(b)‖² over all pairs of different photos: what CVPR 2015 measures errors against.
 * `undefined` for fewer than two photos. One pass is enough, since
 *
 *   Σ_{a<b} ‖Φ(a) − Φ(b)‖² = n Σ_a ‖Φ(a)‖² − ‖Σ_a Φ(a)‖²
 */
export async function codeDistances(
  model: Model,
  photos: AsyncIterable<Image> | Iterable<Image>,
  layers: readonly string[],
  { size, ...options }: CompileOptions & { readonly size?: Size | undefined } = {},
): Promise<number[] | undefined> {
  const values = layers.map((layer) => findLayer(model, layer).value);
  const net = netAt(model, values, size);
  let n = 0;
  const sums: Float64Array[] = [];
  const squares = layers.map(() => 0);
  for await (const { codes } of encodeEach(model, net, values, photos, options)) {
    for (const [i, { data }] of codes.entries()) {
      sums[i] ??= new Float64Array(data.length);
      const sum = sums[i];
      data.forEach((x, k) => {
        sum[k]! += x;
        squares[i]! += x * x;
      });
    }
    n++;
  }
  if (n < 2) return undefined;
  return squares.map((square, i) => {
    const whole = sums[i]!.reduce((s, x) => s + x * x, 0);
    return (2 * (n * square - whole)) / (n * (n - 1));
  });
}
