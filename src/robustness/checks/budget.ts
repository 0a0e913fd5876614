/** @file Checks that an attack does more with more: eps, iterations, iterations at all. */

import type { Outcome } from "../attack.ts";
import { bandPgd } from "../attacks/band.ts";
import { fgsm, pgd } from "../attacks/pgd.ts";
import { curve } from "../curve.ts";
import { type Check, type CheckContext, fooled, of, result, run, survivors } from "./check.ts";

/** Part of the pictures by which random starts may let a larger budget do worse. */
const SLACK = 0.02;
/** Of the eps that is evaluated; then the largest there is. */
const FACTORS = [0.25, 0.5, 1, 2, 4];
/** Of the steps that checks run. */
const STEP_FACTORS = [0.05, 0.25, 1, 2];

/** Without a budget an attack fools exactly the pictures that the net is wrong about. */
export async function nothingAtZero(c: CheckContext): Promise<Check> {
  const outcomes = await run(c, pgd({ norm: c.norm, eps: 0, steps: 2 }));
  const before = ({ item, before }: Outcome): number => c.record.pictures[item]?.clean ?? before;
  const wrong = outcomes.filter((o) =>
    o.target === undefined ? before(o) !== o.label : before(o) === o.target,
  ).length;
  const hit = fooled(outcomes);
  return result(
    "eps 0 equals clean accuracy",
    hit === wrong,
    { fooled: hit, wrong, n: outcomes.length },
    {
      passed: `at eps 0 ${of(hit, outcomes.length)} count as fooled, the very ones that are answered wrong untouched`,
      failed: `at eps 0 ${of(hit, outcomes.length)} are fooled, but ${wrong} are answered wrong untouched: the net is random or is evaluated differently`,
    },
  );
}

/** Success grows with eps and reaches all pictures (or what guessing leaves) where every picture is within reach. */
export async function growsWithEps(c: CheckContext): Promise<Check> {
  const most = c.norm.largest(c.pictures[0]?.image.length ?? 1);
  const epsilons = [...new Set([...FACTORS.map((f) => f * c.eps).filter((e) => e < most), most])];
  const make = (eps: number) => pgd({ norm: c.norm, eps, steps: c.steps });
  const rates: number[] = [];
  const numbers: Record<string, number> = {};
  for await (const { eps, n, outcomes } of curve(c.net, make, () => c.pictures, epsilons, c.options)) {
    rates.push(fooled([...outcomes.values()]) / n);
    numbers[`eps ${+eps.toPrecision(4)}`] = rates.at(-1)!;
  }
  const least = 1 - 1 / c.net.classes;
  const all = rates.at(-1)! >= least;
  return result("success grows with eps and reaches all", rising(rates) && all, numbers, {
    passed: `PGD's success rises with eps to ${percent(rates.at(-1)!)} where nothing limits it`,
    failed: all
      ? "PGD fools fewer pictures with a larger eps: its gradients do not lead where they should"
      : `PGD fools only ${percent(rates.at(-1)!)} of the pictures where any change is allowed: its gradients are masked`,
  });
}

export async function growsWithSteps(c: CheckContext): Promise<Check> {
  const counts = [...new Set(STEP_FACTORS.map((f) => Math.max(1, Math.round(f * c.steps))))];
  const numbers: Record<string, number> = {};
  for (const steps of counts)
    numbers[`${steps} steps`] = fooled(await run(c, pgd({ norm: c.norm, eps: c.eps, steps }))) / c.pictures.length;
  const rates = Object.values(numbers);
  return result("success grows with iterations", rising(rates), numbers, {
    passed: `PGD's success goes from ${percent(rates[0]!)} with ${counts[0]} steps to ${percent(rates.at(-1)!)} with ${counts.at(-1)}`,
    failed: "PGD fools fewer pictures with more steps: its gradients do not lead where they should",
  });
}

/** Picture by picture: what one step fools, the iterative attacks of the suite fool. */
export async function iterativeBeatsOneStep(c: CheckContext): Promise<Check> {
  const one = fooled(await run(c, fgsm({ norm: c.norm, eps: c.eps })));
  const many = fooled(await run(c, pgd({ norm: c.norm, eps: c.eps, steps: c.steps })));
  const missed = fooled(await run(c, fgsm({ norm: c.norm, eps: c.eps }), survivors(c)));
  return result(
    "iterative attacks beat one step",
    missed === 0 && many >= one * (1 - SLACK),
    { fgsm: one, pgd: many, missed },
    {
      passed: `one step fools ${of(one, c.pictures.length)}, PGD ${many}; none that the suite has missed`,
      failed: `one step fools ${of(one, c.pictures.length)}, PGD ${many}, and ${missed} of the former the suite has missed: iterating gets stuck, a sign of masked gradients`,
    },
  );
}

/** PGD within each band of frequencies fools nothing that the suite has missed. */
export async function bandLimited(c: CheckContext): Promise<Check> {
  const [numbers, left]: [Record<string, number>, ReturnType<typeof survivors>] = [{}, survivors(c)];
  let missed = 0;
  for (const band of ["low", "middle", "high"] as const) {
    const method = bandPgd({ norm: c.norm, eps: c.eps, steps: c.steps, band });
    numbers[band] = fooled(await run(c, method)) / c.pictures.length;
    missed += fooled(await run(c, method, left));
  }
  return result(
    "band-limited PGD",
    missed === 0,
    { ...numbers, missed },
    {
      passed: `PGD in low, middle and high frequencies alone fools ${["low", "middle", "high"].map((b) => percent(numbers[b]!)).join(", ")}; none that the suite has missed`,
      failed: `PGD in one band of frequencies fools ${missed} pictures that the suite has missed: gradients of some scales hide the others'`,
    },
  );
}

const rising = (rates: readonly number[]): boolean => rates.every((r, i) => i === 0 || r >= rates[i - 1]! - SLACK);
const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
