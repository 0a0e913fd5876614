/** @file What the parts of `fovea attack` share: the work as it was asked for, and what comes of it. */

import type { ExampleFigure } from "../src/report/attack.ts";
import type { Outcome } from "../src/robustness/attack.ts";
import type { Check } from "../src/robustness/checks/check.ts";
import type { Classifier } from "../src/robustness/classifier.ts";
import type { CurvePoint } from "../src/robustness/curve.ts";
import type { AttackOptions } from "../src/robustness/lanes.ts";
import type { SuiteRecord } from "../src/robustness/record.ts";
import type { Summary } from "../src/robustness/summary.ts";
import type { Plan } from "./attack-flags.ts";
import type { Pictures } from "./attack-pictures.ts";
import type { Records } from "./attack-records.ts";

export interface Work {
  readonly plan: Plan;
  readonly net: Classifier;
  /** The net that adversarial pictures come from, with --transfer-from. */
  readonly other: Classifier | undefined;
  readonly pictures: Pictures;
  readonly records: Records;
  readonly options: AttackOptions & { readonly signal: AbortSignal };
  readonly quiet: boolean;
  readonly checkPictures: number;
  readonly draws: number;
  readonly examples: number;
  /** Makes the three pictures of an example. */
  readonly draw: (outcome: Outcome) => Promise<ExampleFigure>;
}

export interface Evaluated extends Summary {
  /** The budget that the accuracies are at. */
  readonly eps: number;
  readonly points: readonly CurvePoint[];
  readonly checks: readonly Check[];
  readonly leftOut: Readonly<Record<string, string>>;
}

/** The part of a record that is of the chosen pictures: an earlier run may have had more. */
export const chosen = ({ pictures: { order } }: Work, { key, pictures }: SuiteRecord): SuiteRecord => ({
  key,
  pictures: Object.fromEntries(order.flatMap((item) => (pictures[item] ? [[item, pictures[item]]] : []))),
});
