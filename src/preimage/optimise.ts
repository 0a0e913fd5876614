/** @file Runs a recipe for any number of pictures, as many at once as memory takes. */

import { expect } from "../error.ts";
import type { Recipe, Subject } from "./axes.ts";
import { batchSize } from "./batches.ts";
import { type LoopOptions, loop, type Run } from "./loop.ts";
import { relay } from "./relay.ts";
import { expectCount, type PictureState, readBy } from "./run-state.ts";
import { stepGraph } from "./step-graph.ts";
import type { Progress } from "./technique.ts";

export type { Run } from "./loop.ts";
export { stepGraph } from "./step-graph.ts";

export interface RunOptions extends LoopOptions {
  readonly seed: number;
  /** Where the picture stands; at its start by default. */
  readonly from?: PictureState;
}

/**
 * Makes one picture, yielding after every step, until the recipe's steps are done or the signal aborts. The random numbers of
 * a step depend on the seed and the step's number alone.
 *
 * A picture that nothing draws anywhere at the start, as behind a rectifier that is off everywhere, gets gradients that pass
 * rectifiers: all of them at first, none after 16 steps. It would otherwise stay as it is for ever.
 *
 * Throws `InputError` for steps that are no whole number, and when the energy stops being a number.
 */
export async function* optimise(recipe: Recipe, { seed, from, ...options }: RunOptions): AsyncGenerator<Progress, Run> {
  const [run] = yield* optimiseAll(recipe, [{ seed }], { ...options, ...(from && { from: [from] }) });
  return run!;
}

export interface BatchOptions extends LoopOptions {
  /** Pictures in one graph; by default as many as half of the free memory takes, at most 8. */
  readonly batch?: number;
  /** Where the pictures stand, in their order; those of later batches may be left out and begin at their start. */
  readonly from?: readonly PictureState[];
}

/**
 * Makes pictures in batches, each picture as `optimise` would make it alone, but for rounding. Progress counts the steps of
 * all pictures. When the signal aborts, the pictures of later batches are left out.
 *
 * Throws `InputError` as `optimise` does, and for a batch that does not fit into memory.
 */
export async function* optimiseAll(
  recipe: Recipe,
  subjects: readonly Subject[],
  { batch, from, ...options }: BatchOptions,
): AsyncGenerator<Progress, Run[]> {
  const { steps } = recipe;
  expect(Number.isSafeInteger(steps) && steps >= 0, () => `steps: expected a whole number from 0 up, got ${steps}`);
  if (from) expectCount(from, subjects.length);
  const together = subjects.length > 1 && (recipe.net.takesMany?.(readBy(recipe)) ?? true);
  const most = together ? batchSize(subjects.length, batch, (n) => graphOf(recipe, subjects, n)) : 1;
  const runs: Run[] = [];
  const batches = Math.ceil(subjects.length / most);
  for (let i = 0; i < batches && (i === 0 || !options.signal?.aborted); i++) {
    const [first, end] = [i * most, Math.min((i + 1) * most, subjects.length)];
    const saved = from?.slice(first, end) ?? [];
    const running = loop(recipe, subjects.slice(first, end), options, saved.length > 0 ? saved : undefined);
    const made = yield* relay(running, (progress) => ({
      ...progress,
      step: first * steps + (end - first) * progress.each,
      steps: subjects.length * steps,
      first,
    }));
    runs.push(...made);
  }
  return runs;
}

const graphOf = (recipe: Recipe, subjects: readonly Subject[], pictures: number) =>
  stepGraph(recipe, { objectives: subjects.slice(0, pictures).map((s) => s.objective ?? recipe.objective) });
