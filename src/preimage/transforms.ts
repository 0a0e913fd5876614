/** @file Random changes of the picture before the net sees it: jitter, zoom and rotation, as products and shears. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Rng } from "../tensor/rng.ts";
import { fromNumbers, type Tensor } from "../tensor/tensor.ts";
import type { Transform } from "./axes.ts";

/** So many numbers, one for each view of a picture. */
export const perView = (views: number, draw: () => number): Tensor =>
  fromNumbers("float32", Array.from({ length: views }, draw));

export interface CropOptions {
  /** Height and width of what the net sees. */
  readonly size: readonly [number, number];
  /** Places from which the window is taken, in whole pixels either way, drawn uniformly; 0 … `jitter[i]` each, added up. */
  readonly jitter: readonly number[];
  /** Zoom factors, drawn uniformly; 1 alone by default. */
  readonly scales?: readonly number[];
  /** Views of each picture that come in; 1. */
  readonly views?: number;
}

/**
 * A window out of the picture at a random place and zoom, sampled linearly, zero outside:
 *
 *   out = Ry · image · Rxᵀ,   R[o, i] = max(0, 1 − |i − s(o)|),
 *   s(o) = (o − m) / scale + m + ⌊(in − out)/2⌋ + shift,   m = (out − 1)/2
 *
 * The adjoint is the transposed product, exactly. With zoom 1 it is a plain crop, and with no shift that of the middle.
 */
export function crop({ size, jitter, scales = [1], views = 1 }: CropOptions): Transform {
  const offset = (random: Rng): number => jitter.reduce((sum, j) => sum + random.int(0, j + 1) - Math.floor(j / 2), 0);
  return {
    draws: { scale: [views], dy: [views], dx: [views] },
    draw: (random) => ({
      scale: perView(views, () => scales[random.int(0, scales.length)]!),
      dy: perView(views, () => offset(random)),
      dx: perView(views, () => offset(random)),
    }),
    neutral: () => ({
      scale: perView(views, () => 1),
      dy: perView(views, () => 0),
      dx: perView(views, () => 0),
    }),
    apply: (g, image, { scale, dy, dx }) => {
      const [, , h, w] = image.shape as [number, number, number, number];
      const ry = hat(g, size[0], h, scale!, dy!);
      const rx = hat(g, size[1], w, scale!, dx!);
      return g.matmul(g.matmul(ry, image), g.transpose(rx, [0, 1, 3, 2]));
    },
  };
}

/** The matrix R above, [N, 1, out, in]. */
function hat(g: Builder, out: number, length: number, scale: Value, shift: Value): Value {
  const n = scale.shape[0]!;
  const from = g.numbers(
    range(out, (o) => o - (out - 1) / 2),
    [out, 1],
    scale.dtype,
  );
  const to = g.numbers(
    range(length, (i) => i - (out - 1) / 2 - Math.floor((length - out) / 2)),
    [1, length],
    scale.dtype,
  );
  const place = g.add(g.div(from, g.reshape(scale, [n, 1, 1, 1])), g.reshape(shift, [n, 1, 1, 1]));
  return tent(g, g.sub(to, place));
}

/** max(0, 1 − |x|), the weight of a pixel at distance x. */
export const tent = (g: Builder, x: Value): Value => g.op("Relu", [g.sub(1, g.op("Abs", [x]))]);

/**
 * A rotation about the middle by one of `degrees`, drawn uniformly, as three shears (Paeth 1986): with a = −tan(φ/2) and
 * b = sin φ, along x by a, along y by b, along x by a again. Zero outside. Its adjoint is exact, as each shear's is.
 */
export function rotate({
  degrees,
  views = 1,
}: {
  readonly degrees: readonly number[];
  readonly views?: number;
}): Transform {
  return {
    draws: { angle: [views] },
    draw: (random) => ({
      angle: perView(views, () => (degrees[random.int(0, degrees.length)]! * Math.PI) / 180),
    }),
    neutral: () => ({ angle: perView(views, () => 0) }),
    apply: (g, image, { angle }) => {
      const half = g.mul(angle!, 0.5);
      // tan = sin / cos: the quotient runs on every provider.
      const along = g.neg(g.div(g.op("Sin", [half]), g.op("Cos", [half])));
      const across = g.op("Sin", [angle!]);
      const turned = shear(g, image, along);
      const upright = (v: Value): Value => g.transpose(v, [0, 1, 3, 2]);
      return shear(g, upright(shear(g, upright(turned), across)), along);
    },
  };
}

/** Rows move in proportion to their distance from the middle row. */
function shear(g: Builder, image: Value, slope: Value): Value {
  const [n, , h] = image.shape as [number, number, number];
  const fromMiddle = g.numbers(
    range(h, (y) => y - (h - 1) / 2),
    [1, h],
    image.dtype,
  );
  return g.op("fovea.Shear", [image, g.mul(g.reshape(slope, [n, 1]), fromMiddle)]);
}

/** Transforms one after another as one. */
export function composed(parts: readonly Transform[]): Transform {
  const merge = <T>(of: (t: Transform) => Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(parts.flatMap((t, i) => Object.entries(of(t)).map(([name, x]) => [`${i}.${name}`, x])));
  return {
    draws: merge((t) => t.draws),
    draw: (random, step) => merge((t) => t.draw(random, step)),
    neutral: () => merge((t) => t.neutral()),
    apply: (g, image, drawn) =>
      parts.reduce((v, t, i) => {
        const own = Object.keys(t.draws).map((name) => [name, drawn[`${i}.${name}`]!]);
        return t.apply(g, v, Object.fromEntries(own));
      }, image),
  };
}

/** Runs transforms on a picture whose outside is `value` instead of black, widened by `pad` pixels of it all round. */
export function padded(
  inner: readonly Transform[],
  { pad, value }: { readonly pad: number; readonly value: number },
): Transform {
  const all = composed(inner);
  return {
    ...all,
    apply: (g, image, drawn) => {
      const widened = g.op("Pad", [g.sub(image, value), g.ints([0, 0, pad, pad, 0, 0, pad, pad])]);
      return g.add(all.apply(g, widened, drawn), value);
    },
  };
}

export const range = (n: number, at: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => at(i));
