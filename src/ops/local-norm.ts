/** @file Normalisation by the size of neighbours or of the whole: LRN, Lp, root mean square, mean and variance. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { alongAxis, type Matrix, transposeMatrix } from "./axis-matrix.ts";
import { float, int, ints, op } from "./op.ts";
import { axisIn, range } from "./shapes.ts";

/** Which channels c' count for channel c: [c − ⌊(size − 1)/2⌋, c + ⌈(size − 1)/2⌉]. */
const neighbourhood = (channels: number, size: number): Matrix =>
  range(channels).map((c) =>
    range(channels).map(
      (other) => +(other >= c - Math.floor((size - 1) / 2) && other <= c + Math.ceil((size - 1) / 2)),
    ),
  );

export const LRN = op({
  inputs: ["X"],
  attributes: { alpha: float(1e-4), beta: float(0.75), bias: float(1), size: int(1) },
  infer: ({ X }) => [X],
  // y = x s^−β with s = k + (α/n) B x², B the band of neighbours:  x̄ = ȳ s^−β − (2αβ/n) x Bᵀ(ȳ x s^−β−1)
  vjp: {
    X: ({ g, dy, X }, { alpha, beta, bias, size }) => {
      const band = neighbourhood(X.shape[1]!, size);
      const s = g.add(g.mul(alongAxis(g, g.square(X), 1, band), alpha / size), bias);
      const direct = g.mul(dy, g.op("Pow", [s, -beta]));
      const spread = alongAxis(g, g.div(g.mul(direct, X), s), 1, transposeMatrix(band));
      return g.sub(direct, g.mul(g.mul(X, spread), (2 * alpha * beta) / size));
    },
  },
});

export const LpNormalization = op({
  inputs: ["input"],
  attributes: { axis: int(-1), p: int(2) },
  inline: (g, { input }, { axis, p }) => {
    const axes = [axisIn(axis, input.shape.length)];
    const norm = p === 1 ? g.sum(g.op("Abs", [input]), axes) : g.sqrt(g.sum(g.square(input), axes));
    return [g.div(input, norm)];
  },
});

export const MeanVarianceNormalization = op({
  inputs: ["X"],
  attributes: { axes: ints([0, 2, 3]) },
  inline: (g, { X }, { axes }) => {
    const centred = g.sub(X, g.mean(X, axes));
    const deviation = g.sqrt(g.mean(g.square(centred), axes));
    return [g.div(centred, g.add(deviation, 1e-9))];
  },
});

/** x / √(mean x² + ε) · scale over the axes from `axis` on. */
function rootMeanSquare(g: Builder, x: Value, scale: Value, axis: number, epsilon: number): Value {
  const axes = range(x.shape.length).slice(axisIn(axis, x.shape.length));
  return g.mul(g.div(x, g.sqrt(g.add(g.mean(g.square(x), axes), epsilon))), scale);
}

export const RMSNormalization = op({
  inputs: ["X", "scale"],
  attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  inline: (g, { X, scale }, { axis, epsilon }) => [rootMeanSquare(g, X, scale, axis, epsilon)],
});

export const SimplifiedLayerNormalization = op({
  inputs: ["X", "scale"],
  attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  inline: (g, { X, scale }, { axis, epsilon }) => [rootMeanSquare(g, X, scale, axis, epsilon)],
});
