/** @file Sweep of ONNX Runtime's fused convolution. */

import * as fc from "fast-check";
import type { Case, Sweep } from "./sweep.ts";

const activations = fc.constantFrom<Readonly<Record<string, string | readonly number[]>>>(
  { activation: "Sigmoid" },
  { activation: "Tanh" },
  { activation: "HardSigmoid", activation_params: [0.125, 0.5] },
);

const cases = fc.tuple(activations, fc.integer({ min: 1, max: 2 }), fc.boolean(), fc.boolean()).map(
  ([activation, group, bias, residual]): Case => ({
    inputs: [
      { shape: [1, 2, 4, 5], fill: "unit" },
      { shape: [4, 2 / group, 3, 3], fill: "unit" },
      bias || residual ? { shape: [4], fill: "unit" } : null,
      ...(residual ? [{ shape: [1, 4, 4, 5] }] : []),
    ],
    attributes: { ...activation, group, kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], dilations: [1, 1] },
  }),
);

export const sweeps: Sweep[] = [
  { op: "com.microsoft.FusedConv", cases, float64: "ONNX Runtime has no float64 kernel" },
];
