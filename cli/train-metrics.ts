/** @file The numbers of a run as it goes: a line of JSON for each step and validation, and the same for TensorBoard. */

import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { eventsStart, scalarEvent } from "../src/report/tensorboard.ts";
import type { FitEvent } from "../src/training/fit.ts";
import type { Validation } from "../src/training/validate.ts";
import { writeFailure, writeOutput } from "./files.ts";
import type { RunFolder } from "./train-folder.ts";
import type { Scores } from "./train-scores.ts";

type Step = Extract<FitEvent, { kind: "step" }>;

export interface StepLine {
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly rate?: number;
  readonly norm?: number;
  readonly imagesPerSecond: number;
  /** Since the run began, without the time between its sittings. */
  readonly seconds: number;
}

export interface ValidationLine extends Scores {
  readonly step: number;
  readonly epoch: number;
  readonly seconds: number;
}

type Line = StepLine | { readonly validation: ValidationLine };

/** The last validation with all that it found. */
export interface LastValidation extends Validation {
  readonly step: number;
  readonly split: string;
}

/** Numbers written so far. */
export interface KeptMetrics {
  readonly steps: StepLine[];
  readonly validations: ValidationLine[];
  /** All sittings together. */
  readonly trained: number;
}

/** Numbers written so far, and the ways to add to them. */
export interface Metrics extends Omit<KeptMetrics, "trained"> {
  readonly seconds: () => number;
  step(event: Step): void;
  validation(step: number, epoch: number, scores: Scores): void;
}

/** What a run wrote about its first `done` steps. */
export function readMetrics({ metrics }: RunFolder, done = Number.POSITIVE_INFINITY): KeptMetrics {
  const kept = read(metrics).filter((line) => placeOf(line) <= done);
  const steps = kept.filter((line): line is StepLine => !("validation" in line));
  const validations = kept.flatMap((line) => ("validation" in line ? [line.validation] : []));
  const trained = Math.max(0, ...[...steps, ...validations].map(({ seconds }) => seconds));
  return { steps, validations, trained };
}

const placeOf = (line: Line): number => ("validation" in line ? line.validation.step : line.step);

/** Goes on after `done` steps: lines about later ones, written before a crash, are dropped. Throws `Ending` on a full disk. */
export function openMetrics(paths: RunFolder, done: number): Metrics {
  const { folder, metrics } = paths;
  const kept = read(metrics).filter((line) => placeOf(line) <= done);
  writeOutput(metrics, kept.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const { steps, validations, trained } = readMetrics(paths);
  const start = performance.now();
  const seconds = (): number => Math.round(1e3 * trained + performance.now() - start) / 1e3;

  const now = Date.now() / 1000;
  const events = join(folder, `events.out.tfevents.${Math.floor(now)}.${hostname()}.${process.pid}`);
  const add = (line: Line, values: Readonly<Record<string, number>>, step: number): void => {
    guarded(metrics, () => appendFileSync(metrics, `${JSON.stringify(line)}\n`));
    guarded(events, () => {
      if (!existsSync(events)) writeFileSync(events, eventsStart(now, done));
      appendFileSync(events, scalarEvent({ time: Date.now() / 1000, step, values }));
    });
  };
  return {
    steps,
    validations,
    seconds,
    step({ kind, steps: _, secondsLeft, imagesPerSecond, ...event }) {
      const line = { ...event, imagesPerSecond: Math.round(100 * imagesPerSecond) / 100, seconds: seconds() };
      steps.push(line);
      const { loss, accuracy, rate, norm } = line;
      add(
        line,
        {
          "loss/train": loss,
          "accuracy/train": accuracy,
          ...(rate !== undefined && { "learning rate": rate }),
          ...(norm !== undefined && { "gradient norm": norm }),
          "images per second": line.imagesPerSecond,
        },
        line.step,
      );
    },
    validation(step, epoch, scores) {
      const line = { step, epoch, ...scores, seconds: seconds() };
      const { loss, top1, balanced, robustness } = scores;
      validations.push(line);
      add(
        { validation: line },
        {
          "loss/validation": loss,
          "accuracy/validation": top1,
          "accuracy/validation balanced": balanced,
          ...(robustness && {
            "accuracy/validation one step": robustness.fgsm.value,
            "accuracy/validation PGD": robustness.pgd.value,
          }),
        },
        step,
      );
    },
  };
}

/** Whole lines only: the last one may have been cut off. */
function read(path: string): Line[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Line];
      } catch {
        return [];
      }
    });
}

function guarded(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw writeFailure(path, error);
  }
}

export const keepValidation = ({ validation }: RunFolder, last: LastValidation): void =>
  writeOutput(validation, JSON.stringify(last));

/** The validation that was kept; `undefined` where there is none, or it is of a step after `done` (before a crash). */
export function lastValidation({ validation }: RunFolder, done = 0): LastValidation | undefined {
  if (!existsSync(validation)) return undefined;
  const last = JSON.parse(readFileSync(validation, "utf8")) as LastValidation;
  return last.step <= done ? last : undefined;
}
