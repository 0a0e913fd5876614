/** @file Pools over windows and over all positions. */

import type { Builder } from "../graph/builder.ts";
import type { Attributes, Value } from "../graph/graph.ts";
import { fromNumbers, sizeOf } from "../tensor/tensor.ts";
import { alongAxes, type Matrix, transposeMatrix, zeroMatrix } from "./axis-matrix.ts";
import { maxPoolAdjoint, maxPoolAlong } from "./max-pool-adjoint.ts";
import { int, ints, op, resolve, string, type Type } from "./op.ts";
import { range, type } from "./shapes.ts";
import {
  explicitPads,
  isAutomatic,
  outputPadding,
  type WindowAttributes,
  type Windows,
  windows,
} from "./window-geometry.ts";

const attributes = {
  auto_pad: string("NOTSET"),
  ceil_mode: int(0),
  dilations: ints(),
  kernel_shape: ints([]),
  pads: ints(),
  strides: ints(),
};

const poolWindows = ({ X }: { readonly X: Type }, a: WindowAttributes): Windows =>
  windows(X.shape, a.kernel_shape ?? [], a);

/**
 * Explicit pads, and `ceil_mode` only where it changes the size: runtimes differ in what auto_pad means under dilation,
 * and ONNX's own shape inference does not know that no window starts beyond the input.
 */
const canonical = (w: Windows) => ({ ...explicitPads(w), ceil_mode: +outputPadding(w).some((n) => n < 0) });
/** One axis needs `ceil_mode`, and another has a rest that it would round up. */
const mixed = (w: Windows): boolean => outputPadding(w).some((n) => n < 0) && outputPadding(w).some((n) => n > 0);
const needsPlacing = (given: Attributes): boolean => isAutomatic(given) || !!given.ceil_mode;

const pooled = (inputs: { readonly X: Type }, a: WindowAttributes): Type =>
  type(inputs.X.dtype, [...inputs.X.shape.slice(0, 2), ...poolWindows(inputs, a).out]);

export const MaxPool = op({
  inputs: ["X"],
  attributes: { ...attributes, storage_order: int(0) },
  upgrade: (g, { inputs, attributes: given, outputs }) => {
    if (!needsPlacing(given)) return undefined;
    const w = poolWindows({ X: inputs[0]! }, resolve(MaxPool, given) as unknown as WindowAttributes);
    if (mixed(w) && outputs === 1)
      return [range(w.in.length).reduceRight((x, axis) => maxPoolAlong(g, x, w, axis), inputs[0]!)];
    return g.ops("MaxPool", inputs, { ...given, ...canonical(w) }, outputs);
  },
  infer: (inputs, a, { outputs }) => {
    const y = pooled(inputs, a);
    return outputs > 1 ? [y, type("int64", y.shape)] : [y];
  },
  vjp: { X: ({ g, y, dy, X }, a) => maxPoolAdjoint(g, X, y, dy, poolWindows({ X }, a)) },
  window: poolWindows,
});

/**
 * What a window averages along each axis, [out][in] (1 where it sums): the mean over a box is the product of means over
 * its sides, its count of elements the product of theirs. Padding counts up to the explicit pads, never beyond.
 */
function poolMatrices(w: Windows, divide: "no" | "elements" | "padded"): Matrix[] {
  return w.in.map((n, axis) => {
    const m = zeroMatrix(w.out[axis]!, n);
    m.forEach((row, o) => {
      const reads = range(w.kernel[axis]!).map((j) => o * w.stride[axis]! + j * w.dilation[axis]! - w.padBegin[axis]!);
      const inside = reads.filter((i) => i >= 0 && i < n);
      const counted = divide === "padded" ? reads.filter((i) => i < n + w.padEnd[axis]!) : inside;
      for (const i of inside) row[i] = divide === "no" ? 1 : 1 / counted.length;
    });
    return m;
  });
}

/** Whether the windows tile the input: they touch without overlap, gaps, padding or rest. */
const tiles = (w: Windows): boolean =>
  w.kernel.every(
    (k, i) => k === w.stride[i] && (k === 1 || w.dilation[i] === 1) && w.padBegin[i] === 0 && k * w.out[i]! === w.in[i],
  );

/** Every element `times` over along each spatial axis; nearest neighbours copy faster than Expand does. */
function repeated(g: Builder, v: Value, times: readonly number[]): Value {
  const scales = g.constant(fromNumbers("float32", [1, 1, ...times]));
  return g.op("Resize", [v, null, scales], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

/** Matrices that leave batch and channels alone. */
const spatially = (matrices: readonly Matrix[]): (Matrix | undefined)[] => [undefined, undefined, ...matrices];

export const AveragePool = op({
  inputs: ["X"],
  attributes: { ...attributes, count_include_pad: int(0) },
  upgrade: (g, { inputs: [X], attributes: given }) => {
    if (!needsPlacing(given)) return undefined;
    const a = resolve(AveragePool, given) as unknown as WindowAttributes & { count_include_pad: number };
    const w = poolWindows({ X: X! }, a);
    if (mixed(w)) return [alongAxes(g, X!, spatially(poolMatrices(w, a.count_include_pad ? "padded" : "elements")))];
    return [g.op("AveragePool", [X!], { ...given, ...canonical(w) })];
  },
  infer: (inputs, a) => [pooled(inputs, a)],
  // Y = A_h X A_wᵀ with a banded matrix per axis, so X̄ = A_hᵀ Ȳ A_w.
  vjp: {
    X: ({ g, dy, X }, a) => {
      const w = poolWindows({ X }, a);
      if (tiles(w)) return repeated(g, g.div(dy, sizeOf(w.kernel)), w.kernel);
      return alongAxes(
        g,
        dy,
        spatially(poolMatrices(w, a.count_include_pad ? "padded" : "elements").map(transposeMatrix)),
      );
    },
  },
  window: poolWindows,
});

export const LpPool = op({
  inputs: ["X"],
  attributes: { ...attributes, p: int(2) },
  // (Σ |x|ᵖ)^(1/p)
  inline: (g, { X }, { p, ...a }) => {
    const sum = alongAxes(g, power(g, X, p), spatially(poolMatrices(poolWindows({ X }, a), "no")));
    return [root(g, sum, p)];
  },
  window: poolWindows,
});

const power = (g: Builder, x: Value, p: number): Value =>
  p === 2 ? g.square(x) : p === 1 ? g.op("Abs", [x]) : g.op("Pow", [g.op("Abs", [x]), p]);
const root = (g: Builder, x: Value, p: number): Value => (p === 2 ? g.sqrt(x) : p === 1 ? x : g.op("Pow", [x, 1 / p]));

const spatialAxes = (X: Type): number[] => range(X.shape.length).slice(2);

/** Window that takes in the whole input. */
const everything = ({ X }: { readonly X: Type }) => {
  const kernel = X.shape.slice(2);
  const [ones, zeros] = [1, 0].map((n) => kernel.map(() => n)) as [number[], number[]];
  return { kernel, stride: ones, dilation: ones, padBegin: zeros };
};

export const GlobalAveragePool = op({
  inputs: ["X"],
  infer: ({ X }) => [
    type(
      X.dtype,
      X.shape.map((d, i) => (i < 2 ? d : 1)),
    ),
  ],
  // One product with a constant plane: it takes the runtimes less time than Expand does.
  vjp: {
    X: ({ g, dy, X }) => {
      const plane = X.shape.slice(2);
      const n = sizeOf(plane);
      return g.mul(dy, g.numbers(new Array<number>(n).fill(1 / n), plane, X.dtype));
    },
  },
  window: everything,
});

export const GlobalMaxPool = op({
  inputs: ["X"],
  inline: (g, { X }) => [g.op("ReduceMax", [X, g.ints(spatialAxes(X))])],
  window: everything,
});

export const GlobalLpPool = op({
  inputs: ["X"],
  attributes: { p: int(2) },
  inline: (g, { X }, { p }) => [root(g, g.sum(power(g, X, p), spatialAxes(X)), p)],
  window: everything,
});
