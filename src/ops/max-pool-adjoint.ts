/** @file The adjoint of max pooling, from slices and comparisons that every runtime has. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { DType } from "../tensor/tensor.ts";
import { frame, zerosOf } from "./place.ts";
import { range } from "./shapes.ts";
import { exactPadEnd, outputPadding, type Windows } from "./window-geometry.ts";

/*
 * The maximum over a window is separable: Y = max_jh max_jw X, so pool along the last axis first and along the first
 * axis last, and go back stage by stage. One stage, along one axis with stride s, dilation d and leading pad p:
 *
 *   y[o] = max_j x_j[o],      x_j[o] = x[o·s + j·d − p]        (k strided slices of x)
 *
 * The cotangent goes to the first j with x_j[o] = y[o], which makes it exact for ties and overlapping windows:
 *
 *   r_0 = ȳ;   t_j = r_j where x_j ≥ y, else 0;   r_{j+1} = r_j − t_j;   t_{k−1} = r_{k−1}
 *
 * The adjoint of the k slices puts t_j[o] back at o·s + j·d and adds up. With j·d = b·s + ρ this is block o + b of the
 * s-fold interleaving at residue ρ: shift t_j by b, add what shares ρ, stack over ρ, flatten, cut the pads off. Across
 * stages the first match is the first in row-major order.
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
  const [extent, count, after] = [w.in[axis]!, w.out[axis]!, Math.max(0, exactPadEnd(w)[axis]!)];
  const along = (n: number): number[] => x.shape.map((_, i) => (i === at ? n : 0));
  const pads = [...along(p), ...along(after)];
  const padded = p + after === 0 ? x : g.op("Pad", [x, g.ints(pads), lowest(x.dtype)]);
  const zero = g.scalar(0, x.dtype);
  let rest = dy;
  const shares = range(k).map((j) => {
    if (j === k - 1) return rest;
    const slice = g.slice(padded, [at], [j * d], [j * d + (count - 1) * s + 1], [s]);
    const share = g.where(g.op("GreaterOrEqual", [slice, y]), rest, zero);
    rest = g.sub(rest, share);
    return share;
  });

  const blocks = count + Math.floor(((k - 1) * d) / s);
  const residues = range(s).map((residue) =>
    shares.flatMap((share, j) => {
      const shift = Math.floor((j * d) / s);
      return (j * d) % s === residue ? [frame(g, share, along(shift), along(blocks - count - shift))] : [];
    }),
  );
  const none = zerosOf(g, x.dtype, dy.shape.with(at, blocks));
  const sums = residues.map((parts) => (parts.length > 0 ? parts.reduce((a, b) => g.add(a, b)) : none));
  return frame(g, interleave(g, sums, at), along(-p), along(p + extent - blocks * s));
}

/** out[…, i·n + ρ, …] = parts[ρ][…, i, …] for n parts. */
function interleave(g: Builder, parts: readonly Value[], axis: number): Value {
  const [first] = parts as readonly [Value, ...Value[]];
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
