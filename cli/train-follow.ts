/** @file Runs the training and tells how it goes: progress line, metrics, checkpoints. */

import { InputError } from "../src/error.ts";
import { writeCheckpoint } from "../src/training/checkpoint.node.ts";
import type { Snapshot } from "../src/training/checkpoint.ts";
import { type FitOptions, type FitResult, fit as fitNet, stepsPerEpoch } from "../src/training/fit.ts";
import type { Evaluation } from "../src/training/metrics.ts";
import { Ending } from "./exit.ts";
import { progressLine } from "./say.ts";
import { digits } from "./table.ts";
import type { Metrics, StepLine } from "./train-metrics.ts";

export type Scores = Pick<Evaluation, "n" | "top1" | "interval" | "top5" | "balanced" | "loss">;

/** What a sitting is given besides its settings. */
export interface Sitting {
  readonly quiet: boolean;
  readonly tell: (sentence: string) => void;
  readonly signal: AbortSignal;
}

export interface FollowOptions extends Sitting {
  /** File of the checkpoints. */
  readonly checkpoint: string;
  readonly metrics: Metrics;
  readonly validated: (step: number, epoch: number, evaluation: Evaluation) => Promise<void>;
}

/** Steps in the means of the progress line. */
const RECENT = 20;

/** Throws `Ending` where the disk refuses, and what `fit` throws. */
export async function followed(
  options: FitOptions,
  { quiet, tell, signal, checkpoint, metrics, validated }: FollowOptions,
): Promise<FitResult> {
  const line = progressLine("train", { quiet, unit: "img" });
  const pictures = options.batch * (options.accumulate ?? 1);
  const perEpoch = stepsPerEpoch(options.data, options.accumulate);
  let told = 0;
  const run = fitNet({ ...options, signal, save: (snapshot) => save(checkpoint, snapshot) });
  try {
    for (;;) {
      const next = await run.next();
      if (next.done) return next.value;
      const event = next.value;
      if (event.kind === "step") {
        metrics.step(event);
        line.update(event.step * pictures, event.steps * pictures, means(metrics.steps.slice(-RECENT)));
      } else if (event.kind === "validation") {
        await validated(event.step, event.epoch, event.evaluation);
        line.end();
        tell(`  validation: ${scoreText(event.evaluation)}`);
      } else if (event.step % perEpoch === 0 && event.step > told) {
        told = event.step;
        line.end();
        tell(`epoch ${event.step / perEpoch}/${options.epochs}  ${means(metrics.steps.slice(-perEpoch))}`);
      }
    }
  } finally {
    line.end();
  }
}

async function save(path: string, snapshot: Snapshot): Promise<void> {
  try {
    await writeCheckpoint(path, snapshot);
  } catch (error) {
    throw error instanceof InputError ? new Ending(1, error.message) : error;
  }
}

function means(steps: readonly StepLine[]): string {
  const mean = (key: "loss" | "accuracy"): string =>
    (steps.reduce((sum, step) => sum + step[key], 0) / steps.length).toFixed(3);
  return `loss ${mean("loss")}  accuracy ${mean("accuracy")}`;
}

export const scoreText = ({ top1, interval, balanced, loss }: Scores): string =>
  `top-1 ${top1.toFixed(3)} (95 %: ${interval.map((x) => x.toFixed(3)).join(" to ")}), balanced ${balanced.toFixed(3)}, loss ${digits(loss)}`;
