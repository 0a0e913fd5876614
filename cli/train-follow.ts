/** @file Runs the training and tells how it goes: progress line, metrics, checkpoints. */

import { InputError } from "../src/error.ts";
import { writeCheckpoint } from "../src/training/checkpoint.node.ts";
import type { Snapshot } from "../src/training/checkpoint.ts";
import { type FitOptions, type FitResult, fit as fitNet, stepsPerEpoch } from "../src/training/fit.ts";
import { isOverfitted, type Validation } from "../src/training/validate.ts";
import { Ending } from "./exit.ts";
import { progressLine } from "./say.ts";
import type { Metrics, StepLine } from "./train-metrics.ts";
import { scoresOf, scoreText } from "./train-scores.ts";

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
  readonly validated: (step: number, epoch: number, found: Validation) => Promise<void>;
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
        const { step, epoch, evaluation, robustness } = event;
        await validated(step, epoch, { evaluation, ...(robustness && { robustness }) });
        line.end();
        tell(`  validation: ${scoreText(scoresOf({ evaluation, ...(robustness && { robustness }) }))}`);
        if (robustness && isOverfitted(robustness)) tell(OVERFITTED);
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

const OVERFITTED =
  "Note: the net withstands one step and falls to ten (catastrophic overfitting): take --adversarial pgd, a smaller --eps, or an --attack-rate of eps.";
