/** @file Pictures as a pyramid: the sum of one picture at several resolutions (Burt & Adelson 1983; Lucid). */

import { expect } from "../../error.ts";
import type { Image } from "../../tensor/image.ts";
import { resampleMatrix } from "../../tensor/resample.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { Parametrisation } from "../axes.ts";
import { fromPicture, toPicture } from "./colour.ts";
import { placed } from "./start.ts";

export interface LaplacianOptions {
  readonly size: readonly [number, number];
  /** 3 (decorrelated colour) or any other number (each channel by itself). */
  readonly channels: number;
  /** Resolutions, each half of the one before, none below a pixel; 4. With 1, θ is the picture's own pixels. */
  readonly levels?: number;
  /** Standard deviation of the noise at the start; 0.01, and 0 with a picture to start from. */
  readonly deviation?: number;
  /** Picture to start from, which is put into the finest level; see `FourierOptions.start`. */
  readonly start?: Image;
}

/**
 *   image = σ( M · Σₗ enlarge(θₗ) ),   θₗ of ⌊H/2ˡ⌋ × ⌊W/2ˡ⌋ pixels,
 *
 * enlarged linearly. θ is [N, C, P], the levels one after another, the finest first; M mixes decorrelated colours into RGB.
 *
 * Throws `InputError` for a number of levels that is none.
 */
export function laplacian(options: LaplacianOptions): Parametrisation {
  const { size, channels, levels = 4, start, deviation = start ? 0 : 0.01 } = options;
  expect(
    Number.isSafeInteger(levels) && levels > 0,
    () => `laplacian: expected a whole number of levels above 0, got ${levels}`,
  );
  const [height, width] = size;
  const sizes = Array.from({ length: levels }, (_, l) => size.map((s) => Math.max(1, Math.floor(s / 2 ** l))));
  const ends = sizes.map((_, l) => sizes.slice(0, l + 1).reduce((sum, [h, w]) => sum + h! * w!, 0));
  const total = ends.at(-1)!;
  return {
    shape: [1, channels, total],
    size,
    init: (random) => {
      const theta = random.fillNormal(new Float32Array(channels * total), 0, deviation);
      const planes = start ? fromPicture(placed(start, size, channels)) : [];
      planes.forEach((x, i) => {
        theta[Math.floor(i / (height * width)) * total + (i % (height * width))]! += x;
      });
      return tensor("float32", [1, channels, total], theta);
    },
    decode: (g, theta) => {
      const [n] = theta.shape as [number];
      const enlarged = sizes.map(([h, w], l) => {
        const part = g.slice(theta, [2], [ends[l]! - h! * w!], [ends[l]!]);
        const level = g.reshape(part, [n, channels, h!, w!]);
        if (l === 0) return level;
        const down = g.numbers(resampleMatrix(height, h!), [height, h!], theta.dtype);
        const across = g.numbers(resampleMatrix(width, w!), [width, w!], theta.dtype);
        return g.matmul(g.matmul(down, level), g.transpose(across, [1, 0]));
      });
      return toPicture(
        g,
        enlarged.reduce((a, b) => g.add(a, b)),
      );
    },
  };
}
