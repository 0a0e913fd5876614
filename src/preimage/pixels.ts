/** @file Pixels as they are: θ is the picture itself, mean-subtracted, in units of 0…255. */

import type { Image } from "../tensor/image.ts";
import type { Rng } from "../tensor/rng.ts";
import { sizeOf, tensor } from "../tensor/tensor.ts";
import type { Parametrisation } from "./axes.ts";
import { placed } from "./parametrisations/start.ts";

export interface PixelOptions {
  readonly size: readonly [number, number];
  /** Colour of θ = 0, in 0…1; as many entries as the pictures have channels. */
  readonly mean: readonly number[];
  /** Picture to start from, in place of noise; its border is repeated where θ is larger. */
  readonly start?: Image;
}

/** Amplitude to which the noise at the start is brought: B/√3 with B = 80 (IJCV 2016). */
const START_AMPLITUDE = 80 / Math.sqrt(3);

/** x = 255 (image − mean). Starts from uniform noise whose 95 % quantile is 80/√3, or from a picture. */
export function pixels({ size, mean, start }: PixelOptions): Parametrisation {
  const shape = [1, mean.length, ...size];
  return {
    shape,
    size,
    init: (random) => (start ? fromPicture(start, size, mean) : noise(random, shape)),
    decode: (g, theta) => g.add(g.mul(theta, 1 / 255), g.numbers(mean, [mean.length, 1, 1], theta.dtype)),
  };
}

function noise(random: Rng, shape: readonly number[]) {
  const data = random.fillUniform(new Float32Array(sizeOf(shape)), -1, 1);
  const quantile = data.map(Math.abs).sort()[Math.floor(0.95 * data.length)]!;
  return tensor(
    "float32",
    shape,
    data.map((x) => (x / quantile) * START_AMPLITUDE),
  );
}

/** θ of a picture. */
function fromPicture(start: Image, size: readonly [number, number], mean: readonly number[]) {
  const { data } = placed(start, size, mean.length);
  const pixels = size[0] * size[1];
  return tensor(
    "float32",
    [1, mean.length, ...size],
    data.map((x, i) => 255 * (x - mean[Math.floor(i / pixels)]!)),
  );
}
