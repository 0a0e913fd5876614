/** @file Activations of ONNX Runtime's own domain `com.microsoft`, as its optimiser and its exporters write them. */

import { float, op } from "./op.ts";

export const Gelu = op({
  inputs: ["X"],
  inline: (g, { X }) => [g.op("Gelu", [X])],
});

export const FastGelu = op({
  inputs: ["X", "bias?"],
  inline: (g, { X, bias }) => [g.op("Gelu", [bias ? g.add(X, bias) : X], { approximate: "tanh" })],
});

export const BiasGelu = op({
  inputs: ["A", "B"],
  inline: (g, { A, B }) => [g.op("Gelu", [g.add(A, B)])],
});

export const QuickGelu = op({
  inputs: ["X"],
  attributes: { alpha: float(1.702) },
  inline: (g, { X }, { alpha }) => [g.op("Swish", [X], { alpha })],
});
