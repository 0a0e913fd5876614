/** @file Measures the mean amplitude spectrum of photos, one photo in memory at a time. */

import { expect } from "../error.ts";
import { decorrelate } from "./colour.ts";
import { fitCrop, type Image, toRgb } from "./image.ts";
import type { Spectrum } from "./natural-spectrum.ts";
import { rfft2 } from "./spectrum.ts";

/** 1, 2, 3, 4, 6, 8, 12 …: two to an octave. */
const node = (i: number): number => (i < 2 ? i : i % 2 === 0 ? 2 ** (i / 2) : 1.5 * 2 ** ((i - 1) / 2));

/** Cycles a pixel beyond which resizing and compression, not the scene, shape a photo's spectrum. */
const TRUSTED = 0.3;
/** A node stands for the frequencies up to this factor around it. */
const WINDOW = 1.1;

/**
 * The mean spectrum of photos, each cut to its middle square and resized to `size` × `size`, border jumps left out. One
 * photo is held at a time. Grey photos leave next to nothing in the colours. Takes some 0.2 s a photo at the default size.
 *
 * Throws `InputError` for no photos at all, and for sizes below 8.
 */
export async function measureSpectrum(
  photos: Iterable<Image> | AsyncIterable<Image>,
  { size = 256 }: { readonly size?: number } = {},
): Promise<Spectrum> {
  expect(Number.isSafeInteger(size) && size >= 8, () => `spectrum: expected a size of at least 8 pixels, got ${size}`);
  const half = (size >> 1) + 1;
  const sum = new Float64Array(3 * size * half);
  let count = 0;
  for await (const photo of photos) {
    const colours = decorrelate(toRgb(fitCrop(photo, size)).data);
    for (let c = 0; c < 3; c++) {
      const z = periodicPart(colours.subarray(c * size * size, (c + 1) * size * size), size);
      for (let y = 0; y < size; y++)
        for (let k = 0; k < half; k++)
          sum[(c * size + y) * half + k]! += Math.hypot(z[2 * y * half + k]!, z[(2 * y + 1) * half + k]!);
    }
    count++;
  }
  expect(count > 0, () => "spectrum: expected at least one photo, got none");

  const nodes: number[] = [];
  for (let i = 0; node(i) <= Math.max(TRUSTED * size, 1); i++) nodes.push(node(i));
  const near = nodes.map((n) => range(Math.ceil(n / WINDOW - 1e-9), Math.floor(n * WINDOW + 1e-9)));
  const at = (c: number, y: number, x: number): number => {
    const mean = (sum[(c * size + y) * half + x]! + sum[(c * size + ((size - y) % size)) * half + x]!) / (2 * count);
    return Math.log(Math.max(mean / (size * size), 1e-12));
  };
  const planes = [0, 1, 2].map((c) =>
    near.flatMap((ys, i) =>
      near.map((xs, j) => {
        // The mean colour is no part of it; its place takes its neighbour's value.
        const cells = i + j === 0 ? [at(c, 0, 1)] : ys.flatMap((y) => xs.map((x) => at(c, y, x)));
        return Math.round((1000 * cells.reduce((a, b) => a + b, 0)) / cells.length) / 1000;
      }),
    ),
  );
  return { photos: count, nodes, planes };
}

/**
 * rfft2 of a square plane without what its opposite borders, put side by side, differ in (Moisan 2011, "Periodic plus smooth
 * image decomposition"): x̂ − v̂ / (2 cos(2πy/n) + 2 cos(2πx/n) − 4), v holding the differences at the borders, else 0. They
 * would otherwise fill the axes of the spectrum, and draw stripes into pictures that have its magnitudes but other phases.
 */
function periodicPart(plane: Float64Array, n: number): Float64Array {
  const jumps = new Float64Array(n * n);
  const end = n - 1;
  for (let i = 0; i < n; i++) {
    const [down, across] = [plane[end * n + i]! - plane[i]!, plane[i * n + end]! - plane[i * n]!];
    jumps[i]! += down;
    jumps[end * n + i]! -= down;
    jumps[i * n]! += across;
    jumps[i * n + end]! -= across;
  }
  const [whole, border] = [rfft2(plane, n, n), rfft2(jumps, n, n)];
  const half = (n >> 1) + 1;
  const cosine = (k: number): number => 2 * Math.cos((2 * Math.PI * k) / n);
  return whole.map((z, i) => {
    const [y, x] = [Math.floor(i / (2 * half)), i % half];
    return x + y === 0 ? z : z - border[i]! / (cosine(y) + cosine(x) - 4);
  });
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
