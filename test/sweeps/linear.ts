/** @file Sweeps of matrix products. */

import * as fc from "fast-check";
import { shape } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

const extent = fc.integer({ min: 1, max: 4 });

/** Batches that broadcast: each axis full or 1, and some missing in front. */
const batches = fc
  .tuple(shape(0, 2, 3), fc.constantFrom("both", "left", "right"), fc.nat(2), fc.boolean())
  .map(([full, who, fewer, thin]) => {
    const less = full.map((d) => (thin ? 1 : d)).slice(fewer);
    return { left: who === "right" ? less : full, right: who === "left" ? less : full };
  });

const product = fc
  .tuple(batches, extent, extent, extent, fc.constantFrom("matrices", "matrices", "row", "column", "vectors"))
  .map(([{ left, right }, m, k, n, kind]): Case => {
    const A = kind === "row" || kind === "vectors" ? [k] : [...left, m, k];
    const B = kind === "column" || kind === "vectors" ? [k] : [...right, k, n];
    return { inputs: [{ shape: A }, { shape: B }] };
  });

const coefficient = fc.constantFrom(1, 0.5, -2, 0);

const gemm = fc
  .record({
    m: extent,
    k: extent,
    n: extent,
    transA: fc.constantFrom(0, 1),
    transB: fc.constantFrom(0, 1),
    alpha: coefficient,
    beta: coefficient,
    c: fc.constantFrom("none", "full", "row", "column", "vector", "scalar", "one"),
    opset: fc.constantFrom(9, 11, 13, 21),
  })
  .map(({ m, k, n, transA, transB, alpha, beta, c, opset }): Case => {
    const shapes = { full: [m, n], row: [1, n], column: [m, 1], vector: [n], scalar: [], one: [1], none: [m, n] };
    const C = c === "none" && opset >= 11 ? [] : [{ shape: shapes[c] }];
    return {
      inputs: [{ shape: transA ? [k, m] : [m, k] }, { shape: transB ? [n, k] : [k, n] }, ...C],
      attributes: { alpha, beta, transA, transB },
      opset,
    };
  });

// Matrices only: of a transposed matrix and a vector ONNX Runtime's own fused product is wrong.
const fusedMatMul = fc
  .tuple(batches, extent, extent, extent, fc.constantFrom(0, 1), fc.constantFrom(0, 1))
  .map(([{ left, right }, m, k, n, transA, transB]): Case => {
    const A = [...left, ...(transA ? [k, m] : [m, k])];
    const B = [...right, ...(transB ? [n, k] : [k, n])];
    return { inputs: [{ shape: A }, { shape: B }], attributes: { alpha: 0.5, transA, transB } };
  });

const fusedGemm = fc
  .tuple(gemm, fc.constantFrom("Relu", "LeakyRelu", "Sigmoid", "Tanh"))
  .map(([c, activation]): Case => {
    const alpha = activation === "LeakyRelu" && { activation_alpha: 0.1 };
    // Finite differences in float32 step across the kinks of the first two.
    const gradcheck = !activation.endsWith("Relu");
    return { inputs: c.inputs, attributes: { ...c.attributes, activation, ...alpha }, gradcheck };
  });

export const sweeps: readonly Sweep[] = [
  { op: "MatMul", cases: product, float64: true, runs: 60, second: true },
  { op: "Gemm", cases: gemm, float64: true, runs: 60, second: true },
  { op: "com.microsoft.FusedMatMul", cases: fusedMatMul, float64: "ONNX Runtime has no float64 kernel" },
  { op: "com.microsoft.FusedGemm", cases: fusedGemm, float64: "ONNX Runtime has no float64 kernel" },
];
