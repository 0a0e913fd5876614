/** @file Sweeps of quantised operators. Their gradient is straight-through: src/ops/quantise.test.ts checks it. */

import * as fc from "fast-check";
import type { DType } from "../../src/tensor/tensor.ts";
import type { Case, Operand, Sweep } from "./sweep.ts";

const float32 = "ORT quantises float32 only";
const otherTypes = "small integers are kept as whole floats";
const small = fc.constantFrom<DType>("uint8", "int8");
const scales = (n: number): Operand => ({ shape: [n], fill: "positive", known: true });
const one = (value: number): Operand => ({ shape: [], values: [value], known: true });
const zero = (dtype: DType): Operand => ({ shape: [], values: [dtype.startsWith("u") ? 120 : -3], dtype });
const zeros = (dtype: DType, n: number): Operand => ({
  shape: [n],
  values: Array.from({ length: n }, (_, i) => i),
  dtype,
});
/** Numbers −100 … 127 or 28 … 255, in an order without a pattern. */
const levels = (dtype: DType, shape: number[], known = false): Operand => ({
  shape,
  values: Array.from(
    { length: shape.reduce((n, d) => n * d, 1) },
    (_, i) => ((i * 97 + 31) % 228) + (dtype === "int8" ? -100 : 28),
  ),
  dtype,
  known,
});

const quantised: fc.Arbitrary<Case> = fc.tuple(small, fc.nat(4)).map(([dtype, form]): Case => {
  const x: Operand = { shape: [2, 3, 4] };
  if (form === 0) return { inputs: [x, one(0.02)], gradcheck: false };
  if (form === 1) return { inputs: [x, one(0.013), zero(dtype)], gradcheck: false };
  if (form === 2) return { inputs: [x, scales(3), zeros(dtype, 3)], opset: 13, gradcheck: false };
  if (form === 3) return { inputs: [x, scales(4), zeros(dtype, 4)], attributes: { axis: -1 }, gradcheck: false };
  const blocks: Operand = { shape: [2, 3, 2], fill: "positive", known: true };
  return { inputs: [x, blocks], attributes: { axis: 2, block_size: 2 }, gradcheck: false };
});

const dequantised: fc.Arbitrary<Case> = fc.tuple(small, fc.nat(3)).map(([dtype, form]): Case => {
  const x = levels(dtype, [2, 3, 4]);
  if (form === 0) return { inputs: [x, one(0.02)] };
  if (form === 1) return { inputs: [x, one(0.013), zero(dtype)], opset: 10 };
  if (form === 2) return { inputs: [x, scales(3), zeros(dtype, 3)] };
  const blocks: Operand = { shape: [2, 3, 2], fill: "positive", known: true };
  return { inputs: [x, blocks], attributes: { axis: 2, block_size: 2 } };
});

const dynamic: fc.Arbitrary<Case> = fc
  .constantFrom<Operand>({ shape: [3, 4] }, { shape: [5], fill: "positive" }, { shape: [2], values: [0, 0] })
  .map((x) => ({ inputs: [x], outputs: 3, gradcheck: false }));

const products: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  { inputs: [levels("uint8", [2, 3]), levels("uint8", [3, 4])] },
  { inputs: [levels("uint8", [2, 3]), levels("int8", [3, 4]), zero("uint8"), zero("int8")] },
  { inputs: [levels("uint8", [2, 3]), levels("int8", [3, 4], true), zero("uint8"), zeros("int8", 4)] },
);

const convolutions: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  {
    inputs: [levels("uint8", [1, 2, 5, 5]), levels("uint8", [3, 2, 3, 3], true), zero("uint8")],
    attributes: { pads: [1, 1, 1, 1] },
  },
  {
    inputs: [levels("uint8", [1, 2, 5, 4]), levels("uint8", [2, 1, 2, 2], true), zero("uint8"), zero("uint8")],
    attributes: { group: 2, strides: [2, 1] },
  },
);

const u8 = zero("uint8");
const linearProducts: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  { inputs: [levels("uint8", [2, 3]), one(0.02), u8, levels("uint8", [3, 4], true), one(0.03), u8, one(0.1), u8] },
  {
    inputs: [
      levels("uint8", [2, 3]),
      one(0.02),
      u8,
      levels("int8", [3, 4], true),
      scales(4),
      zeros("int8", 4),
      one(3),
      u8,
    ],
  },
);

const bias: Operand = { shape: [3], values: [100, -200, 5000], dtype: "int32" };
const linearConvolutions: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  {
    inputs: [
      levels("uint8", [1, 2, 5, 5]),
      one(0.02),
      u8,
      levels("int8", [3, 2, 3, 3], true),
      scales(3),
      { shape: [3], values: [0, 0, 0], dtype: "int8" },
      one(8),
      u8,
      bias,
    ],
    attributes: { pads: [1, 1, 1, 1] },
  },
  {
    inputs: [
      levels("uint8", [1, 2, 5, 5]),
      one(0.02),
      u8,
      levels("uint8", [3, 2, 3, 3], true),
      one(0.01),
      u8,
      one(0.2),
      u8,
    ],
  },
);

const linearPairs: fc.Arbitrary<Case> = fc.constantFrom<Case>({
  inputs: [levels("uint8", [2, 3]), one(0.021), u8, levels("uint8", [2, 3]), one(0.03), u8, one(0.11), u8],
});
const linearUnary: fc.Arbitrary<Case> = fc.constantFrom<Case>({
  inputs: [levels("uint8", [2, 3]), one(0.021), u8, one(0.017), u8],
});
const linearPools: fc.Arbitrary<Case> = fc.constantFrom<Case>({
  inputs: [levels("uint8", [1, 2, 3, 3]), one(0.021), u8, one(0.017), u8],
  attributes: { channels_last: 0 },
});
const linearWindows: fc.Arbitrary<Case> = fc.constantFrom<Case>({
  inputs: [levels("uint8", [1, 2, 5, 5]), one(0.021), u8, one(0.0173), u8],
  attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1], count_include_pad: 1 },
});
const linearSoftmax: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  { inputs: [levels("uint8", [2, 3, 4]), one(0.021), u8, one(0.004), u8], attributes: { axis: -1, opset: 13 } },
  { inputs: [levels("uint8", [2, 3, 4]), one(0.021), u8, one(0.004), u8], attributes: { axis: 1, opset: 11 } },
);
const linearWhere: fc.Arbitrary<Case> = fc.constantFrom<Case>({
  inputs: [
    { shape: [2, 3], values: [1, 0, 0, 1, 1, 0], dtype: "bool" },
    levels("uint8", [2, 3]),
    one(0.021),
    u8,
    levels("uint8", [2, 3]),
    one(0.03),
    u8,
    one(0.04),
    u8,
  ],
});
const linearConcat: fc.Arbitrary<Case> = fc.constantFrom<Case>({
  inputs: [one(0.05), u8, levels("uint8", [2, 3]), one(0.021), u8, levels("uint8", [2, 2]), one(0.03), u8],
  attributes: { axis: 1 },
});
const linearGemm: fc.Arbitrary<Case> = fc.constantFrom<Case>(
  {
    inputs: [
      levels("uint8", [2, 3]),
      one(0.02),
      u8,
      levels("int8", [4, 3], true),
      one(0.03),
      zero("int8"),
      { shape: [4], values: [9, -700, 0, 1000], dtype: "int32" },
      one(0.4),
      u8,
    ],
    attributes: { transB: 1 },
  },
  { inputs: [levels("uint8", [2, 3]), one(0.02), u8, levels("int8", [3, 4], true), scales(4), zeros("int8", 4)] },
);
const mixed: fc.Arbitrary<Case> = fc.constantFrom<Case>({
  inputs: [
    levels("uint8", [2, 3]),
    levels("int8", [3, 4], true),
    one(0.02),
    scales(4),
    u8,
    zeros("int8", 4),
    { shape: [4], known: true },
  ],
});
const dynamicProducts: fc.Arbitrary<Case> = fc.constantFrom<Case>({
  inputs: [{ shape: [2, 3] }, levels("int8", [3, 4], true), scales(4), zeros("int8", 4), { shape: [4], known: true }],
  gradcheck: false,
});

const sweep = (op: string, cases: fc.Arbitrary<Case>, runs = 4): Sweep => ({
  op,
  cases,
  float64: float32,
  otherTypes,
  runs,
});

export const sweeps: readonly Sweep[] = [
  sweep("QuantizeLinear", quantised, 20),
  sweep("DequantizeLinear", dequantised, 20),
  sweep("DynamicQuantizeLinear", dynamic, 6),
  sweep("MatMulInteger", products, 6),
  sweep("ConvInteger", convolutions),
  sweep("QLinearMatMul", linearProducts),
  sweep("QLinearConv", linearConvolutions),
  sweep("com.microsoft.QLinearAdd", linearPairs, 1),
  sweep("com.microsoft.QLinearMul", linearPairs, 1),
  sweep("com.microsoft.QLinearSigmoid", linearUnary, 1),
  sweep("com.microsoft.QLinearLeakyRelu", linearUnary, 1),
  sweep("com.microsoft.QLinearGlobalAveragePool", linearPools, 1),
  sweep("com.microsoft.QLinearAveragePool", linearWindows, 1),
  {
    ...sweep("com.microsoft.QLinearSoftmax", linearSoftmax),
    noReference: "ONNX Runtime's table of whole numbers is one level off at times: see src/ops/quantise.test.ts",
  },
  sweep("com.microsoft.QLinearWhere", linearWhere, 1),
  sweep("com.microsoft.QLinearConcat", linearConcat, 1),
  sweep("com.microsoft.QGemm", linearGemm),
  sweep("com.microsoft.MatMulIntegerToFloat", mixed, 1),
  sweep("com.microsoft.DynamicQuantizeMatMul", dynamicProducts, 1),
];
