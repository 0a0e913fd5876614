/** @file The mean amplitude spectrum of photos, free of any resolution: read at a picture's size, kept as JSON. */

import { expect, InputError } from "../error.ts";
import { fftfreq, rfftfreq } from "./spectrum.ts";

/**
 * Mean of |DFT| / pixels over photos, at a grid of frequencies κ in cycles per picture side. Photos look alike at every
 * scale, so a number of cycles per side, not per pixel, is what pictures of all sizes have in common. Positive and negative
 * frequencies share a value, as photos and their mirror images do.
 */
export interface Spectrum {
  /** How many photos it was measured from. */
  readonly photos: number;
  /** The frequencies, upwards from 0 and 1. */
  readonly nodes: readonly number[];
  /** Natural logarithms for the three decorrelated colours, the first brightness: [nodes along y, nodes along x], row-major. */
  readonly planes: readonly (readonly number[])[];
}

/**
 * Amplitudes |numpy.fft.rfft2| of a typical photo of h × w pixels, [channels, h, ⌊w/2⌋ + 1] row-major: for three channels
 * those of the decorrelated colours, else of brightness in each. The mean colour is 0.
 *
 * Between nodes logarithms are interpolated along log κ; beyond the last one they go on along the ray from 0 with the slope
 * of the last two octaves. Cycles are counted per longer side S: for a shape other than a square, and since amplitudes grow
 * with the root of the area, |DFT| = √(hw) · S · value.
 */
export function spectrumAt(spectrum: Spectrum, h: number, w: number, channels: number): Float64Array {
  const side = Math.max(h, w);
  const [ys, xs] = [fftfreq(h), rfftfreq(w)].map((f) => f.map((x) => Math.abs(x) * side)) as [
    Float64Array,
    Float64Array,
  ];
  const out = new Float64Array(channels * h * xs.length);
  const factor = Math.sqrt(h * w) * side;
  for (let c = 0, i = 0; c < channels; c++)
    for (const y of ys)
      for (const x of xs)
        out[i++] = x + y === 0 ? 0 : factor * Math.exp(valueAt(spectrum, channels === 3 ? c : 0, y, x));
  return out;
}

function valueAt({ nodes, planes }: Spectrum, c: number, y: number, x: number): number {
  const top = nodes.at(-1)!;
  const beyond = Math.max(y, x) / top;
  const inside = (y: number, x: number): number => {
    const [[i, v], [j, u]] = [position(nodes, y), position(nodes, x)];
    const plane = planes[c]!;
    const [a, b] = [i, Math.min(i + 1, nodes.length - 1)].map((row) => {
      const from = row * nodes.length;
      return (1 - u) * plane[from + j]! + u * plane[from + Math.min(j + 1, nodes.length - 1)]!;
    });
    return (1 - v) * a! + v * b!;
  };
  if (beyond <= 1) return inside(y, x);
  const [edgeY, edgeX] = [y / beyond, x / beyond];
  const slope = (inside(edgeY, edgeX) - inside(edgeY / 4, edgeX / 4)) / Math.log(4);
  return inside(edgeY, edgeX) + Math.min(slope, 0) * Math.log(beyond);
}

/** The last node at or below κ, and the way to the next one in 0…1. */
function position(nodes: readonly number[], frequency: number): readonly [number, number] {
  const i = nodes.findLastIndex((n) => n <= frequency);
  const [low, high] = [nodes[i]!, nodes[i + 1]];
  if (high === undefined) return [i, 0];
  return [i, low === 0 ? frequency : Math.log(frequency / low) / Math.log(high / low)];
}

/** JSON of a spectrum, a few kilobytes. */
export const writeSpectrum = ({ photos, nodes, planes }: Spectrum): string =>
  JSON.stringify({ kind: KIND, photos, nodes, planes });

const KIND = "fovea spectrum";

/** The spectrum in a text of `writeSpectrum`. Throws `InputError` for any other text. */
export function readSpectrum(text: string): Spectrum {
  let record: Partial<Spectrum & { kind: string }>;
  try {
    record = JSON.parse(text);
  } catch {
    throw new InputError("spectrum: the file is no JSON: expected one that was measured by fovea");
  }
  const { kind, photos, nodes, planes } = record ?? {};
  const numbers = (list: unknown, length: number): boolean =>
    Array.isArray(list) && list.length === length && list.every(Number.isFinite);
  const whole =
    kind === KIND &&
    Array.isArray(nodes) &&
    numbers(nodes, nodes.length) &&
    nodes[0] === 0 &&
    nodes[1] === 1 &&
    nodes.every((n, i) => i === 0 || n > nodes[i - 1]!) &&
    Array.isArray(planes) &&
    planes.length === 3 &&
    planes.every((plane) => numbers(plane, nodes.length ** 2));
  expect(whole, () => "spectrum: the file holds something else: expected one that was measured by fovea");
  return { photos: photos ?? 0, nodes: nodes!, planes: planes! };
}
