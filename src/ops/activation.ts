/** @file Activation functions. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { elementwise } from "./evaluate.ts";
import { float, op, string } from "./op.ts";

/**
 * 1 where y > 0, else 0, for y ≥ 0. A clipped, steep line is one operator that runs in parallel and in whatever layout y
 * has; ONNX Runtime has it in float32 only, and two casts are the next best.
 */
const isPositive = (g: Builder, y: Value): Value =>
  y.dtype === "float32" ? g.op("HardSigmoid", [y], { alpha: 1e30, beta: 0 }) : g.cast(g.cast(y, "bool"), y.dtype);

export const Relu = op({
  inputs: ["X"],
  infer: ({ X }) => [X],
  // dy where y > 0
  vjp: { X: ({ g, y, dy }) => g.mul(dy, isPositive(g, y)) },
  evaluate: elementwise((x) => Math.max(x, 0)),
});

export const LeakyRelu = op({
  inputs: ["X"],
  attributes: { alpha: float(0.01) },
  infer: ({ X }) => [X],
  vjp: { X: ({ g, X, dy }, { alpha }) => g.where(g.op("Less", [X, 0]), g.mul(dy, alpha), dy) },
});

export const PRelu = op({
  inputs: ["X", "slope"],
  infer: ({ X }) => [X],
  vjp: {
    X: ({ g, X, slope, dy }) => g.where(g.op("Less", [X, 0]), g.mul(dy, slope), dy),
    slope: ({ g, X, dy }) => g.mul(dy, g.op("Min", [X, 0])),
  },
});

export const Elu = op({
  inputs: ["X"],
  attributes: { alpha: float(1) },
  infer: ({ X }) => [X],
  // y = α (eˣ − 1) below 0, dy/dx = y + α
  vjp: { X: ({ g, X, y, dy }, { alpha }) => g.where(g.op("Less", [X, 0]), g.mul(dy, g.add(y, alpha)), dy) },
});

export const Selu = op({
  inputs: ["X"],
  attributes: { alpha: float(1.6732631921768188), gamma: float(1.0507010221481323) },
  // γ elu(x; α)
  inline: (g, { X }, { alpha, gamma }) => [g.mul(g.op("Elu", [X], { alpha }), gamma)],
});

export const Celu = op({
  inputs: ["X"],
  attributes: { alpha: float(1) },
  // α elu(x / α; 1)
  inline: (g, { X }, { alpha }) => [g.mul(g.op("Elu", [g.div(X, alpha)]), alpha)],
});

export const ThresholdedRelu = op({
  inputs: ["X"],
  attributes: { alpha: float(1) },
  inline: (g, { X }, { alpha }) => [g.mul(X, g.mask(X, "Greater", alpha))],
});

export const Shrink = op({
  inputs: ["input"],
  attributes: { bias: float(0), lambd: float(0.5) },
  // x + b below −λ, x − b above λ, 0 between
  inline: (g, { input: x }, { bias, lambd }) => [
    g.where(g.op("Less", [x, -lambd]), g.add(x, bias), g.where(g.op("Greater", [x, lambd]), g.sub(x, bias), 0)),
  ],
});

export const Sigmoid = op({
  inputs: ["X"],
  infer: ({ X }) => [X],
  // y = σ(x), dy/dx = y (1 − y)
  vjp: { X: ({ g, y, dy }) => g.mul(dy, g.mul(y, g.sub(1, y))) },
  evaluate: elementwise((x) => 1 / (1 + Math.exp(-x))),
});

export const HardSigmoid = op({
  inputs: ["X"],
  attributes: { alpha: float(0.2), beta: float(0.5) },
  infer: ({ X }) => [X],
  // α where 0 < y < 1, that is where y (1 − y) is not 0
  vjp: {
    X: ({ g, y, dy }, { alpha }) => {
      const inside = g.cast(g.cast(g.mul(y, g.sub(1, y)), "bool"), y.dtype);
      return g.mul(g.mul(dy, alpha), inside);
    },
  },
});

export const HardSwish = op({
  inputs: ["X"],
  inline: (g, { X }) => [g.mul(X, g.op("HardSigmoid", [X], { alpha: 1 / 6, beta: 0.5 }))],
});

export const Swish = op({
  inputs: ["X"],
  attributes: { alpha: float(1) },
  inline: (g, { X }, { alpha }) => [g.mul(X, g.op("Sigmoid", [g.mul(X, alpha)]))],
});

export const Softplus = op({
  inputs: ["X"],
  infer: ({ X }) => [X],
  // y = log(1 + eˣ), dy/dx = σ(x)
  vjp: { X: ({ g, X, dy }) => g.mul(dy, g.op("Sigmoid", [X])) },
});

export const Softsign = op({
  inputs: ["input"],
  // x / (1 + |x|)
  inline: (g, { input: x }) => [g.div(x, g.add(g.op("Abs", [x]), 1))],
});

export const Mish = op({
  inputs: ["X"],
  inline: (g, { X }) => [g.mul(X, g.op("Tanh", [g.op("Softplus", [X])]))],
});

/** √(2/π), and the weight of x³ in the tanh approximation of Gelu (Hendrycks & Gimpel 2016). */
const A = Math.sqrt(2 / Math.PI);
const C = 0.044715;

export const Gelu = op({
  inputs: ["X"],
  attributes: { approximate: string("none") },
  infer: ({ X }, { approximate }, { fail }) =>
    approximate === "none" || approximate === "tanh"
      ? [X]
      : fail(`expected the approximation 'none' or 'tanh', got '${approximate}'`),
  vjp: {
    X: ({ g, X: x, dy }, { approximate }) => {
      const xx = g.square(x);
      if (approximate === "none") {
        // y = x Φ(x):  dy/dx = Φ(x) + x φ(x),  Φ(x) = (1 + erf(x/√2)) / 2,  φ(x) = exp(−x²/2) / √2π
        const cdf = g.mul(g.add(g.op("Erf", [g.mul(x, Math.SQRT1_2)]), 1), 0.5);
        const density = g.mul(g.exp(g.mul(xx, -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return g.mul(dy, g.add(cdf, g.mul(x, density)));
      }
      // y = x h, h = (1 + tanh u) / 2, u = a (x + c x³):  dy/dx = h + 2 x h (1 − h) u′,  u′ = a (1 + 3 c x²)
      const u = g.mul(g.mul(x, g.add(g.mul(xx, C), 1)), A);
      const h = g.mul(g.add(g.op("Tanh", [u]), 1), 0.5);
      const slope = g.add(g.mul(xx, 6 * A * C), 2 * A);
      return g.mul(dy, g.add(h, g.mul(g.mul(x, slope), g.mul(h, g.sub(1, h)))));
    },
  },
});
