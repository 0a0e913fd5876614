/** @file The adjoints of convolution in its input and in its weights, as convolutions and matrix products. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { frame, reversed } from "./place.ts";
import { range } from "./shapes.ts";
import { exactPadEnd, outputPadding, type Windows } from "./window-geometry.ts";

/*
 * Along one spatial axis, with stride s, dilation d, leading pad p and kernel index j, a convolution reads input
 * position i = o·s + j·d − p for output position o:
 *
 *   Y[n, m, o] = Σ_{c, j} W[m, c, j] · X[n, c, o·s + j·d − p],        o = 0 … O − 1
 *
 * (X is zero outside). Pairing with a cotangent Ȳ and collecting what multiplies X[n, c, i] gives the adjoint in X,
 *
 *   X̄[n, c, i] = Σ_{m, j, o : o·s + j·d − p = i} W[m, c, j] · Ȳ[n, m, o].
 *
 * s = 1. Then o = i + p − j·d. With the flipped kernel j' = k − 1 − j, o = i + j'·d − ((k − 1)·d − p): a convolution of Ȳ
 * with the same dilation, leading pad span − 1 − p and, from I = O − 1 + span − p − p_end, trailing pad span − 1 − p_end.
 * Where p > span − 1, the first p − span + 1 outputs saw nothing but padding: they are cut off Ȳ instead.
 *
 * s > 1. The sum over o with the constraint is by definition the transposed convolution of Ȳ, of extent
 * (O − 1)·s + span − p − p_end. Rounding down in O loses a rest r = (I + p + p_end − span) mod s < s, which comes back as
 * `output_padding`.
 *
 * Collecting what multiplies W[m, c, j] gives the adjoint in W,
 *
 *   W̄[m, c, j] = Σ_{n, o} Ȳ[n, m, o] · X[n, c, j·d + o·s − p],
 *
 * a convolution in which n takes the place of the channels, Ȳ that of the kernel, and stride and dilation change places.
 * Its extent is exactly k when X's trailing pad is such that the last window ends at the end (`exactPadEnd`).
 *
 * Groups: channels of group γ only meet those of γ, so every formula holds per group. For X̄ the kernel is [M, C/G, k] →
 * [G, M/G, C/G, k] → [C, M/G, k]; for W̄ the batch of each group becomes its channels: X as [C/G, G·N, I], Ȳ as [M, N, O].
 * (A batch of one in several groups with M > G is the one case left that WebGPU gets wrong, see below.)
 */

/** X̄ of a convolution: `dY` [N, M, …out], `W` [M, C/group, …kernel] → [N, C, …in]. */
export function convolutionInputAdjoint(g: Builder, dY: Value, W: Value, group: number, w: Windows): Value {
  const [M, perGroup] = [W.shape[0]!, W.shape[1]!];
  // WebGPU computes a grouped convolution with one input and several output channels per group wrongly.
  const wrongOnWebGpu = group > 1 && M === group && perGroup > 1;
  if (w.stride.every((s) => s === 1) && !wrongOnWebGpu) {
    const begin = w.span.map((k, i) => k - 1 - w.padBegin[i]!);
    const end = w.span.map((k, i) => k - 1 - exactPadEnd(w)[i]!);
    return convolve(g, dY, flippedAndSwapped(g, W, group), { group, dilations: [...w.dilation] }, begin, end, w.in);
  }
  return g.op("ConvTranspose", [dY, W], {
    group,
    kernel_shape: [...w.kernel],
    strides: [...w.stride],
    dilations: [...w.dilation],
    pads: [...w.padBegin, ...w.padEnd],
    output_padding: outputPadding(w),
  });
}

/** W̄ of a convolution: `X` [N, C, …in], `dY` [N, M, …out] → [M, C/group, …kernel]. */
export function convolutionWeightAdjoint(g: Builder, X: Value, dY: Value, group: number, w: Windows): Value {
  return group === 1 ? weightAdjointByProducts(g, X, dY, w) : weightAdjointByConvolution(g, X, dY, group, w);
}

/*
 * With channels last, what a kernel index j meets is a plain matrix: X̃ⱼ [N·O, C], the rows of the padded X at o·s + j·d.
 * So W̄ⱼ = Ȳ X̃ⱼ with Ȳ as [M, N·O]. One Gather lays the X̃ⱼ of a row of the kernel side by side, which makes one product
 * for each of them: 1.3 to 2.7 times as fast as the convolution below, which has a kernel as large as Ȳ.
 */
function weightAdjointByProducts(g: Builder, X: Value, dY: Value, w: Windows): Value {
  const [N, C, M] = [X.shape[0]!, X.shape[1]!, dY.shape[1]!];
  const last = w.in.length - 1;
  const space = range(w.in.length);
  const behind = exactPadEnd(w).map((p) => Math.max(0, p));
  const channelsLast = g.transpose(X, [0, ...space.map((i) => i + 2), 1]);
  const padded = frame(g, channelsLast, [0, ...w.padBegin, 0], [0, ...behind, 0]);
  const extents = padded.shape.slice(1, -1);
  const rows = g.reshape(padded, [N, sizeOf(extents), C]);
  const [places, width] = [sizeOf(w.out), w.kernel[last]!];
  const left = g.reshape(g.transpose(dY, [1, 0, ...space.map((i) => i + 2)]), [M, N * places]);
  const starts = placesOf(
    w.out.map((n, i) => steps(n, w.stride[i]!)),
    extents,
  );
  const along = steps(width, w.dilation[last]!);
  const products = placesOf(
    w.kernel.slice(0, last).map((n, i) => steps(n, w.dilation[i]!)),
    extents.slice(0, last),
  ).map((row) => {
    const met = starts.flatMap((o) => along.map((j) => o + row * extents[last]! + j));
    const index = g.numbers(met, [places, width], "int64");
    return g.matmul(left, g.reshape(g.op("Gather", [rows, index], { axis: 1 }), [N * places, width * C]));
  });
  const taps = g.reshape(g.concat(products, 1), [M, sizeOf(w.kernel), C]);
  return g.reshape(g.transpose(taps, [0, 2, 1]), [M, C, ...w.kernel]);
}

/** 0, step, 2 step, … */
const steps = (count: number, step: number): number[] => range(count).map((i) => i * step);

/** Row-major places in a box of `extents` of all combinations of places along its axes. */
const placesOf = (axes: readonly (readonly number[])[], extents: readonly number[]): number[] =>
  axes.reduce<number[]>((found, along, i) => found.flatMap((p) => along.map((j) => p * extents[i]! + j)), [0]);

/** Any number of groups. */
function weightAdjointByConvolution(g: Builder, X: Value, dY: Value, group: number, w: Windows): Value {
  const [N, C, M] = [X.shape[0]!, X.shape[1]!, dY.shape[1]!];
  const space = range(w.in.length).map((i) => i + 3);
  const x = g.transpose(g.reshape(X, [N, group, C / group, ...w.in]), [2, 1, 0, ...space]);
  const y = g.transpose(g.reshape(dY, [N, group, M / group, ...w.out]), [1, 2, 0, ...space]);
  const dW = convolve(
    g,
    g.reshape(x, [C / group, group * N, ...w.in]),
    g.reshape(y, [M, N, ...w.out]),
    { group, strides: [...w.dilation], dilations: [...w.stride] },
    w.padBegin,
    exactPadEnd(w),
    w.kernel,
  );
  return g.transpose(dW, [1, 0, ...range(w.in.length).map((i) => i + 2)]);
}

/**
 * Conv whose pads may be negative: those are cut off the input, of which at least one element stays, so that there may be
 * more outputs than the `extents` that are wanted; the rest is cut off these.
 */
export function convolve(
  g: Builder,
  X: Value,
  W: Value,
  attributes: { group: number; strides?: number[]; dilations?: number[] },
  begin: readonly number[],
  end: readonly number[],
  extents: readonly number[],
): Value {
  const none = X.shape.map(() => 0);
  const first = begin.map((p) => Math.min(0, p));
  const last = end.map((p, i) => Math.max(Math.min(0, p), 1 - first[i]! - X.shape[i + 2]!));
  const inner = frame(g, X, [0, 0, ...first], [0, 0, ...last]);
  const pads = [...begin, ...end].map((p) => Math.max(0, p));
  const y = g.op("Conv", [inner, W], { kernel_shape: W.shape.slice(2), ...attributes, pads });
  return frame(g, y, none, [0, 0, ...extents.map((n, i) => n - y.shape[i + 2]!)]);
}

/** [M, C/G, …k] → [C, M/G, …k] with every spatial axis reversed; folded when the session starts if W is a constant. */
function flippedAndSwapped(g: Builder, W: Value, group: number): Value {
  const [M, perGroup, ...kernel] = W.shape as [number, number, ...number[]];
  const flipped = g.constantOf(W)
    ? reversed(
        g,
        W,
        kernel.flatMap((k, i) => (k > 1 ? [i + 2] : [])),
      )
    : flippedByProduct(g, W);
  const space = range(kernel.length);
  if (group === 1) return g.transpose(flipped, [1, 0, ...space.map((i) => i + 2)]);
  const swapped = g.transpose(g.reshape(flipped, [group, M / group, perGroup, ...kernel]), [
    0,
    2,
    1,
    ...space.map((i) => i + 3),
  ]);
  return g.reshape(swapped, [group * perGroup, M / group, ...kernel]);
}

/** Every spatial axis reversed, as a product with a reversed identity: five times as fast as slices of step −1. */
function flippedByProduct(g: Builder, W: Value): Value {
  const taps = sizeOf(W.shape.slice(2));
  if (taps === 1) return W;
  const turned = range(taps * taps).map((i) => (Math.floor(i / taps) + (i % taps) === taps - 1 ? 1 : 0));
  const rows = g.reshape(W, [sizeOf(W.shape) / taps, taps]);
  return g.reshape(g.matmul(rows, g.numbers(turned, [taps, taps], W.dtype)), W.shape);
}
