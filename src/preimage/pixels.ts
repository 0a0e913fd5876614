/** @file Pixels as they are: θ is the picture itself, mean-subtracted, in units of 0…255. */

import { type Image, imageDims } from "../tensor/image.ts";
import type { Rng } from "../tensor/rng.ts";
import { sizeOf, tensor } from "../tensor/tensor.ts";
import type { Parametrisation } from "./axes.ts";

export interface PixelOptions {
  readonly size: readonly [number, number];
  /** Colour of θ = 0, in 0…1; as many entries as the pictures have channels. */
  readonly mean: readonly number[];
  /** Pictures in the batch; 1 by default. */
  readonly batch?: number;
  /** Picture to start from, in place of noise; its border is repeated where θ is larger. */
  readonly start?: Image;
}

/** Amplitude to which the noise at the start is brought: B/√3 with B = 80 (IJCV 2016). */
const START_AMPLITUDE = 80 / Math.sqrt(3);

/** x = 255 (image − mean). Starts from uniform noise whose 95 % quantile is 80/√3, or from a picture. */
export function pixels({ size, mean, batch = 1, start }: PixelOptions): Parametrisation {
  const shape = [batch, mean.length, ...size];
  return {
    shape,
    size,
    init: (random) => (start ? fromPicture(start, size, mean, batch) : noise(random, shape)),
    decode: (g, theta) => g.add(g.mul(theta, 1 / 255), g.numbers(mean, [mean.length, 1, 1], theta.dtype)),
  };
}

function noise(random: Rng, shape: readonly number[]) {
  const data = random.fillUniform(new Float32Array(sizeOf(shape)), -1, 1);
  const quantile = [...data].map(Math.abs).sort((a, b) => a - b)[Math.floor(0.95 * data.length)]!;
  return tensor(
    "float32",
    shape,
    data.map((x) => (x / quantile) * START_AMPLITUDE),
  );
}

/** The picture in the middle, its border pixels repeated outwards. */
function fromPicture(start: Image, [height, width]: readonly [number, number], mean: readonly number[], batch: number) {
  const [channels, h, w] = imageDims(start);
  const clamp = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1);
  const [top, left] = [Math.floor((height - h) / 2), Math.floor((width - w) / 2)];
  const data = new Float32Array(batch * mean.length * height * width);
  for (let i = 0; i < data.length; i++) {
    const x = clamp((i % width) - left, w);
    const y = clamp((Math.floor(i / width) % height) - top, h);
    const c = Math.floor(i / (width * height)) % mean.length;
    data[i] = 255 * (start.data[(Math.min(c, channels - 1) * h + y) * w + x]! - mean[c]!);
  }
  return tensor("float32", [batch, mean.length, height, width], data);
}
