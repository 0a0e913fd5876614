/** @file Trains a net: epochs of steps, streamed, that can be stopped at any step and go on later in the same way. */

import type { Batch } from "../data/dataset.ts";
import { expect } from "../error.ts";
import { badWeights } from "../model/weights.ts";
import { sourceBytes } from "../nets/net.ts";
import type { Schedule } from "../optimise/schedule.ts";
import { type CompileOptions, contentHash } from "../runtime/compile.ts";
import { expectSame, type Snapshot } from "./checkpoint.ts";
import { BadAnswers } from "./evaluate.ts";
import { assemble } from "./machine.ts";
import { type TrainableOptions, trainable } from "./parameters.ts";
import { type StepOptions, startState } from "./step.ts";
import { type Validation, type ValidationSet, validate } from "./validate.ts";

/** Batches of `StepOptions.batch` pictures; the same ones for the same epoch, however they are loaded. */
export interface TrainingSet {
  /** Batches in an epoch. */
  readonly batches: number;
  /** Those of an epoch, from batch number `from` on. */
  readonly epoch: (epoch: number, from: number) => AsyncIterable<Pick<Batch, "images" | "labels" | "targets">>;
}

export interface FitOptions extends Omit<StepOptions, "parameters" | "average">, CompileOptions, TrainableOptions {
  readonly data: TrainingSet;
  readonly epochs: number;
  /** Of the noise of dropout and attacks; the data have their own. */
  readonly seed: number;
  /** Everything else that the outcome depends on (update rule, schedule, augmentation …), as JSON, for the checkpoint's key. */
  readonly recipe?: unknown;
  /** What the update rule was given, for the progress. */
  readonly learningRate?: Schedule;
  /** Decay of a moving average of the weights, which is then what is validated and exported; none by default. */
  readonly average?: number;
  readonly validation?: ValidationSet & {
    /** Epochs between two validations; default 1. The last epoch is always validated. */
    readonly every?: number;
  };
  /** Goes on from here. */
  readonly resume?: Snapshot | undefined;
  /** Keeps a snapshot: after every epoch, when stopped, and after every `saveEvery` steps if given. */
  readonly save?: (snapshot: Snapshot) => Promise<void>;
  readonly saveEvery?: number;
  /** Stops after the step that is running; a validation is broken off, and left out. */
  readonly signal?: AbortSignal;
}

export type FitEvent =
  | {
      readonly kind: "step";
      /** Steps done, of how many in all. */
      readonly step: number;
      readonly steps: number;
      /** The epoch that the step belongs to, from 0. */
      readonly epoch: number;
      readonly loss: number;
      /** Part of the pictures, attacked where there is an adversary, whose largest target is the answer. */
      readonly accuracy: number;
      /** Of all gradients together, where they are clipped. */
      readonly norm?: number;
      /** Learning rate of this step, where `learningRate` was given. */
      readonly rate?: number;
      readonly imagesPerSecond: number;
      readonly secondsLeft: number;
    }
  | ({ readonly kind: "validation"; readonly step: number; readonly epoch: number } & Validation)
  | { readonly kind: "saved"; readonly step: number };

export interface FitResult {
  /** The end, or the last good state if training diverged. */
  readonly snapshot: Snapshot;
  readonly stopped: "done" | "aborted" | "diverged";
  /** What to say when training diverged. */
  readonly message?: string;
}

export const stepsPerEpoch = ({ batches }: Pick<TrainingSet, "batches">, accumulate = 1): number =>
  Math.floor(batches / accumulate);

/**
 * Trains until the epochs are over, the signal aborts, or loss or weights are no longer numbers.
 *
 * Throws an `InputError` for what `trainable`, `stepGraph` and `evaluate` refuse, for too few pictures to make a step, and
 * for a checkpoint of another run.
 */
export async function* fit(options: FitOptions): AsyncGenerator<FitEvent, FitResult> {
  const { data, seed, epochs, accumulate = 1, signal, validation } = options;
  expect(
    data.batches >= accumulate,
    () =>
      `an epoch has ${data.batches} batches, a step takes ${accumulate}: take smaller batches, fewer of them, or more pictures`,
  );
  const { step, ...begin } = await beginning(options);
  let { at } = begin;
  let good = at;
  const perEpoch = stepsPerEpoch(data, accumulate);
  const clock = stopwatch(epochs * perEpoch - at.step, options.batch * accumulate);
  const machine = await assemble(step, { ...deviceOf(options), seed, average: options.average });
  try {
    while (at.epoch < epochs) {
      for await (const batches of grouped(data.epoch(at.epoch, at.batch), accumulate)) {
        if (signal?.aborted) return yield* finish("aborted");
        const out = await machine.step(at, batches);
        if (!Number.isFinite(out.loss))
          return { snapshot: good, stopped: "diverged", message: diverged(at.step + 1, good.step) };
        at = { ...at, step: at.step + 1, batch: at.batch + accumulate, state: out.state };
        const { state: _, ...facts } = out;
        const rate = options.learningRate && { rate: options.learningRate(at.step - 1) };
        const place = { step: at.step, steps: epochs * perEpoch, epoch: at.epoch };
        yield { kind: "step", ...place, ...facts, ...rate, ...clock() };
        if (options.saveEvery && at.step % options.saveEvery === 0) yield* keep();
        if (at.batch >= perEpoch * accumulate) break;
      }
      if (signal?.aborted) return yield* finish("aborted");
      at = { ...at, epoch: at.epoch + 1, batch: 0 };
      const before = good;
      if (!healthy(at)) return { snapshot: good, stopped: "diverged", message: diverged(at.step, good.step) };
      yield* keep();
      const due = at.epoch === epochs || at.epoch % (validation?.every ?? 1) === 0;
      if (validation && due) {
        const found = await validate(options, validation, at.state, signal).catch(unless(signal));
        if (!found) return yield* finish("aborted");
        if (found instanceof BadAnswers) {
          await options.save?.(before);
          return { snapshot: before, stopped: "diverged", message: diverged(at.step, before.step) };
        }
        yield { kind: "validation", step: at.step, epoch: at.epoch - 1, ...found };
      }
    }
    return { snapshot: at, stopped: "done" };
  } finally {
    await machine.dispose();
  }

  async function* keep(): AsyncGenerator<FitEvent> {
    if (!healthy(at)) return;
    good = at;
    if (!options.save) return;
    await options.save(at);
    yield { kind: "saved", step: at.step };
  }

  async function* finish(stopped: "aborted"): AsyncGenerator<FitEvent, FitResult> {
    if (at.step > good.step) yield* keep();
    return { snapshot: good, stopped };
  }
}

/** Turns the error of work that was broken off into nothing, and that of weights too large to answer with into a result. */
const unless =
  (signal: AbortSignal | undefined) =>
  (error: unknown): BadAnswers | undefined => {
    if (error instanceof BadAnswers) return error;
    if (!signal?.aborted) throw error;
  };

/** The step, and where it begins. */
async function beginning(options: FitOptions): Promise<{ step: StepOptions; at: Snapshot }> {
  const { seed, resume } = options;
  const parameters = trainable(options.net.source, options);
  const step: StepOptions = { ...options, parameters, average: options.average !== undefined };
  const key = await keyOf(options);
  const start = startState(step);
  if (resume) expectSame(resume, key, seed, start);
  return { step, at: resume ?? { key, seed, step: 0, epoch: 0, batch: 0, state: start } };
}

/** Throws an `InputError` where `resume` is a checkpoint of another run; `fit` itself would only when it begins. */
export async function checkResume(options: FitOptions): Promise<void> {
  await beginning(options);
}

const diverged = (step: number, good: number): string =>
  `training diverged: at step ${step} the loss, the weights or the net's answers are no longer numbers (last good state: step ${good}); try a lower learning rate, a longer warm-up or gradient clipping`;

const healthy = ({ state }: Snapshot): boolean =>
  badWeights(Object.entries(state).map(([name, t]) => [{ name }, t] as const)).length === 0;

/** What a checkpoint must agree on with a run that goes on from it. */
async function keyOf(options: FitOptions): Promise<string> {
  const { net, batch, size, epochs, accumulate, clip, average, dropout, momentum, adversary, freeze, recipe } = options;
  const facts = { batch, size, epochs, accumulate, clip, average, dropout, momentum, adversary, freeze, recipe };
  const text = JSON.stringify({ ...facts, preprocessing: net.preprocessing });
  return contentHash(new TextEncoder().encode(`${await contentHash(sourceBytes(net.source))} ${text}`));
}

const deviceOf = ({ device, threads }: CompileOptions): CompileOptions => ({
  ...(device && { device }),
  ...(threads && { threads }),
});

/** Batches in groups of `size`; what is left at the end is dropped. */
async function* grouped<T>(batches: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const batch of batches) {
    group.push(batch);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
}

/** Steps of memory in the measured rate. */
const MEMORY = 20;

function stopwatch(steps: number, pictures: number): () => { imagesPerSecond: number; secondsLeft: number } {
  const times = [performance.now()];
  let done = 0;
  return () => {
    times.push(performance.now());
    done++;
    if (times.length > MEMORY) times.shift();
    const seconds = (times.at(-1)! - times[0]!) / 1000 / (times.length - 1);
    return { imagesPerSecond: pictures / seconds, secondsLeft: (steps - done) * seconds };
  };
}
