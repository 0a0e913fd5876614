/** @file Batch normalisation as it trains: with the statistics of the batch, and running averages for later. */

import type { Rules } from "../autodiff/gradient.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { VjpContext } from "../ops/op.ts";
import { sizeOf } from "../tensor/tensor.ts";

export interface BatchNormOperands {
  /** [N, C, …] */
  readonly X: Value;
  readonly scale: Value;
  readonly B: Value;
  readonly mean: Value;
  readonly variance: Value;
}

export interface TrainedBatchNorm {
  readonly y: Value;
  /** X − μ */
  readonly centred: Value;
  /** Running averages after this batch. */
  readonly mean: Value;
  readonly variance: Value;
}

/**
 * Y = γ (X − μ) r + β with the batch's own mean μ and r = 1/√(σ² + ε), σ² the mean square of X − μ (the difference of
 * two means would cancel). The running averages move by `momentum` towards μ and, as torch has it, the unbiased variance.
 *
 * The node that is added is an ordinary BatchNormalization, one pass over the data; its gradient must be taken with
 * `batchNormRules`.
 */
export function trainBatchNorm(
  g: Builder,
  { X, scale, B, mean, variance }: BatchNormOperands,
  { epsilon = 1e-5, momentum = 0.1 }: { epsilon?: number; momentum?: number } = {},
): TrainedBatchNorm {
  const mu = g.mean(X, overBatch(X));
  const centred = g.sub(X, mu);
  const sigma2 = g.reshape(g.mean(g.square(centred), overBatch(X)), scale.shape);
  const center = g.reshape(mu, scale.shape);
  const y = g.op("BatchNormalization", [X, scale, B, center, sigma2], { epsilon });
  const count = countOf(X);
  const unbiased = g.mul(sigma2, count / Math.max(1, count - 1));
  const moved = (old: Value, now: Value): Value => g.add(g.mul(old, 1 - momentum), g.mul(now, momentum));
  return { y, centred, mean: moved(mean, center), variance: moved(variance, unbiased) };
}

type NormContext = VjpContext & { readonly X: Value; readonly scale: Value; readonly input_var: Value };

/*
 * With D = X − μ, S₁ = Σ Ȳ and S₂ = Σ Ȳ D over the m elements of a channel:
 *
 *   β̄ = S₁        γ̄ = r S₂        X̄ = γ r (Ȳ − S₁/m − D r² S₂/m)
 *
 * (μ and r depend on X too: see normalization-adjoint.ts.) In X̄ all but Ȳ is one scale and shift of D per channel,
 *
 *   X̄ = γ r Ȳ + (b D + c),        b = −γ r³ S₂/m,        c = −γ r S₁/m,
 *
 * which is one more BatchNormalization, of variance 1 and mean 0. D is kept from the forward pass, which X need not be.
 */
const rulesWith = (D: Value): Rules => ({
  X: (context, { epsilon }) => {
    const c = context as NormContext;
    const { g, X, scale, dy } = c;
    const r = inverseDeviation(c, Number(epsilon));
    const a = g.mul(scale, r);
    const m = countOf(X);
    const b = g.mul(g.mul(a, g.square(r)), g.mul(moment(c, D), -1 / m));
    const shift = g.mul(g.mul(a, total(c)), -1 / m);
    const [one, zero] = [1, 0].map((x) => g.expand(g.scalar(x, X.dtype), scale.shape));
    const rest = g.op("BatchNormalization", [D, b, shift, zero!, one!], { epsilon: 0 });
    return g.add(g.mul(dy, perChannel(g, a, X)), rest);
  },
  scale: (context, { epsilon }) => {
    const c = context as NormContext;
    return c.g.mul(moment(c, D), inverseDeviation(c, Number(epsilon)));
  },
  B: (context) => total(context as NormContext),
});

/** Gradient rules of the BatchNormalization nodes that gave `trained`, as `gradient` wants them. */
export function batchNormRules(
  trained: readonly Pick<TrainedBatchNorm, "y" | "centred">[],
): (node: { readonly outputs: readonly (Value | null)[] }) => Rules | undefined {
  const rules = new Map<Value | null | undefined, Rules>(trained.map(({ y, centred }) => [y, rulesWith(centred)]));
  return ({ outputs }) => rules.get(outputs[0]);
}

const inverseDeviation = ({ g, input_var }: NormContext, epsilon: number): Value =>
  g.div(1, g.sqrt(g.add(input_var, epsilon)));

/** S₁ */
const total = ({ g, X, dy }: NormContext): Value => g.sum(dy, overBatch(X), false);

/** S₂ */
const moment = ({ g, X, dy }: NormContext, D: Value): Value => g.sum(g.mul(dy, D), overBatch(X), false);

/** All axes but that of the channels. */
const overBatch = ({ shape }: Value): number[] => shape.flatMap((_, i) => (i === 1 ? [] : [i]));

/** Elements that share a channel. */
const countOf = ({ shape }: Value): number => sizeOf(shape) / shape[1]!;

const perChannel = (g: Builder, v: Value, { shape }: Value): Value =>
  g.reshape(
    v,
    shape.map((d, i) => (i === 1 ? d : 1)),
  );
