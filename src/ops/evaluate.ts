/** @file Host evaluation of small constants, so that shape arithmetic is known when a graph is built. */

import { fromNumbers, type Shape, sizeOf, type Tensor, toNumbers, zeros } from "../tensor/tensor.ts";
import type { Type } from "./op.ts";
import { axisIn, stridesOf } from "./shapes.ts";

type Evaluate = (operands: readonly (Tensor | undefined)[], attributes: unknown, outputs: readonly Type[]) => Tensor[];

/** Flat index into an operand of `shape` for every element of `out`, under broadcasting. */
export function broadcastIndex(out: Shape, shape: Shape): Int32Array {
  const strides = stridesOf(shape);
  const extra = out.length - shape.length;
  const step = out.map((_, i) => (i < extra || shape[i - extra] === 1 ? 0 : strides[i - extra]!));
  return stridedIndex(out, step, 0);
}

/** offset + Σ iₖ·stepₖ for every index i of `shape`, in row-major order. */
export function stridedIndex(shape: Shape, step: readonly number[], offset: number): Int32Array {
  const index = new Int32Array(sizeOf(shape)).fill(offset);
  let inner = index.length;
  shape.forEach((extent, axis) => {
    inner /= extent;
    for (let i = 0; i < index.length; i++) index[i]! += (Math.floor(i / inner) % extent) * step[axis]!;
  });
  return index;
}

/** Flat index into a tensor of `shape` that every element of `indices` names along `axis` (GatherElements' rule). */
export function elementIndex(shape: Shape, indices: Tensor, axis: number): Int32Array {
  const at = axisIn(axis, shape.length);
  const strides = stridesOf(shape);
  const index = stridedIndex(indices.dims, strides.with(at, 0), 0);
  toNumbers(indices).forEach((i, k) => {
    index[k]! += (i < 0 ? i + shape[at]! : i) * strides[at]!;
  });
  return index;
}

/** `f` of the operands, element by element. */
export const elementwise =
  (f: (...x: number[]) => number): Evaluate =>
  (operands, _, [out]) => {
    const parts = operands.flatMap((t) => (t ? [{ x: toNumbers(t), at: broadcastIndex(out!.shape, t.dims) }] : []));
    const y = Array.from({ length: sizeOf(out!.shape) }, (_, i) => f(...parts.map(({ x, at }) => x[at[i]!]!)));
    return [fromNumbers(out!.dtype, y, out!.shape)];
  };

/** Elements picked by flat index, bit for bit. */
export function pick(t: Tensor, index: ArrayLike<number>, dims: Shape): Tensor {
  const out = zeros(t.dtype, dims);
  const to = out.data as { [i: number]: unknown };
  for (let i = 0; i < index.length; i++) to[i] = t.data[index[i]!];
  return out;
}
