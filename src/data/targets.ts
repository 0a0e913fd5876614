/** @file Soft targets: label smoothing, and mixing of pictures with their labels (mixup, CutMix). */

import type { Rng } from "../tensor/rng.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import { shuffle } from "./dataset.ts";

/** Pictures [B, H, W, 3] and the rows [B, classes] that go with them; both are changed in place by mixing. */
export interface Mixable {
  readonly images: Tensor<"uint8">;
  readonly targets: Tensor<"float32">;
}

/**
 * Rows with 1 − s + s / classes at the label and s / classes elsewhere (Szegedy et al. 2016); all 0 for a label of −1.
 */
export function oneHot(labels: ArrayLike<number>, classes: number, smoothing = 0): Tensor<"float32"> {
  const targets = zeros("float32", [labels.length, classes]);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0) continue;
    targets.data.fill(smoothing / classes, i * classes, (i + 1) * classes);
    targets.data[i * classes + label]! += 1 - smoothing;
  }
  return targets;
}

/** A draw from Beta(α, α): x / (x + y) with x, y from Gamma(α). */
export function beta(random: Rng, alpha: number): number {
  const [x, y] = [gamma(random, alpha), gamma(random, alpha)];
  return x + y > 0 ? x / (x + y) : random.uniform() < 0.5 ? 0 : 1;
}

// Marsaglia & Tsang 2000: d = a − 1/3, c = 1/√(9d), v = (1 + c n)³ with n normal, accepted where ln u < n²/2 + d − d v
// + d ln v;
// for a < 1, Gamma(a) = Gamma(a + 1) · u^(1/a).
function gamma(random: Rng, a: number): number {
  if (a < 1) return gamma(random, a + 1) * random.uniform() ** (1 / a);
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const n = random.normal();
    const v = (1 + c * n) ** 3;
    if (v > 0 && Math.log(random.uniform()) < (n * n) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/**
 * λ · picture + (1 − λ) · a partner from the same batch, targets alike; λ ≥ ½ from Beta(α, α), drawn for each picture
 * (Zhang et al. 2018).
 */
export function mixup(batch: Mixable, random: Rng, alpha = 0.2): void {
  mix(batch, random, alpha, (pixels, other, lambda) => {
    for (let i = 0; i < pixels.length; i++) pixels[i] = Math.round(lambda * pixels[i]! + (1 - lambda) * other[i]!);
    return lambda;
  });
}

/**
 * Pastes a box of a partner from the same batch, of area 1 − λ where the border does not cut it, targets by the area
 * that is left; λ ≥ ½ from Beta(α, α), drawn for each picture (Yun et al. 2019).
 */
export function cutmix(batch: Mixable, random: Rng, alpha = 1): void {
  const [, height, width] = batch.images.dims as readonly [number, number, number, number];
  mix(batch, random, alpha, (pixels, other, lambda) => {
    const side = Math.sqrt(1 - lambda);
    const [y, x] = [random.int(0, height), random.int(0, width)];
    const span = (middle: number, size: number): readonly [number, number] => [
      Math.max(0, Math.round(middle - (side * size) / 2)),
      Math.min(size, Math.round(middle + (side * size) / 2)),
    ];
    const [[top, bottom], [left, right]] = [span(y, height), span(x, width)];
    for (let row = top; row < bottom; row++) {
      const from = 3 * (row * width + left);
      const to = 3 * (row * width + right);
      pixels.set(other.subarray(from, to), from);
    }
    return 1 - ((bottom - top) * (right - left)) / (height * width);
  });
}

type Blend = (pixels: Uint8Array, other: Uint8Array, lambda: number) => number;

/**
 * Pairs each picture with one of a shuffle of the batch; `blend` changes the pixels and returns the share that stays.
 */
function mix({ images, targets }: Mixable, random: Rng, alpha: number, blend: Blend): void {
  const count = images.dims[0]!;
  const [pixels, classes] = [images.size / count, targets.size / count];
  const partners = shuffle(
    Int32Array.from({ length: count }, (_, i) => i),
    random,
  );
  const before = { images: images.data.slice(), targets: targets.data.slice() };
  for (const [i, partner] of partners.entries()) {
    const draw = beta(random, alpha);
    const share = blend(
      images.data.subarray(i * pixels, (i + 1) * pixels),
      before.images.subarray(partner * pixels, (partner + 1) * pixels),
      Math.max(draw, 1 - draw),
    );
    for (let c = 0; c < classes; c++) {
      const at = i * classes + c;
      targets.data[at] = share * before.targets[at]! + (1 - share) * before.targets[partner * classes + c]!;
    }
  }
}
