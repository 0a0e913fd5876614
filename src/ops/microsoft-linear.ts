/** @file Matrix products of ONNX Runtime's own domain `com.microsoft`, as its optimiser writes them. */

import { transposed } from "./matrix.ts";
import { float, int, op, string } from "./op.ts";

export const FusedMatMul = op({
  inputs: ["A", "B"],
  attributes: { alpha: float(1), transA: int(0), transB: int(0), transBatchA: int(0), transBatchB: int(0) },
  inline: (g, { A, B }, { alpha, transA, transB, transBatchA, transBatchB }, { fail }) => {
    if (transBatchA || transBatchB) fail("transBatchA and transBatchB are not supported");
    const product = g.matmul(transA ? transposed(g, A) : A, transB ? transposed(g, B) : B);
    return [g.mul(product, alpha)];
  },
});

/** Gemm with an activation behind it. */
export const FusedGemm = op({
  inputs: ["A", "B", "C?"],
  attributes: {
    alpha: float(1),
    beta: float(1),
    transA: int(0),
    transB: int(0),
    activation: string(""),
    activation_alpha: float(),
    activation_beta: float(),
    activation_gamma: float(),
  },
  inline: (g, { A, B, C }, { alpha, beta, transA, transB, activation, ...a }) => {
    const y = g.op("Gemm", [A, B, C ?? null], { alpha, beta, transA, transB });
    if (!activation) return [y];
    return [g.op(activation, [y], { alpha: a.activation_alpha, beta: a.activation_beta, gamma: a.activation_gamma })];
  },
});
