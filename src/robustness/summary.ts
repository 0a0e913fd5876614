/** @file What a suite's records come to: accuracy, robust accuracy and each attack's part, with intervals. */

import { wilson } from "../tensor/statistics.ts";
import type { PictureRecord, SuiteRecord } from "./record.ts";

/** A part of n pictures, with its 95 % interval (Wilson 1927). */
export interface Share {
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
}

export const share = (k: number, n: number): Share => ({ value: n ? k / n : Number.NaN, interval: wilson(k, n) });

export interface AttackSummary {
  /** Pictures that it was run on, and that it fooled. */
  readonly attacked: number;
  readonly fooled: number;
  /** Of all pictures, those that stand after it and all before it. */
  readonly robustAccuracy: Share;
  /** Of all pictures, those that stand after it alone; `undefined` where it was not run on all that the net is right about. */
  readonly alone: Share | undefined;
  /** Means over the pictures that it was run on; NaN without any. */
  readonly queries: number;
  readonly gradients: number;
  /** Mean distance of the pictures that it fooled; NaN without any. */
  readonly distance: number;
  /** Of its gradients those that were 0 everywhere, and of its queries the saturated ones; NaN without any. */
  readonly zeroGradients: number;
  readonly saturated: number;
}

export interface Summary {
  readonly n: number;
  readonly clean: Share;
  /** Pictures that the net is right about and that no attack fooled. */
  readonly robustAccuracy: Share;
  /** In the order in which they ran. */
  readonly perAttack: Readonly<Record<string, AttackSummary>>;
}

/** @param attacks The names, in the order in which they ran. */
export function summarise({ pictures }: SuiteRecord, attacks: readonly string[]): Summary {
  const all = Object.values(pictures);
  const n = all.length;
  const right = all.filter((p) => p.clean === p.label);
  const after = (names: readonly string[]): number =>
    right.filter((p) => names.every((name) => !p.attacks[name]?.success)).length;
  return {
    n,
    clean: share(right.length, n),
    robustAccuracy: share(after(attacks), n),
    perAttack: Object.fromEntries(
      attacks.map((name, i) => [name, summaryOf(right, name, n, share(after(attacks.slice(0, i + 1)), n))]),
    ),
  };
}

function summaryOf(pictures: readonly PictureRecord[], name: string, n: number, robustAccuracy: Share): AttackSummary {
  const runs = pictures.flatMap((p) => p.attacks[name] ?? []);
  const fooled = runs.filter((r) => r.success);
  const total = (key: "queries" | "gradients" | "zeroGradients" | "saturated"): number =>
    runs.reduce((sum, r) => sum + r[key], 0);
  return {
    attacked: runs.length,
    fooled: fooled.length,
    robustAccuracy,
    alone: runs.length === pictures.length ? share(runs.length - fooled.length, n) : undefined,
    queries: total("queries") / runs.length,
    gradients: total("gradients") / runs.length,
    distance: fooled.reduce((sum, r) => sum + r.distance, 0) / fooled.length,
    zeroGradients: total("zeroGradients") / total("gradients"),
    saturated: total("saturated") / total("queries"),
  };
}
