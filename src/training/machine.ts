/** @file Runs training steps: feeds the state, the scalars of the schedule and seeded noise, and takes the next state. */

import type { Batch } from "../data/dataset.ts";
import type { Graph } from "../graph/graph.ts";
import { averageDecay } from "../optimise/gradients.ts";
import { type CompileOptions, compile, type Program } from "../runtime/compile.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { fromNumbers, sizeOf, type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import { attackedShape, startChange } from "./adversary.ts";
import { ascentGraph, type StepGraph, type StepOptions, startSums, stepGraph, type TrainingState } from "./step.ts";

type StepBatch = Pick<Batch, "images" | "targets">;

/** The programs of a step with all that the host adds to each run. */
export interface Machine {
  /** One update from `accumulate` batches. */
  step(
    at: { readonly step: number; readonly state: TrainingState },
    batches: readonly StepBatch[],
  ): Promise<{ state: TrainingState; loss: number; accuracy: number; norm?: number }>;
  dispose(): Promise<void>;
}

export interface MachineOptions extends CompileOptions {
  /** Of dropout and of where attacks begin; a step's noise depends on this and on the step's number alone. */
  readonly seed: number;
  /** Limit of the decay of the weights' moving average. */
  readonly average?: number | undefined;
}

/** Compiles what a step needs. */
export async function assemble(step: StepOptions, options: MachineOptions): Promise<Machine> {
  const { adversary, accumulate = 1 } = step;
  const { seed, average = 0, ...device } = options;
  const programs: Program[] = [];
  const compiledGraph = async (graph: Graph): Promise<Program> => {
    const program = await compile(graph, device);
    programs.push(program);
    return program;
  };
  const compiled = async (made: StepGraph) => ({ program: await compiledGraph(made.graph), made });
  const update = await compiled(stepGraph(step, "update"));
  const collect = accumulate > 1 ? await compiled(stepGraph(step, "collect")) : undefined;
  const ascent = adversary && adversary.steps > 1 ? await compiledGraph(ascentGraph(step)) : undefined;
  const pictures = attackedShape(step.net, step.batch, step.size);
  /** Where the last step of an attack begins; that step is part of the training step. */
  const attacked = async (batch: StepBatch, state: TrainingState, random: Rng): Promise<Record<string, Tensor>> => {
    if (!adversary) return {};
    let change: Tensor = startChange(adversary, pictures, random);
    const { images, targets } = batch;
    for (let i = 1; i < adversary.steps; i++)
      change = (await ascent!.run({ images, targets, change, ...state }))["next.change"]!;
    return { change };
  };
  const optimiser = step.optimiser("weight");
  const scalarsAt = (n: number): Record<string, Tensor> => {
    const all = { ...optimiser.scalars(n), average: averageDecay(average, n) };
    return Object.fromEntries(
      Object.entries(all).map(([name, x]) => [`scalar.${name}`, fromNumbers("float32", [x], [])]),
    );
  };
  return {
    async step(at, batches) {
      const random = rng(seed).fork("noise").fork(at.step);
      let state: TrainingState = at.state;
      let sums = collect ? startSums(step) : {};
      const losses: number[] = [];
      const accuracies: number[] = [];
      let norm: number | undefined;
      for (const [i, batch] of batches.entries()) {
        const { images, targets } = batch;
        const last = i === batches.length - 1;
        const { program, made } = last || !collect ? update : collect;
        const noise = Object.entries(made.noise).map(([name, shape]) => {
          const data = random.fork(`${i} ${name}`).fillUniform(new Float32Array(sizeOf(shape)));
          return [name, tensor("float32", shape, data)] as const;
        });
        const change = await attacked(batch, state, random.fork(`${i} change`));
        const inputs = {
          images,
          targets,
          ...change,
          ...state,
          ...sums,
          ...scalarsAt(at.step),
          ...Object.fromEntries(noise),
        };
        const out = await program.run(inputs);
        const next = nextOf(out);
        sums = Object.fromEntries(Object.keys(sums).map((name) => [name, next[name] ?? sums[name]!]));
        state = Object.fromEntries(Object.keys(state).map((name) => [name, next[name] ?? state[name]!]));
        losses.push(toNumbers(out.loss!)[0]!);
        accuracies.push(agreement(out.logits!, targets));
        if (out.norm) norm = toNumbers(out.norm)[0]!;
      }
      return {
        state,
        loss: mean(losses),
        accuracy: mean(accuracies),
        ...(norm !== undefined && { norm }),
      };
    },
    async dispose() {
      for (const program of programs) await program.dispose();
    },
  };
}

/** `next.NAME` outputs by NAME. */
const nextOf = (out: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(out).flatMap(([name, t]) => (name.startsWith("next.") ? [[name.slice("next.".length), t]] : [])),
  );

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

/** Part of the rows whose largest logit and largest target are at the same place; empty rows do not count. */
function agreement(logits: Tensor, targets: Tensor<"float32">): number {
  const width = targets.dims[1]!;
  const row = (t: Tensor, i: number): Float32Array => (t.data as Float32Array).subarray(i * width, (i + 1) * width);
  let [rows, right] = [0, 0];
  for (let i = 0; i < targets.dims[0]!; i++) {
    const wanted = row(targets, i);
    const top = Math.max(...wanted);
    if (top === 0) continue;
    rows++;
    const z = row(logits, i);
    if (wanted[z.indexOf(Math.max(...z))] === top) right++;
  }
  return rows === 0 ? Number.NaN : right / rows;
}
