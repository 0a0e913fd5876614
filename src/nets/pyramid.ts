/** @file An image pyramid as the first part of a net: the picture at several sizes, coarse to fine. */

import { expect } from "../error.ts";
import type { Value } from "../graph/graph.ts";
import { blur } from "./blur.ts";
import { maxPool, type Net, named, verbatim } from "./layers.ts";

/** Makes a picture smaller by a whole factor, into a layer of that name. */
type Shrink = (net: Net, image: Value, name: string, factor: number) => Value;

/** Largest of each `factor` × `factor` pixels around every pixel (even factors have their middle between pixels). */
function largest(net: Net, image: Value, name: string, factor: number): Value {
  const [before, behind] = [(factor - 1) >> 1, factor >> 1];
  const placing = { kernel_shape: [factor, factor], strides: [1, 1], pads: [before, before, behind, behind] };
  return named(net.g, `${name}.max`, (g) => g.op("MaxPool", [image], placing));
}

const shrinks = {
  /** Antialiased by a Gaussian of half the factor (Lelekas et al. 2020, arXiv 2004.07629). */
  gaussian: (net, image, name, factor) => blur(net, image, name, factor / 2, factor),
  /** Every factor-th pixel, aliases and all. */
  none: (net, image, name, factor) => {
    const first = (factor - 1) >> 1;
    const all = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    return named(net.g, name, (g) => g.slice(image, [2, 3], [first, first], all, [factor, factor]));
  },
  /** The largest of each block. */
  max: (net, image, name, factor) => maxPool(net, image, name, factor, factor),
  /** Maxima around every pixel, then as `gaussian` (Zhang 2019, arXiv 1904.11486). */
  "blur-pool": (net, image, name, factor) => blur(net, largest(net, image, name, factor), name, factor / 2, factor),
} satisfies Record<string, Shrink>;

export type Shrinking = keyof typeof shrinks;
export const shrinkings = Object.keys(shrinks) as Shrinking[];

/** What the layer of a level is called; level 1 is the coarsest. */
export const levelName = (level: number): string => `level${level}`;

/**
 * Layers `level1` … `levelN`: the picture at 1/2ᴺ⁻¹ … 1/2, 1/1 of its size, each straight from the full one.
 *
 * Throws an `InputError` where the sides cannot be halved that often, or less than 2 pixels would be left.
 */
export function pyramid(net: Net, image: Value, count: number, shrinking: Shrinking = "gaussian"): Value[] {
  const coarsest = 2 ** (count - 1);
  const sides = image.shape.slice(2);
  expect(
    sides.every((n) => n % coarsest === 0 && n >= 2 * coarsest),
    () =>
      `a top-down net with ${count} levels takes pictures whose sides are multiples of ${coarsest}, from ${2 * coarsest} on, got ${sides.join("×")}: take e.g. ${suggested(sides[0]!, coarsest)}`,
  );
  return Array.from({ length: count }, (_, i) => {
    const factor = 2 ** (count - 1 - i);
    const name = levelName(i + 1);
    // A node of its own for the full picture too, so that it has a name and can be held.
    return factor === 1
      ? verbatim(net, name, "Identity", [image], image.shape)
      : shrinks[shrinking](net, image, name, factor);
  });
}

const suggested = (side: number, unit: number): number => unit * Math.max(2, Math.round(side / unit));

/** What a level adds to the coarser ones: concat(u + s, s), [N, 2C, H, W]. */
export function joined(net: Net, u: Value, s: Value, name: string): Value {
  const sum = named(net.g, `${name}.add`, (g) => g.add(u, s));
  return named(net.g, `${name}.concat`, (g) => g.concat([sum, s], 1));
}
