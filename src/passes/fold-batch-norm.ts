/** @file Fold batch normalisation: constant scales and shifts behind a convolution go into its weights and bias. */

import type { SourceGraph, SourceNode, SourceValue } from "../graph/graph.ts";
import { cast, type Tensor, tensor } from "../tensor/tensor.ts";

/*
 * Behind a convolution y = W ∗ x + b, a normalisation is γ (y − μ) / √(σ² + ε) + β = s y + t per output channel, so
 *
 *   W' = s W,        b' = s b + β − s μ,        s = γ / √(σ² + ε).
 */

/** Scale, shift, mean and variance: the inputs of a BatchNormalization behind the first. */
type Statistics = readonly [Tensor<"float32">, Tensor<"float32">, Tensor<"float32">, Tensor<"float32">];

/** The same graph without the normalisations that stand right behind a convolution that nothing else reads. */
export function foldBatchNorm(source: SourceGraph): SourceGraph {
  const producer = new Map<SourceValue, SourceNode>();
  const uses = new Map<SourceValue, number>(source.outputs.map((v) => [v, 1]));
  for (const node of source.nodes) {
    for (const v of node.inputs) if (v) uses.set(v, (uses.get(v) ?? 0) + 1);
    for (const v of node.outputs) if (v) producer.set(v, node);
  }
  const constants = new Map(source.constants);
  const folded = new Map<SourceNode, SourceNode>();
  const gone = new Set<SourceNode>();
  for (const norm of source.nodes) {
    const [y] = norm.inputs;
    const conv = y ? producer.get(y) : undefined;
    const statistics = norm.op === "BatchNormalization" ? statisticsOf(source, norm) : undefined;
    if (!y || conv?.op !== "Conv" || !statistics || uses.get(y) !== 1) continue;
    const [W, b] = [constantIn(source, conv, 1), constantIn(source, conv, 2)];
    if (!W || (conv.inputs[2] && !b)) continue;
    const { epsilon = 1e-5 } = norm.attributes;
    const name = conv.inputs[1]!.name;
    const made = scaled(W, b, statistics, Number(epsilon));
    const [weight, bias] = made.map((t, i): SourceValue => {
      const v = { name: i === 0 ? name : biasName(name), dtype: t.dtype, shape: t.dims };
      constants.set(v, t);
      return v;
    });
    folded.set(conv, { ...conv, inputs: [conv.inputs[0]!, weight!, bias!], outputs: [norm.outputs[0]!] });
    gone.add(norm);
  }
  const nodes = source.nodes.filter((n) => !gone.has(n)).map((n) => folded.get(n) ?? n);
  const used = new Set<SourceValue | null>([...source.outputs, ...nodes.flatMap((n) => n.inputs)]);
  return { ...source, nodes, constants: new Map([...constants].filter(([v]) => used.has(v))) };
}

const biasName = (weight: string): string =>
  weight.endsWith(".weight") ? weight.replace(/weight$/, "bias") : `${weight}.bias`;

const constantIn = (source: SourceGraph, node: SourceNode, i: number): Tensor<"float32"> | undefined => {
  const v = node.inputs[i];
  const t = v && source.constants.get(v);
  return t ? cast(t, "float32") : undefined;
};

function statisticsOf(source: SourceGraph, norm: SourceNode): Statistics | undefined {
  const found = [1, 2, 3, 4].flatMap((i) => constantIn(source, norm, i) ?? []);
  const [scale, shift, mean, variance] = found;
  if (!scale || !shift || !mean || !variance || norm.attributes.training_mode === 1) return undefined;
  return [scale, shift, mean, variance];
}

function scaled(
  W: Tensor<"float32">,
  b: Tensor<"float32"> | undefined,
  [scale, shift, mean, variance]: Statistics,
  epsilon: number,
): [Tensor, Tensor] {
  const factors = Array.from(scale.data, (x, c) => x / Math.sqrt(variance.data[c]! + epsilon));
  const perChannel = W.size / factors.length;
  const weight = W.data.map((x, i) => x * factors[Math.floor(i / perChannel)]!);
  const bias = Float32Array.from(factors, (s, c) => shift.data[c]! + s * ((b?.data[c] ?? 0) - mean.data[c]!));
  return [tensor("float32", W.dims, weight), tensor("float32", [bias.length], bias)];
}
