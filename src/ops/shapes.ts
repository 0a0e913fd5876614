/** @file Shape arithmetic shared by operator records: broadcasting, axes, permutations. */

import { InputError } from "../error.ts";
import type { DType, Shape } from "../tensor/tensor.ts";
import type { Type } from "./op.ts";

/** Shape of an element-wise result (numpy broadcasting). */
export function broadcast(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    let extent = 1;
    for (const s of shapes) {
      const d = s[i - rank + s.length] ?? 1;
      if (d === 1 || d === extent) continue;
      if (extent !== 1) throw new InputError(`shapes ${shapes.map((t) => `[${t}]`).join(" and ")} do not broadcast`);
      extent = d;
    }
    return extent;
  });
}

/** An axis counted from the front; `rank` is that of the tensor it belongs to. */
export function axisIn(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) throw new InputError(`axis ${axis} is outside a tensor of rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}

export const axesIn = (axes: readonly number[], rank: number): number[] => axes.map((a) => axisIn(a, rank));

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

export const inversePermutation = (perm: readonly number[]): number[] => {
  const out = new Array<number>(perm.length);
  perm.forEach((from, to) => {
    out[from] = to;
  });
  return out;
};

export const type = (dtype: DType, shape: Shape): Type => ({ dtype, shape });
