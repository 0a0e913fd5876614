/** @file The checks of `fovea attack`, on some of its pictures; those that an earlier run has made are taken over. */

import type { Attack, Picture } from "../src/robustness/attack.ts";
import { checklist } from "../src/robustness/checks/all.ts";
import type { Check } from "../src/robustness/checks/check.ts";
import type { SuiteRecord } from "../src/robustness/record.ts";
import type { Work } from "./attack-work.ts";
import { progressLine } from "./say.ts";

/** `undefined` where the work was ended. */
export async function runChecks(
  work: Work,
  record: SuiteRecord,
  attacks: readonly Attack[],
): Promise<Check[] | undefined> {
  const { plan, net, other, pictures, records, options, checkPictures, draws } = work;
  if (!plan.checks) return [];
  const items = new Set(pictures.order.slice(0, checkPictures));
  const of = [Object.keys(record.pictures).length, items.size, draws].join(" ");
  const some: Picture[] = [];
  for await (const picture of pictures.open(items)) some.push(picture);
  const line = progressLine("checks", { quiet: work.quiet, unit: "checks" });
  let [now, at, total] = ["", 0, 1];
  const checks: Check[] = [];
  try {
    const running = checklist({
      net,
      pictures: some,
      norm: plan.norm,
      eps: plan.eps,
      record,
      attacks,
      draws,
      others: other ? [other] : [],
      known: records.checks(of),
      begin: (name, number, count) => {
        [now, at, total] = [name, number, count];
      },
      options: {
        ...options,
        progress: ({ attack, done }) => line.update(at, total, `${now}: ${attack}, ${done} of ${some.length} images`),
      },
    });
    for await (const check of running) {
      checks.push(check);
      if (!records.checks(of).has(check.name)) records.checked(check, of);
    }
  } finally {
    line.end();
  }
  return options.signal.aborted ? undefined : checks;
}
