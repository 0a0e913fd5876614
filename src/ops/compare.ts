/** @file Comparisons, logic, bits, and the choice between two values. */

import { bytesPerElement, type DType } from "../tensor/tensor.ts";
import { elementwise } from "./evaluate.ts";
import { int, op, type Primitive, string } from "./op.ts";
import { broadcast, type } from "./shapes.ts";

const comparison = (f: (a: number, b: number) => boolean): Primitive =>
  op({
    inputs: ["A", "B"],
    infer: ({ A, B }) => [type("bool", broadcast(A.shape, B.shape))],
    vjp: "zero",
    evaluate: elementwise((a, b) => Number(f(a!, b!))),
  });

export const Equal = comparison((a, b) => a === b);
export const Less = comparison((a, b) => a < b);
export const LessOrEqual = comparison((a, b) => a <= b);
export const Greater = comparison((a, b) => a > b);
export const GreaterOrEqual = comparison((a, b) => a >= b);
export const And = comparison((a, b) => a === 1 && b === 1);
export const Or = comparison((a, b) => a === 1 || b === 1);
export const Xor = comparison((a, b) => a !== b);

export const Not = op({
  inputs: ["X"],
  infer: ({ X }) => [X],
  vjp: "zero",
  evaluate: elementwise((x) => 1 - x),
});

export const IsNaN = op({
  inputs: ["X"],
  infer: ({ X }) => [type("bool", X.shape)],
  vjp: "zero",
  evaluate: elementwise((x) => Number(Number.isNaN(x))),
});

export const IsInf = op({
  inputs: ["X"],
  attributes: { detect_negative: int(1), detect_positive: int(1) },
  infer: ({ X }) => [type("bool", X.shape)],
  vjp: "zero",
  evaluate: (operands, { detect_negative, detect_positive }, outputs) =>
    elementwise((x) => {
      if (x === Number.POSITIVE_INFINITY) return detect_positive;
      return x === Number.NEGATIVE_INFINITY ? detect_negative : 0;
    })(operands, {}, outputs),
});

export const Where = op({
  inputs: ["condition", "X", "Y"],
  infer: ({ condition, X, Y }) => [type(X.dtype, broadcast(condition.shape, X.shape, Y.shape))],
  vjp: {
    X: ({ g, dy, condition }) => g.where(condition, dy, 0),
    Y: ({ g, dy, condition }) => g.where(condition, 0, dy),
  },
  evaluate: elementwise((chosen, x, y) => (chosen ? x : y)),
});

const bitwise = (f: (a: bigint, b: bigint) => bigint): Primitive =>
  op({
    inputs: ["A", "B"],
    infer: ({ A, B }) => [type(A.dtype, broadcast(A.shape, B.shape))],
    vjp: "zero",
    evaluate: elementwise((a, b) => Number(f(BigInt(a), BigInt(b)))),
  });

export const BitwiseAnd = bitwise((a, b) => a & b);
export const BitwiseOr = bitwise((a, b) => a | b);
export const BitwiseXor = bitwise((a, b) => a ^ b);

export const BitwiseNot = op({
  inputs: ["X"],
  infer: ({ X }) => [X],
  vjp: "zero",
  evaluate: (operands, _, outputs) => {
    const wrap = wrapTo(outputs[0]!.dtype);
    return elementwise((x) => wrap(~BigInt(x)))(operands, _, outputs);
  },
});

export const BitShift = op({
  inputs: ["X", "Y"],
  attributes: { direction: string() },
  infer: ({ X, Y }, { direction }, { fail }) =>
    direction === "LEFT" || direction === "RIGHT"
      ? [type(X.dtype, broadcast(X.shape, Y.shape))]
      : fail(`expected the direction LEFT or RIGHT, got ${direction}`),
  vjp: "zero",
  evaluate: (operands, { direction }, outputs) => {
    const wrap = wrapTo(outputs[0]!.dtype);
    const shift = (x: bigint, by: bigint): bigint => (direction === "LEFT" ? x << by : x >> by);
    return elementwise((x, by) => wrap(shift(BigInt(x), BigInt(by))))(operands, {}, outputs);
  },
});

/** Keeps the bits that the integer type holds. */
const wrapTo =
  (dtype: DType) =>
  (x: bigint): number => {
    const bits = 8 * bytesPerElement(dtype);
    return Number(dtype.startsWith("u") ? BigInt.asUintN(bits, x) : BigInt.asIntN(bits, x));
  };
