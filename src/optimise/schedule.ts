/** @file Learning rates by step, as pure functions: constant, step-wise, linear, cosine, one-cycle, and warming up. */

import { expect } from "../error.ts";

/** The learning rate of step `step`, counted from 0. */
export type Schedule = (step: number) => number;

/** A number is a constant schedule. */
export const scheduleOf = (rate: number | Schedule): Schedule => (typeof rate === "number" ? () => rate : rate);

/** `rate`, times `factor` (default 0.1) from each of the given steps on. */
export const stepwise =
  ({ rate, at, factor = 0.1 }: { rate: number; at: readonly number[]; factor?: number }): Schedule =>
  (step) =>
    rate * factor ** at.filter((s) => step >= s).length;

/** From `from` at step 0 evenly to `to` at the last of `steps` steps. */
export const linear =
  ({ from, to, steps }: { from: number; to: number; steps: number }): Schedule =>
  (step) =>
    from + ((to - from) * Math.min(step, steps - 1)) / Math.max(1, steps - 1);

/** Half a cosine from `from` (progress 0) to `to` (progress 1). */
const halfCosine = (from: number, to: number, progress: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(1, Math.max(0, progress))))) / 2;

/** From `rate` down to `floor` (default 0) along half a cosine in `steps` steps (Loshchilov & Hutter 2017, one period). */
export const cosine =
  ({ rate, steps, floor = 0 }: { rate: number; steps: number; floor?: number }): Schedule =>
  (step) =>
    halfCosine(rate, floor, step / steps);

export interface OneCycleOptions {
  readonly rate: number;
  readonly steps: number;
  /** Part of the steps in which the rate grows; default 0.3. */
  readonly rise?: number;
  /** The first rate is `rate / start`; default 25. */
  readonly start?: number;
  /** The last rate is the first one divided by this; default 10⁴. */
  readonly end?: number;
}

/** Up to `rate` and down again, both along half a cosine (Smith & Topin 2018); step for step torch's OneCycleLR. */
export function oneCycle({ rate, steps, rise = 0.3, start = 25, end = 1e4 }: OneCycleOptions): Schedule {
  const top = rise * steps - 1;
  const first = rate / start;
  return (step) =>
    step <= top
      ? halfCosine(first, rate, top > 0 ? step / top : 1)
      : halfCosine(rate, first / end, (step - top) / (steps - 1 - top));
}

/** The schedule, but for `steps` steps growing linearly towards it (Goyal et al. 2017). The first step is not 0. */
export const warmUp =
  (schedule: Schedule, steps: number): Schedule =>
  (step) =>
    step < steps ? (schedule(step) * (step + 1)) / steps : schedule(step);

export const scheduleNames = ["constant", "step", "cosine", "one-cycle"] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/**
 * A schedule by name over `steps` steps. `step` divides by ten after a half and after three quarters of them. `warm`:
 * steps of linear warm-up in front (those of `one-cycle` are part of it).
 *
 * Throws an `InputError` for another name.
 */
export function scheduleNamed(
  name: string,
  { rate, steps, warm = 0 }: { rate: number; steps: number; warm?: number },
): Schedule {
  const schedules: Readonly<Record<ScheduleName, Schedule>> = {
    constant: () => rate,
    step: stepwise({ rate, at: [Math.round(steps / 2), Math.round((3 * steps) / 4)] }),
    cosine: (step) => cosine({ rate, steps: Math.max(1, steps - warm) })(Math.max(0, step - warm)),
    "one-cycle": oneCycle({ rate, steps }),
  };
  const known = scheduleNames.find((n) => n === name);
  expect(known, () => `"${name}" is no schedule: take ${scheduleNames.join(", ")}`);
  return known === "one-cycle" ? schedules[known] : warmUp(schedules[known], warm);
}
