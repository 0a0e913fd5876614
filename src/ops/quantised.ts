/**
 * @file Arithmetic of quantised tensors. Integers of 8 and 16 bits are kept as whole numbers in float32, where they and
 * sums of their products up to 2²⁴ are exact; so every rule and every provider that knows floats works on them.
 */

import type { Builder, Operand } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { type DType, fromNumbers, isFloat, type Shape, sizeOf, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { axisIn } from "./shapes.ts";

/** What a user is told who asks for a gradient through a quantised net. */
export const STRAIGHT_THROUGH =
  "rounding is taken for the identity in the gradient (straight-through); outside the representable range it is zero";

export type Limits = readonly [low: number, high: number];
export const limits: { readonly [D in DType]?: Limits } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/**
 * clip(round(v) + zero) with halves to even. Adding 1.5 · 2²³ leaves no bits behind the point of a float32, and taking it
 * away again gives the rounded number; the gradient of the two sums is that of the identity. What is too large for that
 * (|v| ≥ 2²²) is clipped in any case.
 */
export function quantise(g: Builder, v: Value, zero: Value | undefined, [low, high]: Limits): Value {
  const big = v.dtype === "float64" ? 1.5 * 2 ** 52 : 1.5 * 2 ** 23;
  const back: Operand = zero ? g.sub(big, g.cast(zero, v.dtype)) : big;
  return g.op("Clip", [g.sub(g.add(v, big), back), low, high]);
}

/** Whole numbers in units of `scale`, quantised to the type of `zero`. */
export function requantise(g: Builder, v: Value, scale: Value, zero: Value | undefined): Value {
  return quantise(g, g.mul(v, g.cast(scale, v.dtype)), zero, limits[zero?.dtype ?? "uint8"] ?? [0, 255]);
}

/**
 * A scale or zero point in a shape that broadcasts against `shape`: one for all, one for each index of `axis`, or one for
 * each block of `block` indices.
 */
export function spread(g: Builder, v: Value, shape: Shape, axis: number, block = 0): Value {
  if (sizeOf(v.shape) === 1) return g.reshape(v, []);
  const at = axisIn(axis, shape.length);
  if (!block) {
    const along = shape.map((_, i) => (i === at ? sizeOf(v.shape) : 1));
    return v.shape.length > 1 ? v : g.reshape(v, along);
  }
  const apart = [...v.shape.slice(0, at + 1), 1, ...v.shape.slice(at + 1)];
  const repeated = g.expand(g.reshape(v, apart), apart.with(at + 1, block));
  const whole = g.reshape(repeated, v.shape.with(at, v.shape[at]! * block));
  return g.slice(whole, [at], [0], [shape[at]!]);
}

/** Integers with their zero point and unit (1 if left out), along `axis` of `x` where there is more than one. */
export interface Quantised {
  readonly x: Value;
  readonly zero: Value | undefined;
  readonly scale?: Value;
  readonly axis: number;
  readonly block?: number;
}

/** (x − zero) · scale in the given float type; a constant stays one, so that weights are still known to be weights. */
export function dequantise(g: Builder, q: Quantised, dtype: DType): Value {
  const known = dequantisedConstant(g, q, dtype);
  if (known) return g.constant(known);
  const around = (v: Value): Value => g.cast(spread(g, v, q.x.shape, q.axis, q.block), dtype);
  const x = g.cast(q.x, dtype);
  const shifted = q.zero ? g.sub(x, around(q.zero)) : x;
  return q.scale ? g.mul(shifted, around(q.scale)) : shifted;
}

function dequantisedConstant(g: Builder, { x, zero, scale, axis, block }: Quantised, dtype: DType): Tensor | undefined {
  const t = g.constantOf(x);
  const parameters = [zero, scale].filter((v) => v !== undefined);
  if (!t || block || parameters.some((v) => v.shape.length > 1 || !g.constantOf(v))) return undefined;
  const numbers = (v: Value | undefined, absent: number): number[] => (v ? toNumbers(g.constantOf(v)!) : [absent]);
  const zeros = numbers(zero, 0);
  const scales = numbers(scale, 1);
  const at = parameters.some((v) => sizeOf(v.shape) > 1) ? axisIn(axis, t.dims.length) : t.dims.length;
  const extent = t.dims[at] ?? 1;
  const inner = sizeOf(t.dims.slice(at + 1));
  const y = toNumbers(t);
  for (let i = 0; i < y.length; i++) {
    const channel = Math.floor(i / inner) % extent;
    y[i] = (y[i]! - zeros[zeros.length > 1 ? channel : 0]!) * scales[scales.length > 1 ? channel : 0]!;
  }
  return fromNumbers(dtype, y, t.dims);
}

/** The two factors of a product of integers, without their zero points, in one float type. */
export function factors(g: Builder, a: Quantised, b: Quantised): [Value, Value] {
  const dtype = [a.x.dtype, b.x.dtype].find(isFloat) ?? "float32";
  return [dequantise(g, a, dtype), dequantise(g, b, dtype)];
}
