/** @file The whole checklist on one suite's outcome. */

import { bandLimited, growsWithEps, growsWithSteps, iterativeBeatsOneStep, nothingAtZero } from "./budget.ts";
import type { Check, CheckContext } from "./check.ts";
import { maskingFlags } from "./masking.ts";
import { plantedExamples } from "./planted.ts";
import { gradientFree, transferBothWays, whiteBeatsBlack, whiteBeatsNoise } from "./rivals.ts";

export interface ChecklistOptions
  extends Omit<CheckContext, "steps" | "draws" | "others" | "options">,
    Partial<Pick<CheckContext, "steps" | "draws" | "others" | "options">> {
  /** Checks that an earlier run has made, by name: they are yielded as they are. */
  readonly known?: ReadonlyMap<string, Check>;
  /** Told what begins. */
  readonly begin?: (check: string, number: number, of: number) => void;
}

type Run = (c: CheckContext) => Check | readonly Check[] | Promise<Check | readonly Check[]>;

/** What each check finds, by name, in their order. */
const checks: readonly (readonly [names: readonly string[], run: Run])[] = [
  [["eps 0 equals clean accuracy"], nothingAtZero],
  [["success grows with eps and reaches all"], growsWithEps],
  [["success grows with iterations"], growsWithSteps],
  [["iterative attacks beat one step"], iterativeBeatsOneStep],
  [["white-box beats black-box"], whiteBeatsBlack],
  [["white-box beats random draws"], whiteBeatsNoise],
  [["white-box beats transfer"], transferBothWays],
  [["a gradient-free attack was run"], gradientFree],
  [["zero gradients", "softmax saturation"], maskingFlags],
  [["band-limited PGD"], bandLimited],
  [["planted adversarial examples are found"], plantedExamples],
];

/** Names of all checks. */
export const checkNames: readonly string[] = checks.flatMap(([names]) => names);

const STEPS = 20;
const DRAWS = 10_000;

/**
 * Every check, one after the other; yields each as it is there. Steps of the PGDs that are run: 20; random draws: 10,000 for each
 * picture that stands. Ends early when the signal of the options aborts.
 */
export async function* checklist(options: ChecklistOptions): AsyncGenerator<Check, void> {
  const c: CheckContext = { steps: STEPS, draws: DRAWS, others: [], options: {}, ...options };
  for (const [i, [names, run]] of checks.entries()) {
    const known = names.flatMap((name) => options.known?.get(name) ?? []);
    if (known.length === names.length) {
      yield* known;
      continue;
    }
    options.begin?.(names.join(", "), i + 1, checks.length);
    const made = await run(c);
    // Cut short, a check has seen only some of its pictures.
    if (c.options.signal?.aborted) return;
    yield* Array.isArray(made) ? (made as readonly Check[]) : [made as Check];
  }
}
