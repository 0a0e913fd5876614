/** @file A net as it trains: normalisations with the statistics of the batch, dropout, and what both want from the host. */

import type { Builder } from "../graph/builder.ts";
import type { SourceGraph, SourceNode, Value } from "../graph/graph.ts";
import type { EmitNode } from "../passes/specialise.ts";
import { type Shape, toNumbers } from "../tensor/tensor.ts";
import { type TrainedBatchNorm, trainBatchNorm } from "./batch-norm.ts";
import { dropout } from "./dropout.ts";
import { headOf } from "./net.ts";

export interface FormOptions {
  /** Rate of dropout in front of the last layer; default 0. Dropout nodes of the file keep their own rate. */
  readonly dropout?: number;
  /** How fast running averages follow the batches; default 0.1. */
  readonly momentum?: number;
}

export interface TrainingForm {
  readonly emit: EmitNode;
  /** Normalisations with the statistics of the batch. */
  readonly normalised: readonly TrainedBatchNorm[];
  /** Running averages after this batch, by those before it. */
  readonly running: ReadonlyMap<Value, Value>;
  /** Uniform numbers in 0…1 that dropout wants, by input name. */
  readonly noise: Readonly<Record<string, Shape>>;
}

/** How nodes differ in training: normalisations whose averages are among the parameters, dropout. */
export function trainingForm(g: Builder, source: SourceGraph, options: FormOptions): TrainingForm {
  const { dropout: headRate = 0, momentum = 0.1 } = options;
  const head = headRate > 0 ? headOf(source) : undefined;
  const normalised: TrainedBatchNorm[] = [];
  const running = new Map<Value, Value>();
  const noise: Record<string, Shape> = {};
  const drop = (x: Value, rate: number): Value => {
    if (rate === 0) return x;
    const name = `noise.${Object.keys(noise).length}`;
    noise[name] = x.shape;
    return dropout(g, x, g.input(name, x.dtype, x.shape), rate);
  };
  const emit: EmitNode = (node, inputs, plain) => {
    if (node === head) return plain([drop(inputs[0]!, headRate), ...inputs.slice(1)]);
    if (node.op === "Dropout") return [drop(inputs[0]!, rateOf(g, node, inputs))];
    const [X, scale, B, mean, variance] = inputs;
    if (node.op !== "BatchNormalization" || !X || !scale || !B || !mean || !variance) return undefined;
    if (g.constantOf(mean)) return undefined;
    const { epsilon } = node.attributes;
    const trained = trainBatchNorm(
      g,
      { X, scale, B, mean, variance },
      { momentum, ...(typeof epsilon === "number" && { epsilon }) },
    );
    normalised.push(trained);
    running.set(mean, trained.mean).set(variance, trained.variance);
    return [trained.y];
  };
  return { emit, normalised, running, noise };
}

/** Default 0.5, as ONNX has it. */
function rateOf(g: Builder, { attributes }: SourceNode, [, ratio]: readonly (Value | null)[]): number {
  const known = ratio && g.constantOf(ratio);
  if (known) return toNumbers(known)[0]!;
  return typeof attributes.ratio === "number" ? attributes.ratio : 0.5;
}
