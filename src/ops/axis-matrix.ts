/** @file Linear maps along one axis, as products with matrices made on the host. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { range } from "./shapes.ts";

/** A dense matrix, row by row. */
export type Matrix = readonly (readonly number[])[];

export const zeroMatrix = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, () => new Array<number>(columns).fill(0));

export const transposeMatrix = (m: Matrix): number[][] => (m[0] ?? []).map((_, j) => m.map((row) => row[j]!));

/** y[…, i, …] = Σ_j m[i][j] · x[…, j, …] along `axis`. */
export function alongAxis(g: Builder, x: Value, axis: number, m: Matrix): Value {
  const [rows, columns] = [m.length, x.shape[axis]!];
  const shape = x.shape.map((d, i) => (i === axis ? rows : d));
  const outer = sizeOf(x.shape.slice(0, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  if (inner === 1) {
    const right = g.numbers(transposeMatrix(m).flat(), [columns, rows], x.dtype);
    return g.reshape(g.matmul(g.reshape(x, [outer, columns]), right), shape);
  }
  const left = g.numbers(m.flat(), [rows, columns], x.dtype);
  return g.reshape(g.matmul(left, g.reshape(x, [outer, columns, inner])), shape);
}

/** One matrix after another along the axes it is given for; `undefined` leaves an axis as it is. */
export const alongAxes = (g: Builder, x: Value, matrices: readonly (Matrix | undefined)[]): Value =>
  range(matrices.length).reduceRight((y, axis) => {
    const m = matrices[axis];
    return m ? alongAxis(g, y, axis, m) : y;
  }, x);
