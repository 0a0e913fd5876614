/** @file Batch, instance, layer and group normalisation. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { normalizationAdjoint, normalized } from "./normalization-adjoint.ts";
import { float, int, op, type RuleContext, resolve, type VjpContext } from "./op.ts";
import { axisIn, range, type } from "./shapes.ts";

/** A per-channel vector [C] in the shape [1, C, 1, …] that broadcasts against `like`. */
const perChannel = (g: Builder, v: Value, like: Value): Value =>
  g.reshape(v, [1, v.shape[0]!, ...like.shape.slice(2).map(() => 1)]);

const spatialAxes = (X: Value): number[] => range(X.shape.length).slice(2);
const overChannels = (g: Builder, v: Value): Value => g.sum(v, [0, ...spatialAxes(v)], false);

type BatchNorm = VjpContext & {
  readonly X: Value;
  readonly scale: Value;
  readonly input_mean: Value;
  readonly input_var: Value;
};

/** r = 1 / √(σ² + ε) per channel. */
const inverseDeviation = ({ g, input_var }: BatchNorm, epsilon: number): Value =>
  g.div(1, g.sqrt(g.add(input_var, epsilon)));

/** Σ ȳ (x − μ) per channel. */
const momentAdjoint = ({ g, X, dy, input_mean }: BatchNorm): Value =>
  overChannels(g, g.mul(dy, g.sub(X, perChannel(g, input_mean, X))));

export const BatchNormalization = op({
  inputs: ["X", "scale", "B", "input_mean", "input_var"],
  attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
  // With batch statistics it is a composition; beside Y come the running mean and variance.
  upgrade: (g, { inputs, attributes }) => {
    if (!attributes.training_mode) return undefined;
    const [X, scale, B, mean, variance] = inputs as readonly [Value, Value, Value, Value, Value];
    const { epsilon, momentum } = resolve(BatchNormalization, attributes) as { epsilon: number; momentum: number };
    const axes = [0, ...spatialAxes(X)];
    const batchMean = g.mean(X, axes);
    const batchVariance = g.mean(g.square(g.sub(X, batchMean)), axes);
    const running = (old: Value, now: Value): Value =>
      g.add(g.mul(old, momentum), g.mul(g.reshape(now, old.shape), 1 - momentum));
    return [
      affine(g, normalized(g, X, axes, epsilon), perChannel(g, scale, X), perChannel(g, B, X)),
      running(mean, batchMean),
      running(variance, batchVariance),
    ];
  },
  infer: ({ X, scale, ...statistics }, { training_mode }, { fail }) => {
    if (training_mode) fail("a graph holds only the inference form");
    for (const v of [scale, ...Object.values(statistics)])
      if (v.shape.length !== 1 || v.shape[0] !== (X.shape[1] ?? 1))
        fail(`input [${X.shape}] has ${X.shape[1] ?? 1} channels, '${v.name}' is [${v.shape}]`);
    return [X];
  },
  // y = γ (x − μ) r + β
  vjp: {
    X: (c, { epsilon }) => c.g.mul(c.dy, perChannel(c.g, c.g.mul(c.scale, inverseDeviation(c, epsilon)), c.X)),
    scale: (c, { epsilon }) => c.g.mul(momentAdjoint(c), inverseDeviation(c, epsilon)),
    B: ({ g, dy }) => overChannels(g, dy),
    input_mean: (c, { epsilon }) =>
      c.g.neg(c.g.mul(overChannels(c.g, c.dy), c.g.mul(c.scale, inverseDeviation(c, epsilon)))),
    // ∂r/∂σ² = −r³/2
    input_var: (c, { epsilon }) => {
      const r = inverseDeviation(c, epsilon);
      const cube = c.g.mul(c.g.square(r), r);
      return c.g.mul(c.g.mul(momentAdjoint(c), c.g.mul(c.scale, cube)), -0.5);
    },
  },
});

const affine = (g: Builder, x: Value, scale: Value, shift: Value): Value => g.add(g.mul(x, scale), shift);

export const InstanceNormalization = op({
  inputs: ["input", "scale", "B"],
  attributes: { epsilon: float(1e-5) },
  infer: ({ input, scale, B }, _, { fail }) => {
    if (input.shape.length < 3 || scale.shape[0] !== input.shape[1] || B.shape[0] !== input.shape[1])
      fail(`scale [${scale.shape}] and B [${B.shape}] do not fit the channels of [${input.shape}]`);
    return [input];
  },
  vjp: {
    input: ({ g, dy, input, scale }, { epsilon }) =>
      normalizationAdjoint(g, input, g.mul(dy, perChannel(g, scale, input)), spatialAxes(input), epsilon),
    scale: ({ g, dy, input }, { epsilon }) =>
      overChannels(g, g.mul(dy, normalized(g, input, spatialAxes(input), epsilon))),
    B: ({ g, dy }) => overChannels(g, dy),
  },
});

/** The axes from `axis` on. */
const trailing = (X: Value, axis: number): number[] => range(X.shape.length).slice(axisIn(axis, X.shape.length));

/** The rules know the cotangent of Y alone. */
function onlyY(grads: readonly (Value | undefined)[], { fail }: Pick<RuleContext, "fail">): void {
  if (grads.slice(1).some((v) => v)) fail("only the first output has a gradient; use ReduceMean for the statistics");
}

export const LayerNormalization = op({
  inputs: ["X", "Scale", "B?"],
  attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  infer: ({ X }, { axis }, { outputs }) => {
    const first = axisIn(axis, X.shape.length);
    const statistics = type(
      X.dtype,
      X.shape.map((d, i) => (i < first ? d : 1)),
    );
    return [X, statistics, statistics].slice(0, outputs);
  },
  vjp: {
    X: ({ g, dy, grads, X, Scale, ...c }, { axis, epsilon }) => {
      onlyY(grads, c);
      return normalizationAdjoint(g, X, g.mul(dy, Scale), trailing(X, axis), epsilon);
    },
    Scale: ({ g, dy, X }, { axis, epsilon }) => g.mul(dy, normalized(g, X, trailing(X, axis), epsilon)),
    B: ({ dy }) => dy,
  },
});

/** X̂ of [N, C, …] in `groups` groups of channels: one instance per group. */
function groupNormalized(g: Builder, X: Value, groups: number, epsilon: number): Value {
  const [N, C] = X.shape as [number, number];
  const perGroup = (C / groups) * sizeOf(X.shape.slice(2));
  const one = g.expand(g.scalar(1, X.dtype), [groups]);
  const zero = g.expand(g.scalar(0, X.dtype), [groups]);
  const instances = g.reshape(X, [N, groups, perGroup]);
  return g.reshape(g.op("InstanceNormalization", [instances, one, zero], { epsilon }), X.shape);
}

export const GroupNormalization = op({
  inputs: ["X", "scale", "bias"],
  attributes: { epsilon: float(1e-5), num_groups: int(1), stash_type: int(1) },
  // Until opset 21 scale and bias had one entry per group.
  upgrade: (g, { inputs, attributes, opset }) => {
    if (opset >= 21) return undefined;
    const [X, ...perGroup] = inputs as readonly [Value, Value, Value];
    const [scale, bias] = perGroup.map((v) => {
      const groups = v.shape[0]!;
      const repeated = [groups, (X.shape[1] ?? 1) / groups];
      return g.reshape(g.expand(g.reshape(v, [groups, 1]), repeated), [X.shape[1]!]);
    });
    return [g.op("GroupNormalization", [X, scale!, bias!], attributes)];
  },
  inline: (g, { X, scale, bias }, { epsilon, num_groups }, { fail }) => {
    if (X.shape.length < 3 || X.shape[1]! % num_groups !== 0)
      fail(`${num_groups} groups do not divide the channels of [${X.shape}]`);
    return [affine(g, groupNormalized(g, X, num_groups, epsilon), perChannel(g, scale, X), perChannel(g, bias, X))];
  },
});
