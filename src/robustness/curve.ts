/** @file Accuracy over eps, one attack at a time. */

import type { Attack, Outcome } from "./attack.ts";
import type { Classifier } from "./classifier.ts";
import type { AttackOptions, Pictures } from "./lanes.ts";
import { attack } from "./run.ts";
import { type Share, share } from "./summary.ts";

export interface CurvePoint {
  readonly attack: string;
  readonly eps: number;
  readonly n: number;
  /** Pictures that are answered right after the attack. */
  readonly accuracy: Share;
}

/**
 * Attacks all pictures at each eps, every time from the start, so that the curve shows whether success grows with eps. Yields a
 * point as soon as it is there; a point whose pictures the signal cut short is left out.
 */
export async function* curve(
  net: Classifier,
  make: (eps: number) => Attack,
  pictures: () => Pictures,
  epsilons: readonly number[],
  options: AttackOptions = {},
): AsyncGenerator<CurvePoint & { readonly outcomes: readonly Outcome[] }, void> {
  for (const eps of epsilons) {
    const method = make(eps);
    const outcomes: Outcome[] = [];
    for await (const outcome of attack(net, method, pictures(), options)) outcomes.push(outcome);
    if (options.signal?.aborted) return;
    const n = outcomes.length;
    const right = outcomes.filter((o) => !o.success).length;
    yield { attack: method.name, eps, n, accuracy: share(right, n), outcomes };
  }
}
