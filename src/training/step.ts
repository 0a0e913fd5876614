/** @file One training step as one graph: forward, loss, backward, update; parameters and optimiser state in and out. */

import { gradient } from "../autodiff/gradient.ts";
import type { Builder } from "../graph/builder.ts";
import { emptyGraph, type Graph, type SourceValue, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { clipByNorm, globalNorm, movingAverage } from "../optimise/gradients.ts";
import { initialState, type Named, type Optimiser } from "../optimise/optimiser.ts";
import { type Shape, type Tensor, zeros } from "../tensor/tensor.ts";
import {
  type Adversary,
  type AscentInputs,
  type Attacked,
  ascend,
  attackedShape,
  expectAdversary,
} from "./adversary.ts";
import { batchNormRules } from "./batch-norm.ts";
import { type FormOptions, trainingForm } from "./form.ts";
import { crossEntropy } from "./loss.ts";
import { batchShape, type ClassifierNet, classify, classifyPictures } from "./net.ts";
import type { Parameter, ParameterKind } from "./parameters.ts";

export interface StepOptions extends FormOptions {
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
  /** Learns from attacked pictures in place of the pictures themselves; none by default. */
  readonly adversary?: Adversary | undefined;
}

export interface StepGraph {
  /**
   * Inputs `images` (uint8 [batch, height, width, 3]), `targets` ([batch, classes], rows of sum 1), the training state by
   * its names, `scalar.…`, `noise.…`, with an adversary `change` ([batch, C, height, width], where its last step begins);
   * outputs `loss`, `logits`, `norm` (where clipped) and the next state as `next.…`.
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
  const { net, parameters, adversary, accumulate = 1 } = options;
  const g = builderOf(emptyGraph("step"));
  const { images, targets, values, constants } = inputsOf(g, options);
  const attacked = adversary && attackOf(g, options, { images, targets, constants }).pictures;
  const training = trainingForm(g, net.source, options);
  const form = { constants, emit: training.emit };
  const logits = attacked ? classifyPictures(g, net, attacked, form) : classify(g, net, images, form);
  const { loss, slope } = crossEntropy(g, logits, targets(logits));

  const current = learnt(parameters);
  const seed = g.mul(slope, 1 / accumulate);
  const wrt = current.map(({ value }) => values.get(value)!);
  const rules = batchNormRules(training.normalised);
  let gradients = gradient(g, logits, wrt, { seed, rules, ...(attacked && { fixed: [attacked] }) });
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

/**
 * One step of the adversary before another follows: `images`, `targets`, `change` and the parameters of a training state to
 * `next.change`.
 */
export function ascentGraph(options: StepOptions): Graph {
  const g = builderOf(emptyGraph("ascent"));
  const { origin, pictures } = attackOf(g, options, inputsOf(g, options));
  g.output(g.sub(pictures, origin), "next.change");
  return g.graph;
}

function inputsOf(g: Builder, { parameters, batch, size }: StepOptions) {
  const images = g.input("images", "uint8", batchShape(batch, size));
  const values = new Map(
    parameters.map(({ name, value, start }) => [value, g.input(`parameter.${name}`, "float32", start.dims)]),
  );
  let rows: Value | undefined;
  const targets = (logits: Value): Value => (rows ??= g.input("targets", "float32", logits.shape));
  return { images, targets, values, constants: (v: SourceValue) => values.get(v) };
}

function attackOf(
  g: Builder,
  { net, adversary, batch, size }: StepOptions,
  inputs: Omit<AscentInputs, "change">,
): Attacked {
  const shape = attackedShape(net, batch, size);
  expectAdversary(adversary!, shape);
  const change = g.input("change", "float32", shape);
  return ascend(g, net, adversary!, { ...inputs, change });
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
