/** @file What a validation found, in short: for the metrics, the model's facts and the terminal. */

import type { Evaluation } from "../src/training/metrics.ts";
import type { Robustness, Validation } from "../src/training/validate.ts";
import { digits } from "./table.ts";

export interface Scores extends Pick<Evaluation, "n" | "top1" | "interval" | "top5" | "balanced" | "loss"> {
  /** On attacked pictures, where it was trained on such. */
  readonly robustness?: Robustness;
}

export const scoresOf = ({ evaluation, robustness }: Validation): Scores => {
  const { n, top1, interval, top5, balanced, loss } = evaluation;
  return { n, top1, interval, top5, balanced, loss, ...(robustness && { robustness }) };
};

export const scoreText = ({ top1, interval, balanced, loss, robustness }: Scores): string =>
  `top-1 ${withInterval({ value: top1, interval })}, balanced ${balanced.toFixed(3)}, loss ${digits(loss)}${
    robustness
      ? `, attacked (${robustness.n} pictures): one step ${robustness.fgsm.value.toFixed(3)}, PGD ${withInterval(robustness.pgd)}`
      : ""
  }`;

export const withInterval = ({ value, interval }: Robustness["pgd"]): string =>
  `${value.toFixed(3)} (95 %: ${interval.map((x) => x.toFixed(3)).join(" to ")})`;
