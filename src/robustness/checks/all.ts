/** @file The whole checklist on one suite's outcome. */

import { bandLimited, growsWithEps, growsWithSteps, iterativeBeatsOneStep, nothingAtZero } from "./budget.ts";
import type { Check, CheckContext } from "./check.ts";
import { maskingFlags } from "./masking.ts";
import { plantedExamples } from "./planted.ts";
import { gradientFree, transferBothWays, whiteBeatsBlack, whiteBeatsNoise } from "./rivals.ts";

export type ChecklistOptions = Omit<CheckContext, "steps" | "draws" | "others" | "options"> &
  Partial<Pick<CheckContext, "steps" | "draws" | "others" | "options">>;

const STEPS = 20;
const DRAWS = 10_000;

/**
 * Every check, one after the other; yields each as it is there. Steps of the PGDs that are run: 20; random draws: 10,000 for each
 * picture that stands. Ends early when the signal of the options aborts.
 */
export async function* checklist(options: ChecklistOptions): AsyncGenerator<Check, void> {
  const c: CheckContext = { steps: STEPS, draws: DRAWS, others: [], options: {}, ...options };
  const checks = [
    nothingAtZero,
    growsWithEps,
    growsWithSteps,
    iterativeBeatsOneStep,
    whiteBeatsBlack,
    whiteBeatsNoise,
    transferBothWays,
    gradientFree,
    maskingFlags,
    bandLimited,
    plantedExamples,
  ];
  for (const check of checks) {
    const made: Check | readonly Check[] = await check(c);
    // Cut short, a check has seen only some of its pictures.
    if (c.options.signal?.aborted) return;
    yield* Array.isArray(made) ? (made as readonly Check[]) : [made as Check];
  }
}
