/** @file What was aimed at, and whether it was reached. */

import type { Table } from "./table.ts";

export interface Verdict {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

/** Noise that counts as none: where the interval is wide, what looks worse by more than this is not taken for equal. */
const NOISE = 0.05;

/** Whether a gain is none or more within noise: its mean is, or zero lies in its interval and the mean is not far below. */
export const within = (mean: number, upperEnd: number): boolean => mean >= 0 || (upperEnd >= 0 && mean >= -NOISE);

export const verdictTable = (verdicts: readonly Verdict[]): Table => ({
  title: "Targets",
  notes: [],
  words: true,
  columns: ["What", "target", "measured", ""],
  rows: verdicts.map(({ what, target, measured, met }) => [what, target, measured, met ? "met" : "**missed**"]),
});
