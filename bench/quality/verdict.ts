/** @file What was aimed at, and whether it was reached. */

import type { MeanInterval } from "../../src/tensor/statistics.ts";
import type { Table } from "./table.ts";

export interface Verdict {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

/** Whether a gain is none or more within noise: its 95 % interval reaches 0. A single sample has no noise to speak of. */
export const noLess = ({ n, mean, interval }: MeanInterval): boolean => (n < 2 ? mean : interval[1]) >= 0;

/** Whether there is a gain beyond noise: all of its 95 % interval lies above 0. */
export const clearlyMore = ({ n, mean, interval }: MeanInterval): boolean => (n < 2 ? mean : interval[0]) > 0;

export const verdictTable = (verdicts: readonly Verdict[]): Table => ({
  title: "Targets",
  notes: [
    "No worse, the same within noise: the 95 % interval of the paired differences (units × seeds, or photos) reaches 0. Lower: all of it is below 0.",
  ],
  words: true,
  columns: ["What", "target", "measured", ""],
  rows: verdicts.map(({ what, target, measured, met }) => [what, target, measured, met ? "met" : "**missed**"]),
});
