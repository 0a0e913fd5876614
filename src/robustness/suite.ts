/** @file The standard suite (AutoAttack, Croce & Hein 2020): a cascade of attacks on what is still standing, worst case a picture. */

import { InputError } from "../error.ts";
import type { Attack, Outcome, Picture } from "./attack.ts";
import { apgdCe, apgdT } from "./attacks/apgd.ts";
import { fabT } from "./attacks/fab.ts";
import type { BudgetOptions } from "./attacks/pgd.ts";
import { square } from "./attacks/square.ts";
import type { Classifier } from "./classifier.ts";
import { ask, classOf, look } from "./course.ts";
import { type AttackOptions, type Pictures, runLanes } from "./lanes.ts";
import type { NormName } from "./norms.ts";
import { type PictureRecord, recordOf, type SuiteRecord, standing } from "./record.ts";
import { attack, expectFits } from "./run.ts";
import { type Summary, summarise } from "./summary.ts";

export interface StandardOptions extends BudgetOptions {
  /** Of APGD and FAB; 100. */
  readonly steps?: number;
  /** Of Square; 5,000. */
  readonly queries?: number;
  /** Of APGD and FAB; 1. */
  readonly restarts?: number;
  /** Classes that APGD-T and FAB-T aim at; 9. */
  readonly targets?: number;
}

/** APGD-CE, APGD-T, FAB-T, Square, with the published budgets. */
export const standardAttacks = ({ norm, eps, steps, restarts, queries, targets }: StandardOptions): Attack[] => {
  const budget = { ...(steps !== undefined && { steps }), ...(restarts !== undefined && { restarts }) };
  const some = targets === undefined ? {} : { targets };
  return [
    apgdCe({ norm, eps, ...budget }),
    apgdT({ norm, eps, ...budget, ...some }),
    fabT({ norm, eps, ...budget, ...some }),
    square({ norm, eps, ...(queries !== undefined && { queries }) }),
  ];
};

export interface SuiteOptions extends AttackOptions {
  readonly attacks: readonly Attack[];
  /** Tells nets of the same name apart, such as a hash of the file. */
  readonly hash?: string | undefined;
  /** What the record is kept under; by default net, hash, attacks and seed. */
  readonly key?: string | undefined;
  /** Where an earlier run came to; it is filled further in place. */
  readonly from?: SuiteRecord | undefined;
  /** False runs every attack on all pictures that the net is right about, whatever others did; true by default. */
  readonly cascade?: boolean;
  /** Told what begins, and on how many pictures; only where the record knows them all. */
  readonly begin?: (attack: string, pictures: number | undefined) => void;
}

export interface SuiteEvent {
  readonly attack: string;
  /** Number of the picture that is finished. */
  readonly item: number;
  /** Missing for the first look at the untouched pictures. */
  readonly outcome?: Outcome;
  /** To be kept, if the work is to go on later. */
  readonly record: SuiteRecord;
}

export interface SuiteResult extends Summary {
  readonly norm: NormName | undefined;
  readonly eps: number | undefined;
  /** Attacks that need more classes than the net has, and why they were not run. */
  readonly leftOut: Readonly<Record<string, string>>;
  readonly record: SuiteRecord;
  /** False where the signal ended the work. */
  readonly complete: boolean;
}

/**
 * Looks at all pictures, then runs one attack after the other on those that the net is right about and (in a cascade) no attack
 * before has fooled. Yields after each picture.
 *
 * @param pictures Opened anew for each attack, so that they need not be in memory; the same pictures in the same order.
 *
 * Throws an `InputError` as `attack` does, and for a record of other work.
 */
export async function* suite(
  net: Classifier,
  pictures: () => Pictures,
  options: SuiteOptions,
): AsyncGenerator<SuiteEvent, SuiteResult> {
  const { signal, seed = 1, cascade = true } = options;
  const { fit, leftOut } = fitting(net, options.attacks);
  const key = options.key ?? keyOf(net, fit, seed, options.hash);
  const record: SuiteRecord = options.from ?? { key, pictures: {} };
  if (record.key !== key)
    throw new InputError(`the record is of other work (${record.key}) than asked for (${key}): begin anew`);
  const found = record.pictures;

  options.begin?.(lookJob.name, undefined);
  const first = runLanes(
    net,
    lookJob,
    where(pictures(), (p) => !found[p.item]),
    options,
  );
  for await (const { picture, clean } of first) {
    found[picture.item] = { label: picture.label, clean, attacks: {} };
    yield { attack: lookJob.name, item: picture.item, record };
  }
  for (const method of fit) {
    if (signal?.aborted) break;
    const open = (p: PictureRecord | undefined): boolean =>
      p !== undefined && p.clean === p.label && (!cascade || standing(p)) && !p.attacks[method.name];
    options.begin?.(method.name, Object.values(found).filter(open).length);
    const left = where(pictures(), ({ item }) => open(found[item]));
    for await (const outcome of attack(net, method, left, options)) {
      found[outcome.item]!.attacks[method.name] = recordOf(outcome);
      yield { attack: method.name, item: outcome.item, outcome, record };
    }
  }
  const [one] = fit;
  const names = fit.map(({ name }) => name);
  const complete = signal?.aborted !== true;
  return { ...summarise(record, names), norm: one?.norm.name, eps: one?.eps, leftOut, record, complete };
}

/** Attacks that a net has enough classes for, and the others by name. */
export function fitting(
  net: Classifier,
  attacks: readonly Attack[],
): { readonly fit: readonly Attack[]; readonly leftOut: Record<string, string> } {
  const leftOut: Record<string, string> = {};
  const fit = attacks.filter((method) => {
    const { name, classes = 2 } = method;
    if (classes > net.classes) leftOut[name] = `needs ${classes} classes, and the net has ${net.classes}`;
    else expectFits(net, method);
    return classes <= net.classes;
  });
  return { fit, leftOut };
}

const keyOf = (net: Classifier, attacks: readonly Attack[], seed: number, hash = ""): string =>
  [net.name, hash, ...attacks.map(({ name, eps }) => `${name} ${eps ?? ""}`.trim()), `seed ${seed}`]
    .filter((part) => part !== "")
    .join(", ");

/** Only looks. */
const lookJob = {
  name: "clean",
  gradients: false,
  *course(picture: Picture) {
    const { logits } = yield* ask(look, { x: picture.image });
    return { picture, clean: classOf(logits!) };
  },
};

async function* where(pictures: Pictures, wanted: (p: Picture) => boolean): AsyncGenerator<Picture> {
  for await (const picture of pictures) if (wanted(picture)) yield picture;
}
