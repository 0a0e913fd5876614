/** @file Putting a part back into its place among zeros: what slicing, padding and picking have for an adjoint. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { type DType, type Shape, sizeOf } from "../tensor/tensor.ts";

/** `count` places along one axis: start, start + step, …; the step may be negative. */
export interface Span {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Zeros of `shape` with `v` at the places that the spans name: the adjoint of slicing. */
export function place(g: Builder, v: Value, shape: Shape, spans: readonly Span[]): Value {
  if (sizeOf(v.shape) === 0) return zerosOf(g, v.dtype, shape);
  let part = reversed(
    g,
    v,
    spans.filter((s) => s.step < 0 && s.count > 1).map((s) => s.axis),
  );
  const before = shape.map(() => 0);
  const behind = shape.map(() => 0);
  for (const { axis, start, step, count } of spans) {
    const stride = count > 1 ? Math.abs(step) : 1;
    if (stride > 1) part = spread(g, part, axis, stride);
    before[axis] = Math.min(start, start + (count - 1) * step);
    behind[axis] = shape[axis]! - before[axis]! - part.shape[axis]!;
  }
  return frame(g, part, before, behind);
}

/** Turns the order round along some axes. */
export function reversed(g: Builder, v: Value, axes: readonly number[]): Value {
  if (axes.length === 0) return v;
  const each = <T>(x: T): T[] => axes.map(() => x);
  return g.slice(v, axes, each(-1), each(-Infinity), each(-1));
}

/** Adds this many zeros before and behind along each axis; a negative number crops. */
export function frame(g: Builder, v: Value, before: readonly number[], behind: readonly number[]): Value {
  const cropped = v.shape.flatMap((_, i) => (before[i]! < 0 || behind[i]! < 0 ? [i] : []));
  let out = v;
  if (cropped.length > 0)
    out = g.slice(
      v,
      cropped,
      cropped.map((i) => Math.max(-before[i]!, 0)),
      cropped.map((i) => v.shape[i]! + Math.min(behind[i]!, 0)),
    );
  const pads = [...before, ...behind].map((n) => Math.max(n, 0));
  return pads.every((n) => n === 0) ? out : g.op("Pad", [out, g.ints(pads)]);
}

/** Puts step − 1 zeros behind every element along an axis. */
function spread(g: Builder, v: Value, axis: number, step: number): Value {
  const column = g.reshape(v, v.shape.toSpliced(axis + 1, 0, 1));
  const none = column.shape.map(() => 0);
  const spaced = frame(g, column, none, none.with(axis + 1, step - 1));
  return g.reshape(spaced, v.shape.with(axis, v.shape[axis]! * step));
}

export const zerosOf = (g: Builder, dtype: DType, shape: Shape): Value => g.expand(g.scalar(0, dtype), shape);
