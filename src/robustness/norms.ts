/** @file How the size of a change is measured: L∞ and L2, each with its ball, steepest direction and random points. */

import { expect, InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Rng } from "../tensor/rng.ts";

export type NormName = "linf" | "l2";

/** In a graph, each function treats the pictures [N,C,H,W] one by one; sizes are [N,1,1,1]. */
export interface Norm {
  readonly name: NormName;
  /** The dual norm measures gradients: |⟨g, d⟩| ≤ dual(g) · size(d). */
  readonly size: (g: Builder, d: Value) => Value;
  readonly dual: (g: Builder, slope: Value) => Value;
  /** The direction of size 1 along which a linear function grows fastest; 0 where the slope is 0. */
  readonly steepest: (g: Builder, slope: Value) => Value;
  /** The nearest point (in L2) of the ball of size eps. */
  readonly within: (g: Builder, d: Value, eps: Value) => Value;
  /** On the host: ‖a − b‖. */
  readonly distance: (a: Float32Array, b: Float32Array) => number;
  /** On the host: uniform in the ball of size 1. */
  readonly ball: (random: Rng, dims: number) => Float32Array;
  /** On the host: a direction of size 1, as AutoAttack starts from. */
  readonly sphere: (random: Rng, dims: number) => Float32Array;
  /** Largest distance between two pictures of so many numbers. */
  readonly largest: (dims: number) => number;
}

const axes = [1, 2, 3];
const TINY = 1e-12;
/** Next to the smallest normal float32. */
const LEAST = 1e-37;

/** −1, 0 or 1. */
export const signOf = (g: Builder, v: Value): Value => g.sub(g.mask(v, "Greater", 0), g.mask(v, "Less", 0));

const largestOf = (g: Builder, v: Value): Value => g.op("ReduceMax", [g.op("Abs", [v]), g.ints(axes)], { keepdims: 1 });

/**
 * √Σ v². The pictures are scaled by their largest element first: the squares of the small gradients of a sure net would
 * otherwise underflow to 0.
 */
function lengthOf(g: Builder, v: Value): Value {
  const top = largestOf(g, v);
  const scaled = g.div(v, g.op("Max", [top, LEAST]));
  return g.mul(top, g.sqrt(g.sum(g.square(scaled), axes)));
}

const linf: Norm = {
  name: "linf",
  size: largestOf,
  dual: (g, slope) => g.sum(g.op("Abs", [slope]), axes),
  steepest: signOf,
  within: (g, d, eps) => g.op("Min", [g.op("Max", [d, g.neg(eps)]), eps]),
  distance: (a, b) => {
    let most = 0;
    for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
    return most;
  },
  ball: (random, dims) => random.fillUniform(new Float32Array(dims), -1, 1),
  sphere: (random, dims) => {
    const u = random.fillUniform(new Float32Array(dims), -1, 1);
    return divided(
      u,
      u.reduce((m, x) => Math.max(m, Math.abs(x)), TINY),
    );
  },
  largest: () => 1,
};

const l2: Norm = {
  name: "l2",
  size: lengthOf,
  dual: lengthOf,
  steepest: (g, slope) => {
    const scaled = g.div(slope, g.op("Max", [largestOf(g, slope), LEAST]));
    return g.div(scaled, g.op("Max", [lengthOf(g, scaled), TINY]));
  },
  within: (g, d, eps) => g.mul(d, g.op("Min", [g.div(eps, g.op("Max", [lengthOf(g, d), TINY])), g.scalar(1, d.dtype)])),
  distance: (a, b) => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
    return Math.sqrt(sum);
  },
  // A direction by normal numbers, and a radius whose dims-th power is uniform.
  ball: (random, dims) => {
    const u = l2.sphere(random, dims);
    const radius = random.uniform() ** (1 / dims);
    return u.map((x) => x * radius);
  },
  sphere: (random, dims) => {
    const u = random.fillNormal(new Float32Array(dims));
    return divided(u, Math.max(TINY, Math.sqrt(u.reduce((s, x) => s + x * x, 0))));
  },
  largest: Math.sqrt,
};

const divided = (u: Float32Array, by: number): Float32Array => u.map((x) => x / by);

export const norms: Readonly<Record<NormName, Norm>> = { linf, l2 };

/** The norm of that name. Throws an `InputError` for others. */
export function normOf(name: string): Norm {
  const found = (norms as Readonly<Record<string, Norm>>)[name.toLowerCase().replace("∞", "inf")];
  if (!found) throw new InputError(`norm: expected linf or l2, got "${name}"`);
  return found;
}

/** Throws an `InputError` for an eps that no picture in 0…1 can move by; numbers of 0…255 are named. */
export function expectEps(norm: Norm, eps: number, dims: number): void {
  const most = norm.largest(dims);
  expect(Number.isFinite(eps) && eps >= 0 && eps <= most, () => {
    const bytes =
      eps > most && eps <= 255 * most ? `; ${eps} of 255 is ${eps}/255 = ${(eps / 255).toPrecision(3)}` : "";
    return `eps: expected a number from 0 to ${+most.toPrecision(4)} (${norm.name}, pictures are in 0…1), got ${eps}${bytes}`;
  });
}

/** x, brought into the ball of size eps about the origin and into 0…1. */
export const intoBall = (g: Builder, norm: Norm, x: Value, origin: Value, eps: Value): Value =>
  intoBox(g, g.add(origin, norm.within(g, g.sub(x, origin), eps)));

/** x clipped to 0…1. */
export const intoBox = (g: Builder, x: Value): Value => g.op("Clip", [x, 0, 1]);
