/** @file Runs the plan of `fovea attack`: suite, named attacks, transfer, curve, checks; each finished picture is kept at once. */

import type { Attack, Picture } from "../src/robustness/attack.ts";
import { apgdDlr } from "../src/robustness/attacks/apgd.ts";
import { attackNamed } from "../src/robustness/catalogue.ts";
import type { Classifier } from "../src/robustness/classifier.ts";
import { attackAll } from "../src/robustness/run.ts";
import { fitting, standardAttacks, suite } from "../src/robustness/suite.ts";
import { summarise } from "../src/robustness/summary.ts";
import { given, transferOf } from "../src/robustness/transfer.ts";
import { runChecks } from "./attack-checks.ts";
import { budgetOf, recordAt, runCurves } from "./attack-curves.ts";
import type { Plan } from "./attack-flags.ts";
import { Watch } from "./attack-watch.ts";
import { chosen, type Evaluated, type Work } from "./attack-work.ts";
import { progressLine } from "./say.ts";

/** Pictures whose adversarial ones from another net are in memory at once. */
const CHUNK = 64;

/** `undefined` where the signal ended the work: what is finished is in the records. */
export async function evaluated(work: Work): Promise<Evaluated | undefined> {
  const { plan, net, options, records } = work;
  const { fit, leftOut } = fitting(net, attacksOf(plan, net));
  const names = fit.map(({ name }) => name);
  if (plan.suite === "curve") {
    if (!(await runSuite(work, []))) return undefined;
    const points = await runCurves(work, fit);
    if (!points || options.signal.aborted) return undefined;
    const eps = budgetOf(plan);
    const record = recordAt(work, points, eps);
    const checks = await runChecks(work, record, fit);
    return checks && { ...summarise(record, names), eps, points, checks, leftOut };
  }
  const run = work.other && plan.names.length > 0 ? await runTransfer(work, fit) : await runSuite(work, fit);
  if (!run) return undefined;
  const record = chosen(work, records.suite());
  const ran = run.map((name, i) => (name === fit[i]?.name ? fit[i] : given(name, new Map(), fit[i]!)));
  const checks = await runChecks(work, record, ran);
  return checks && { ...summarise(record, run), eps: plan.eps, points: [], checks, leftOut };
}

/** In the order in which they run. In a cascade for three classes the plain DLR stands in for the targeted one. */
function attacksOf({ suite, norm, eps, names, effort }: Plan, { classes }: Classifier): Attack[] {
  const named = names.map((name) => attackNamed(name, { ...effort, norm, ...(name !== "spatial" && { eps }) }));
  if (suite !== "standard") return named;
  const cascade = standardAttacks({ ...effort, norm, eps }).flatMap((method) =>
    method.name === `apgd-t-${norm.name}` && classes === 3 ? [method, apgdDlr({ ...effort, norm, eps })] : [method],
  );
  const there = new Set(cascade.map(({ name }) => name));
  return [...cascade, ...named.filter(({ name }) => !there.has(name))];
}

/** Runs attacks one after another and returns their names; `undefined` where the work was ended. */
async function runSuite(work: Work, attacks: readonly Attack[], wanted?: ReadonlySet<number>) {
  const { plan, net, pictures, records, options } = work;
  const watch = new Watch(work);
  const known = records.suite();
  const from = chosen(work, known);
  try {
    const running = suite(net, () => pictures.open(wanted), {
      ...options,
      attacks,
      cascade: plan.suite === "standard",
      from,
      key: known.key,
      begin: (name, count = pictures.count - Object.keys(from.pictures).length) =>
        watch.begin(name, wanted?.size ?? count),
      progress: watch.progress,
    });
    for (;;) {
      const next = await running.next();
      if (next.done) return next.value.complete ? attacks.map(({ name }) => name) : undefined;
      const { outcome, record, item } = next.value;
      if (!outcome) records.looked(record, item);
      else {
        records.attacked(outcome);
        await watch.finished(outcome, outcome.attack);
      }
    }
  } finally {
    watch.end();
  }
}

/** What attacks make on the other net, shown to the net, chunk by chunk. */
async function runTransfer(work: Work, attacks: readonly Attack[]) {
  const { other, pictures, records, options } = work;
  if (!(await runSuite(work, []))) return undefined;
  const names: string[] = [];
  for (const method of attacks) {
    const name = `transfer-${method.name}`;
    names.push(name);
    const open = pictures.order.filter((item) => {
      const p = records.pictures[item];
      return p && p.clean === p.label && !p.attacks[name];
    });
    for (let i = 0; i < open.length; i += CHUNK) {
      const wanted = new Set(open.slice(i, i + CHUNK));
      const some: Picture[] = [];
      for await (const picture of pictures.open(wanted)) some.push(picture);
      const line = progressLine(`${method.name} on ${other!.name}`, { quiet: work.quiet, unit: "images" });
      const made = await attackAll(other!, method, some, {
        ...options,
        progress: ({ done }) => line.update(i + done, open.length, ""),
      });
      line.end();
      if (options.signal.aborted || made.length === 0) return undefined;
      if (!(await runSuite(work, [transferOf(made, method)], wanted))) return undefined;
    }
  }
  return names;
}
