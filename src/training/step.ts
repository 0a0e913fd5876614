/** @file One training step as one graph: forward, loss, backward, update; parameters and optimiser state in and out. */

import { gradient } from "../autodiff/gradient.ts";
import type { Builder } from "../graph/builder.ts";
import { emptyGraph, type Graph, type SourceGraph, type SourceNode, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { clipByNorm, globalNorm, movingAverage } from "../optimise/gradients.ts";
import { initialState, type Named, type Optimiser } from "../optimise/optimiser.ts";
import type { EmitNode } from "../passes/specialise.ts";
import { type Shape, type Tensor, toNumbers, zeros } from "../tensor/tensor.ts";
import { batchNormRules, type TrainedBatchNorm, trainBatchNorm } from "./batch-norm.ts";
import { dropout } from "./dropout.ts";
import { crossEntropy } from "./loss.ts";
import { batchShape, type ClassifierNet, classify, headOf } from "./net.ts";
import type { Parameter, ParameterKind } from "./parameters.ts";

export interface StepOptions {
  readonly net: ClassifierNet;
  readonly parameters: readonly Parameter[];
  /** Pictures that go through the net at once, and their height and width. */
  readonly batch: number;
  readonly size: readonly [number, number];
  /** Update rule by kind of parameter; all take the same scalars. */
  readonly optimiser: (kind: ParameterKind) => Optimiser;
  /** Batches whose gradients are averaged before an update; default 1. */
  readonly accumulate?: number;
  /** Largest norm of all gradients together; unlimited by default, and the norm is then not computed. */
  readonly clip?: number;
  /** Also keep a moving average of all parameters, for use after training. Default false. */
  readonly average?: boolean;
  /** Rate of dropout in front of the last layer; default 0. Dropout nodes of the file keep their own rate. */
  readonly dropout?: number;
  /** How fast running averages follow the batches; default 0.1. */
  readonly momentum?: number;
}

export interface StepGraph {
  /**
   * Inputs `images` (uint8 [batch, height, width, 3]), `targets` ([batch, classes], rows of sum 1), the training state by
   * its names, `scalar.…`, `noise.…`; outputs `loss`, `logits`, `norm` (where clipped) and the next state as `next.…`.
   */
  readonly graph: Graph;
  /** Uniform numbers in 0…1 that the step wants, by input name. */
  readonly noise: Named<Shape>;
}

/** The training state: `parameter.NAME`, `state.SLOT.NAME`, `average.NAME`; all float32, to and from the step's graph. */
export type TrainingState = Named<Tensor>;

/** State before the first step: weights as they are in the file, their averages the same, the rest zeros. */
export function startState({ parameters, optimiser, average = false }: StepOptions): TrainingState {
  const entries = parameters.flatMap(({ name, kind, start }) => [
    [`parameter.${name}`, start] as const,
    ...(average ? [[`average.${name}`, start] as const] : []),
    ...(kind === "running" ? [] : Object.entries(initialState(optimiser(kind), start.dims))).map(
      ([slot, t]) => [`state.${slot}.${name}`, t] as const,
    ),
  ]);
  return Object.fromEntries(entries);
}

/** Sums of gradients before the first of several batches. */
export const startSums = ({ parameters }: StepOptions): TrainingState =>
  Object.fromEntries(learnt(parameters).map(({ name, start }) => [`sum.${name}`, zeros("float32", start.dims)]));

const learnt = (parameters: readonly Parameter[]): Parameter[] => parameters.filter(({ kind }) => kind !== "running");

/**
 * The graph of a step. With `accumulate` > 1, all batches but the last of a step run through the graph of phase `collect`,
 * which adds to `sum.NAME`; that of phase `update` then starts from those sums.
 */
export function stepGraph(options: StepOptions, phase: "collect" | "update" = "update"): StepGraph {
  const { net, parameters, accumulate = 1 } = options;
  const g = builderOf(emptyGraph("step"));
  const images = g.input("images", "uint8", batchShape(options.batch, options.size));
  const values = new Map(
    parameters.map(({ name, value, start }) => [value, g.input(`parameter.${name}`, "float32", start.dims)]),
  );
  const training = trainingForm(g, net.source, options);
  const logits = classify(g, net, images, { constants: (v) => values.get(v), emit: training.emit });
  const targets = g.input("targets", "float32", logits.shape);
  const { loss, slope } = crossEntropy(g, logits, targets);

  const current = learnt(parameters);
  const seed = g.mul(slope, 1 / accumulate);
  const wrt = current.map(({ value }) => values.get(value)!);
  const rules = batchNormRules(training.normalised);
  let gradients = gradient(g, logits, wrt, { seed, rules });
  if (accumulate > 1)
    gradients = gradients.map((dw, i) => g.add(g.input(`sum.${current[i]!.name}`, "float32", dw.shape), dw));

  const next = new Map<Parameter, Value>();
  for (const p of parameters) {
    const moved = training.running.get(values.get(p.value)!);
    if (p.kind === "running") next.set(p, moved ?? values.get(p.value)!);
  }
  if (phase === "collect") for (const [i, { name }] of current.entries()) g.output(gradients[i]!, `next.sum.${name}`);
  else {
    if (options.clip !== undefined) {
      const norm = globalNorm(g, gradients);
      gradients = clipByNorm(g, gradients, norm, options.clip);
      g.output(norm, "norm");
    }
    const scalars = scalarInputs(g, options);
    for (const [i, p] of current.entries())
      next.set(p, update(g, options.optimiser(p.kind), p, values.get(p.value)!, gradients[i]!, scalars));
    if (options.average) {
      const decay = g.input("scalar.average", "float32", []);
      for (const [{ name, start }, value] of next) {
        const average = g.input(`average.${name}`, "float32", start.dims);
        g.output(movingAverage(g, average, value, decay), `next.average.${name}`);
      }
    }
  }
  for (const [{ name }, value] of next) g.output(value, `next.parameter.${name}`);
  g.output(loss, "loss");
  g.output(logits, "logits");
  return { graph: g.graph, noise: training.noise };
}

function scalarInputs(g: Builder, { optimiser }: StepOptions): Named<Value> {
  const names = Object.keys(optimiser("weight").scalars(0));
  return Object.fromEntries(names.map((name) => [name, g.input(`scalar.${name}`, "float32", [])]));
}

/** Adds the update of one parameter and hands out its next state; gives its next value. */
function update(
  g: Builder,
  optimiser: Optimiser,
  { name, start }: Parameter,
  value: Value,
  slope: Value,
  scalars: Named<Value>,
): Value {
  const state = Object.fromEntries(
    optimiser.state.map((slot) => [slot, g.input(`state.${slot}.${name}`, "float32", start.dims)]),
  );
  const next = optimiser.update(g, value, slope, state, scalars);
  for (const slot of optimiser.state) g.output(next.state[slot]!, `next.state.${slot}.${name}`);
  return next.parameter;
}

interface TrainingForm {
  readonly emit: EmitNode;
  /** Normalisations with the statistics of the batch. */
  readonly normalised: readonly TrainedBatchNorm[];
  /** Running averages after this batch, by those before it. */
  readonly running: ReadonlyMap<Value, Value>;
  readonly noise: Named<Shape>;
}

/** How nodes differ in training: normalisations whose averages are among the parameters, dropout. */
function trainingForm(g: Builder, source: SourceGraph, options: StepOptions): TrainingForm {
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
