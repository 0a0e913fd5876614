/** @file Matrix products: MatMul and Gemm. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { transposed } from "./matrix.ts";
import { float, int, op } from "./op.ts";
import { broadcast, type } from "./shapes.ts";

export const MatMul = op({
  inputs: ["A", "B"],
  // Vectors become one-row and one-column matrices: ONNX Runtime's fused product of Aᵀ and a vector is wrong.
  simplify: (g, { A, B }) => {
    if (A.shape.length !== 1 && B.shape.length !== 1) return undefined;
    const a = A.shape.length === 1 ? g.reshape(A, [1, ...A.shape]) : A;
    const b = B.shape.length === 1 ? g.reshape(B, [...B.shape, 1]) : B;
    const y = g.matmul(a, b);
    const shape = [
      ...y.shape.slice(0, -2),
      ...(a === A ? [y.shape.at(-2)!] : []),
      ...(b === B ? [y.shape.at(-1)!] : []),
    ];
    return [g.reshape(y, shape)];
  },
  infer: ({ A, B }, _, { fail }) => {
    if (A.shape.length < 2 || B.shape.length < 2 || A.shape.at(-1) !== B.shape.at(-2))
      fail(`inner sizes of [${A.shape}] and [${B.shape}] differ`);
    const outer = broadcast(A.shape.slice(0, -2), B.shape.slice(0, -2));
    return [type(A.dtype, [...outer, A.shape.at(-2)!, B.shape.at(-1)!])];
  },
  // Y = A B:  dA = dY Bᵀ, dB = Aᵀ dY. Where all batches share one B, they are rows of one matrix; Gemm then needs no
  // transposed copy of B.
  vjp: {
    A: ({ g, dy, A, B }) =>
      B.shape.length === 2
        ? g.reshape(g.op("Gemm", [rows(g, dy), B], { transB: 1 }), A.shape)
        : g.matmul(dy, transposed(g, B)),
    B: ({ g, dy, A, B }) =>
      B.shape.length === 2 ? g.matmul(transposed(g, rows(g, A)), rows(g, dy)) : g.matmul(transposed(g, A), dy),
  },
  macs: ({ A }, [y]) => sizeOf(y!.shape) * A.shape.at(-1)!,
});

/** All batches as rows of one matrix. */
const rows = (g: Builder, v: Value): Value => g.reshape(v, [sizeOf(v.shape.slice(0, -1)), v.shape.at(-1)!]);

export const Gemm = op({
  inputs: ["A", "B", "C?"],
  attributes: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
  infer: ({ A, B, C }, { transA, transB }, { fail }) => {
    const [m, k] = transA ? [...A.shape].reverse() : A.shape;
    const [k2, n] = transB ? [...B.shape].reverse() : B.shape;
    if (A.shape.length !== 2 || B.shape.length !== 2 || k !== k2)
      fail(`inner sizes of [${A.shape}]${transA ? "ᵀ" : ""} and [${B.shape}]${transB ? "ᵀ" : ""} differ`);
    const shape = [m!, n!];
    if (C && `${broadcast(C.shape, shape)}` !== `${shape}`) fail(`C [${C.shape}] does not broadcast to [${shape}]`);
    return [type(A.dtype, shape)];
  },
  // Y = α A′B′ + β C, A′ = A or Aᵀ:  dA′ = α dY B′ᵀ, dB′ = α A′ᵀ dY, dC = β dY.
  vjp: {
    A: ({ g, dy, B }, { alpha, transA, transB }) =>
      transA
        ? g.op("Gemm", [B, dy], { alpha, transA: transB, transB: 1 })
        : g.op("Gemm", [dy, B], { alpha, transB: transB ? 0 : 1 }),
    B: ({ g, dy, A }, { alpha, transA, transB }) =>
      transB
        ? g.op("Gemm", [dy, A], { alpha, transA: 1, transB: transA })
        : g.op("Gemm", [A, dy], { alpha, transA: transA ? 0 : 1 }),
    C: ({ g, dy }, { beta }) => g.mul(dy, beta),
  },
  macs: ({ A }, [y], { transA }) => y!.shape[0]! * y!.shape[1]! * A.shape[transA ? 0 : 1]!,
});
