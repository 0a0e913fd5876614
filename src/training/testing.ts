/** @file For the tests of training: runs it to its end. */

import { type FitEvent, type FitOptions, type FitResult, fit as fitting } from "./fit.ts";

/** Trains; `each` sees all events on the way. */
export async function train(options: FitOptions, each: (event: FitEvent) => void = () => {}): Promise<FitResult> {
  const run = fitting(options);
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
    each(next.value);
  }
}
