/** @file One check of whether an evaluation can be trusted, after Carlini et al. (2019, arXiv 1902.06705). */

import type { Attack, Outcome, Picture } from "../attack.ts";
import type { Classifier } from "../classifier.ts";
import type { AttackOptions } from "../lanes.ts";
import type { Norm } from "../norms.ts";
import { type SuiteRecord, standing } from "../record.ts";
import { attackAll } from "../run.ts";

export type Status = "passed" | "failed" | "not applicable";

export interface Check {
  readonly name: string;
  readonly status: Status;
  /** One sentence with what was found, and what it means where the check failed. */
  readonly says: string;
  readonly numbers: Readonly<Record<string, number>>;
}

export interface CheckContext {
  readonly net: Classifier;
  /** Those that are checked on. */
  readonly pictures: readonly Picture[];
  readonly norm: Norm;
  readonly eps: number;
  /** Of the suite that is to be trusted, and its attacks. */
  readonly record: SuiteRecord;
  readonly attacks: readonly Attack[];
  readonly options: AttackOptions;
  /** Steps of the PGDs that are run for checks. */
  readonly steps: number;
  /** Random points a picture that stands. */
  readonly draws: number;
  /** Other nets of the same data, for transfer. */
  readonly others: readonly Classifier[];
}

export const result = (
  name: string,
  passed: boolean,
  numbers: Check["numbers"],
  says: { readonly passed: string; readonly failed: string },
): Check => ({ name, status: passed ? "passed" : "failed", says: passed ? says.passed : says.failed, numbers });

export const notApplicable = (name: string, says: string): Check => ({
  name,
  status: "not applicable",
  says,
  numbers: {},
});

export const run = (c: CheckContext, method: Attack, pictures: readonly Picture[] = c.pictures): Promise<Outcome[]> =>
  attackAll(c.net, method, pictures, c.options);

/** Pictures that no attack of the suite has fooled: whatever fools one of them, the suite has missed. */
export const survivors = ({ pictures, record }: CheckContext): Picture[] =>
  pictures.filter(({ item }) => standing(record.pictures[item]));

export const fooled = (outcomes: readonly Pick<Outcome, "success">[]): number =>
  outcomes.filter((o) => o.success).length;

/** `3 of 20 pictures` */
export const of = (k: number, n: number): string => `${k} of ${n} pictures`;
