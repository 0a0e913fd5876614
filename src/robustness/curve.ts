/** @file Accuracy over eps, one attack at a time. */

import type { Attack, Outcome } from "./attack.ts";
import type { Classifier } from "./classifier.ts";
import type { AttackOptions, Pictures } from "./lanes.ts";
import { type AttackRecord, recordOf } from "./record.ts";
import { attack, ROUNDING } from "./run.ts";
import { type Share, share } from "./summary.ts";

export interface CurvePoint {
  readonly attack: string;
  readonly eps: number;
  readonly n: number;
  /** Pictures that are answered right after the attack. */
  readonly accuracy: Share;
  /** What was done to each picture at this eps, by its number. */
  readonly outcomes: ReadonlyMap<number, AttackRecord>;
}

export interface CurveOptions extends AttackOptions {
  /** What an earlier run has of a run of an attack (`pgd-linf 0.1`, `fab-t-linf smallest`): those pictures are not attacked again. */
  readonly from?: (run: string) => ReadonlyMap<number, AttackRecord> | undefined;
  /** Told of each picture as it is finished. */
  readonly each?: (run: string, outcome: Outcome) => void;
  /** Told what begins. */
  readonly begin?: (run: string) => void;
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
  options: CurveOptions = {},
): AsyncGenerator<CurvePoint, void> {
  for (const eps of epsilons) {
    const method = make(eps);
    const outcomes = await finish(net, method, `${method.name} ${eps}`, pictures, options);
    if (!outcomes) return;
    yield pointAt(method.name, eps, outcomes);
  }
}

/** The same for an attack that seeks the smallest change and has no eps of its own: one run gives all points. */
export async function* curveOfSmallest(
  net: Classifier,
  method: Attack,
  pictures: () => Pictures,
  epsilons: readonly number[],
  options: CurveOptions = {},
): AsyncGenerator<CurvePoint, void> {
  const outcomes = await finish(net, method, `${method.name} smallest`, pictures, options);
  if (!outcomes) return;
  for (const eps of epsilons) {
    const within = ({ success, distance }: AttackRecord): boolean =>
      success && distance <= eps + ROUNDING * Math.max(1, eps);
    yield pointAt(method.name, eps, new Map(Array.from(outcomes, ([item, o]) => [item, { ...o, success: within(o) }])));
  }
}

function pointAt(name: string, eps: number, outcomes: CurvePoint["outcomes"]): CurvePoint {
  const n = outcomes.size;
  const right = Array.from(outcomes.values()).filter((o) => !o.success).length;
  return { attack: name, eps, n, accuracy: share(right, n), outcomes };
}

/** All pictures' outcomes; `undefined` where the signal ended the work. */
async function finish(
  net: Classifier,
  method: Attack,
  run: string,
  pictures: () => Pictures,
  options: CurveOptions,
): Promise<Map<number, AttackRecord> | undefined> {
  options.begin?.(run);
  const known = options.from?.(run);
  const outcomes = new Map<number, AttackRecord>();
  async function* missing() {
    for await (const picture of pictures()) {
      const done = known?.get(picture.item);
      if (done) outcomes.set(picture.item, done);
      else yield picture;
    }
  }
  for await (const outcome of attack(net, method, missing(), options)) {
    outcomes.set(outcome.item, recordOf(outcome));
    options.each?.(run, outcome);
  }
  return options.signal?.aborted ? undefined : outcomes;
}
