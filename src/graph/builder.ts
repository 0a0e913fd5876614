/** @file What rules and techniques build graphs with; the implementation stands in ops/, beside the operator table. */

import type { DType, Shape, Tensor } from "../tensor/tensor.ts";
import type { AttributeValue, Graph, Value } from "./graph.ts";

/** A value, or a number that becomes a scalar constant of the other operand's element type. */
export type Operand = Value | number;

/** Attributes for a call; an entry that is `undefined` is left out. */
export type AttributeInput = Readonly<Record<string, AttributeValue | undefined>>;

/**
 * Appends nodes to a graph and infers the type of each as it adds it. Every method returns the new value(s). Arithmetic
 * broadcasts as ONNX does (numpy rules). Errors name the operator, what it expected and what it got.
 */
export interface Builder {
  readonly graph: Graph;
  /** Name for the nodes added from now on, instead of one made from the operator. */
  label: string | undefined;

  /** Adds a graph input. */
  input(name: string, dtype: DType, shape: Shape): Value;
  /** Adds a graph output, under `name` if given (an Identity when the value already has another name). */
  output(value: Value, name?: string): Value;
  constant(t: Tensor, name?: string): Value;
  /** Contents of a value that is known when the graph is built. */
  constantOf(v: Value): Tensor | undefined;
  scalar(x: number, dtype: DType): Value;
  /** A constant of plain numbers. */
  numbers(values: ArrayLike<number>, dims: Shape, dtype: DType): Value;
  /** A one-axis int64 constant. */
  ints(values: readonly number[]): Value;

  /** Adds an operator with one wanted output. Numbers among the inputs become scalars of the first value's type. */
  op(op: string, inputs: readonly (Operand | null)[], attributes?: AttributeInput): Value;
  /** Adds an operator and returns all outputs that its record infers. */
  ops(op: string, inputs: readonly (Operand | null)[], attributes?: AttributeInput, outputs?: number): Value[];

  add(a: Operand, b: Operand): Value;
  sub(a: Operand, b: Operand): Value;
  mul(a: Operand, b: Operand): Value;
  div(a: Operand, b: Operand): Value;
  neg(a: Value): Value;
  exp(a: Value): Value;
  log(a: Value): Value;
  sqrt(a: Value): Value;
  /** x² as one Mul. */
  square(a: Value): Value;
  matmul(a: Value, b: Value): Value;
  cast(a: Value, dtype: DType): Value;
  reshape(a: Value, shape: Shape): Value;
  transpose(a: Value, perm: readonly number[]): Value;
  /** Broadcasts to `shape`. */
  expand(a: Value, shape: Shape): Value;
  concat(values: readonly Value[], axis: number): Value;
  /** Half-open ranges along the given axes; a negative step runs backwards (end may be −Infinity). */
  slice(
    a: Value,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps?: readonly number[],
  ): Value;
  /** Sums over `axes` (all if left out). `keepdims` defaults to true. */
  sum(a: Value, axes?: readonly number[], keepdims?: boolean): Value;
  mean(a: Value, axes?: readonly number[], keepdims?: boolean): Value;
  /** 1 where the comparison holds, else 0, in `a`'s element type. */
  mask(a: Value, comparison: "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Equal", b: Operand): Value;
  where(condition: Value, a: Operand, b: Operand): Value;
  zeros(like: Value): Value;
}
