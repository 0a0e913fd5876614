/** @file The adjoint of max pooling, from slices and comparisons that every runtime has. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { type DType, sizeOf } from "../tensor/tensor.ts";
import { zerosOf } from "./place.ts";
import { range } from "./shapes.ts";
import { outputPadding, type Windows } from "./window-geometry.ts";

/*
 * The maximum over a window is separable: Y = max_jh max_jw X, so pool along the last axis first and along the first
 * axis last, and go back stage by stage. One stage, along one axis with stride s, dilation d and leading pad p:
 *
 *   y[o] = max_j x_j[o],      x_j[o] = x[o·s + e_j],      e_j = j·d − p
 *
 * The cotangent goes to the first j with x_j[o] = y[o], which makes it exact for ties and overlapping windows:
 *
 *   r_0 = ȳ;   t_j = r_j · [x_j ≥ y];   r_{j+1} = r_j − t_j;   t_{k−1} = r_{k−1}
 *
 * With e_j = b·s + ρ, 0 ≤ ρ < s, x_j is the plane x^ρ[i] = x[i·s + ρ] moved by b. So x is taken apart into its planes once,
 * t_j goes back to plane ρ moved by −b, and the planes are interleaved again. What is moved in from outside is the lowest
 * number on the way there and zero on the way back. Across stages the first match is the first in row-major order.
 *
 * For many pictures, picking x_j along rows is a product with a matrix of zeros and ones instead.
 */

/** X̄ of `Y` = max over the windows `w` of `X`; `X` [N, C, …in], `Y` and `dY` [N, C, …out]. */
export function maxPoolAdjoint(g: Builder, X: Value, Y: Value, dY: Value, w: Windows): Value {
  const axes = range(w.in.length).filter((i) => w.kernel[i]! > 1 || w.stride[i]! > 1 || w.padBegin[i]! > 0);
  let x = X;
  const stages = axes.toReversed().map((axis) => {
    const stage = { axis, x, y: axis === axes[0] ? Y : maxPoolAlong(g, x, w, axis) };
    x = stage.y;
    return stage;
  });
  return stages.reduceRight((dy, { axis, x, y }) => stageAdjoint(g, x, y, dy, w, axis), dY);
}

/** Pictures from which on products, which run on all threads, are ahead of strided slices along rows, which do not. */
const MANY = 8;
/** Widest row for them; their cost grows with its square. */
const WIDE = 256;

/** One stage: the maximum over the windows' extent along one spatial axis. */
export function maxPoolAlong(g: Builder, x: Value, w: Windows, axis: number): Value {
  const only = (values: readonly number[], otherwise: number) => values.map((v, i) => (i === axis ? v : otherwise));
  return g.op("MaxPool", [x], {
    kernel_shape: only(w.kernel, 1),
    strides: only(w.stride, 1),
    dilations: only(w.dilation, 1),
    pads: [...only(w.padBegin, 0), ...only(w.padEnd, 0)],
    ceil_mode: +(outputPadding(w)[axis]! < 0),
  });
}

function stageAdjoint(g: Builder, x: Value, y: Value, dy: Value, w: Windows, axis: number): Value {
  const at = axis + 2;
  const [k, s, d, p] = [w.kernel[axis]!, w.stride[axis]!, w.dilation[axis]!, w.padBegin[axis]!];
  const [extent, count] = [w.in[axis]!, w.out[axis]!];
  if (s > 1 && at === x.shape.length - 1 && x.shape[0]! >= MANY) {
    const taken = tapsAlong(w, axis);
    if (taken) return stageByProducts(g, x, y, dy, taken);
  }
  const length = Math.ceil(extent / s);
  const offsets = range(k).map((j) => {
    const offset = j * d - p;
    const move = Math.floor(offset / s);
    return { move, residue: offset - move * s };
  });
  const plane = (residue: number): Value => (s === 1 ? x : g.slice(x, [at], [residue], [extent], [s]));

  let rest = dy;
  const shares = offsets.map(({ move, residue }, j) => {
    if (j === k - 1) return rest;
    const seen = moved(g, plane(residue), at, -move, count, lowest(x.dtype));
    const share = g.mul(rest, g.mask(seen, "GreaterOrEqual", y));
    rest = g.sub(rest, share);
    return share;
  });

  const planes = range(s).map((residue) => {
    const parts = offsets.flatMap((o, j) =>
      o.residue === residue ? [moved(g, shares[j]!, at, o.move, length, 0)] : [],
    );
    return parts.length > 0 ? parts.reduce((a, b) => g.add(a, b)) : zerosOf(g, x.dtype, dy.shape.with(at, length));
  });
  const whole = interleave(g, planes, at);
  return length * s === extent ? whole : g.slice(whole, [at], [0], [extent]);
}

/**
 * Where each tap reads along an axis, [tap][output]; taps in the padding read what the nearest tap of their window reads
 * that is not, which changes neither the maximum nor the first match. `undefined` where a window has no such tap.
 */
function tapsAlong(w: Windows, axis: number): number[][] | undefined {
  const [k, s, d, p] = [w.kernel[axis]!, w.stride[axis]!, w.dilation[axis]!, w.padBegin[axis]!];
  const extent = w.in[axis]!;
  const windows = range(w.out[axis]!).map((o) => {
    const reads = range(k).map((j) => o * s + j * d - p);
    const inside = reads.filter((i) => i >= 0 && i < extent);
    return reads.map((i) => (i < 0 ? inside[0] : i < extent ? i : inside.at(-1)));
  });
  if (extent > WIDE || windows.some((reads) => reads.includes(undefined))) return undefined;
  return range(k).map((j) => windows.map((reads) => reads[j]!));
}

/** A stage along the last axis: x_j = x S_j with one 1 in each column of S_j, and its adjoint, both exact. */
function stageByProducts(g: Builder, x: Value, y: Value, dy: Value, taps: readonly number[][]): Value {
  const extent = x.shape.at(-1)!;
  const count = y.shape.at(-1)!;
  const rows = (v: Value): Value => g.reshape(v, [sizeOf(v.shape) / v.shape.at(-1)!, v.shape.at(-1)!]);
  const [from, most] = [rows(x), rows(y)];
  let rest = rows(dy);
  const shares = taps.map((reads, j) => {
    if (j === taps.length - 1) return rest;
    const chosen = new Float32Array(extent * count);
    for (const [o, i] of reads.entries()) chosen[i * count + o] = 1;
    const seen = g.matmul(from, g.numbers(chosen, [extent, count], x.dtype));
    const share = g.mul(rest, g.mask(seen, "GreaterOrEqual", most));
    rest = g.sub(rest, share);
    return share;
  });
  const back = new Float32Array(taps.length * count * extent);
  for (const [row, i] of taps.flat().entries()) back[row * extent + i] = 1;
  const sum = g.matmul(g.concat(shares, 1), g.numbers(back, [taps.length * count, extent], x.dtype));
  return g.reshape(sum, x.shape);
}

/** out[i] = v[i − by] along an axis, for 0 ≤ i < length; `fill` where that is outside of v. */
function moved(g: Builder, v: Value, axis: number, by: number, length: number, fill: number): Value {
  const n = v.shape[axis]!;
  const [start, end] = [Math.max(0, -by), Math.min(n, length - by)];
  if (end <= start) return g.expand(g.scalar(fill, v.dtype), v.shape.with(axis, length));
  const part = start === 0 && end === n ? v : g.slice(v, [axis], [start], [end]);
  const along = (m: number): number[] => v.shape.map((_, i) => (i === axis ? m : 0));
  const [before, behind] = [start + by, length - end - by];
  if (before === 0 && behind === 0) return part;
  return g.op("Pad", [part, g.ints([...along(before), ...along(behind)]), g.scalar(fill, v.dtype)]);
}

/** out[…, i·n + ρ, …] = parts[ρ][…, i, …] for n parts. */
function interleave(g: Builder, parts: readonly Value[], axis: number): Value {
  const [first] = parts as readonly [Value, ...Value[]];
  if (parts.length === 1) return first;
  const stacked = parts.map((v) => g.reshape(v, first.shape.toSpliced(axis + 1, 0, 1)));
  return g.reshape(g.concat(stacked, axis + 1), first.shape.with(axis, first.shape[axis]! * parts.length));
}

/** The lowest finite number: what pooling takes padding for, without an infinity that shader compilers may refuse. */
const lowest = (dtype: DType): number =>
  dtype === "float64"
    ? -Number.MAX_VALUE
    : dtype === "float16"
      ? -65504
      : dtype === "bfloat16"
        ? -3.3e38
        : -3.4028234e38;
