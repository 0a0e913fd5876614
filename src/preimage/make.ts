/** @file From what pictures are for to the pictures: restarts of each, made in batches, and the best one kept. */

import type { Recipe, Subject } from "./axes.ts";
import { type LoopOptions, type Run, spreadOf } from "./loop.ts";
import { type BatchOptions, optimiseAll } from "./optimise.ts";
import type { PictureState } from "./run-state.ts";
import type { Picture, Progress, Restart } from "./technique.ts";

/** What one picture is for. */
export type Target = Required<Pick<Subject, "objective" | "measure">> & Pick<Subject, "instead" | "theta">;

export interface MakeOptions extends LoopOptions, Pick<BatchOptions, "batch"> {
  readonly seed: number;
  /** Pictures of each target, from seeds that follow each other; 1 by default. */
  readonly restarts?: number;
  /** Where the pictures stand, all restarts of the first target first; at their start by default. */
  readonly from?: readonly PictureState[];
}

/** A picture, before it is said which preset made it. */
export type Made = Omit<Picture, "preset">;

/**
 * One picture for each target: of its restarts, the one with the largest measure on the plain picture. `undefined` for
 * targets that the signal left without any.
 */
export async function* make(
  recipe: Recipe,
  targets: readonly Target[],
  { seed, restarts = 1, ...options }: MakeOptions,
): AsyncGenerator<Progress, (Made | undefined)[]> {
  const seeds = Array.from({ length: restarts }, (_, i) => seed + i);
  const subjects = targets.flatMap((target) => seeds.map((each): Subject => ({ ...target, seed: each })));
  const runs = yield* optimiseAll(recipe, subjects, options);
  return targets.map((_, i) => best(runs.slice(i * restarts, (i + 1) * restarts), seeds));
}

function best(runs: readonly Run[], seeds: readonly number[]): Made | undefined {
  if (runs.length === 0) return undefined;
  const kept = runs.reduce((a, b) => (b.activation.end > a.activation.end ? b : a));
  const { state, ...made } = kept;
  const states = runs.map((run) => run.state);
  const seed = seeds[runs.indexOf(kept)]!;
  if (runs.length === 1) return { ...made, seed, states };
  return {
    ...made,
    ms: runs.reduce((sum, run) => sum + run.ms, 0),
    batch: Math.max(...runs.map((run) => run.batch)),
    notes: [...new Set(runs.flatMap((run) => run.notes))],
    seed,
    states,
    spread: spreadOf(runs.map((run) => run.activation.end)),
    restarts: runs.map(
      ({ image, objective, activation }, i): Restart => ({ seed: seeds[i]!, image, objective, activation }),
    ),
  };
}
