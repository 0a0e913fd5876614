/** @file `--suite curve`: accuracy over eps for each attack, point by point. */

import type { Attack, Outcome } from "../src/robustness/attack.ts";
import { attackNamed, catalogue } from "../src/robustness/catalogue.ts";
import { type CurvePoint, curve, curveOfSmallest } from "../src/robustness/curve.ts";
import type { PictureRecord, SuiteRecord } from "../src/robustness/record.ts";
import type { Plan } from "./attack-flags.ts";
import { Watch } from "./attack-watch.ts";
import { chosen, type Work } from "./attack-work.ts";

/** Of a curve: eps where it is one of its points, else the largest. */
export const budgetOf = ({ eps, epsilons }: Plan): number => (epsilons.includes(eps) ? eps : epsilons.at(-1)!);

/** `undefined` where the work was ended. */
export async function runCurves(work: Work, attacks: readonly Attack[]): Promise<CurvePoint[] | undefined> {
  const { plan, net, pictures, records, options } = work;
  const { norm, effort, epsilons } = plan;
  const watch = new Watch(work);
  const points: CurvePoint[] = [];
  const at = budgetOf(plan);
  /** Examples are of the eps that the accuracies are at. */
  const shown = (run: string, name: string): boolean => run === `${name} ${at}` || run === `${name} smallest`;
  try {
    for (const name of plan.names) {
      const made = attackNamed(name, { ...effort, norm, eps: plan.eps });
      if (!attacks.some((a) => a.name === made.name)) continue;
      const waiting: Promise<void>[] = [];
      const watched = {
        ...options,
        progress: watch.progress,
        from: (run: string) => records.runs.get(run),
        begin: (run: string) => watch.begin(run, pictures.count - (records.runs.get(run)?.size ?? 0)),
        each: (run: string, outcome: Outcome) => {
          records.ran(run, outcome);
          if (shown(run, outcome.attack)) waiting.push(watch.finished(outcome, outcome.attack));
        },
      };
      const open = () => pictures.open();
      const wanted = new Set(pictures.order);
      const running =
        catalogue[name].seeks === "budget"
          ? curve(net, (eps) => attackNamed(name, { ...effort, norm, eps }), open, epsilons, watched)
          : curveOfSmallest(net, attackNamed(name, { ...effort, norm }), open, epsilons, watched);
      const before = points.length;
      for await (const point of running)
        points.push({ ...point, outcomes: new Map([...point.outcomes].filter(([item]) => wanted.has(item))) });
      await Promise.all(waiting);
      if (points.length - before < epsilons.length) return undefined;
    }
    return points;
  } finally {
    watch.end();
  }
}

/** Curves at one eps, as a suite would have recorded it. */
export function recordAt(work: Work, points: readonly CurvePoint[], eps: number): SuiteRecord {
  const { key, pictures } = chosen(work, work.records.suite());
  const at = points.filter((p) => p.eps === eps);
  const filled = (item: string, p: PictureRecord): PictureRecord => ({
    ...p,
    attacks:
      p.clean === p.label
        ? Object.fromEntries(
            at.flatMap(({ attack, outcomes }) => (outcomes.has(+item) ? [[attack, outcomes.get(+item)!]] : [])),
          )
        : {},
  });
  return { key, pictures: Object.fromEntries(Object.entries(pictures).map(([item, p]) => [item, filled(item, p)])) };
}
