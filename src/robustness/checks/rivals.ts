/** @file Checks that attacks with the gradient beat those without: black-box, random, transferred. */

import type { Picture } from "../attack.ts";
import { randomDraws } from "../attacks/noise.ts";
import { pgd } from "../attacks/pgd.ts";
import type { Classifier } from "../classifier.ts";
import { standing } from "../record.ts";
import { attackAll } from "../run.ts";
import { transferOf } from "../transfer.ts";
import { type Check, type CheckContext, fooled, notApplicable, result, run, survivors } from "./check.ts";

const blind = ({ attacks }: CheckContext): readonly string[] =>
  attacks.filter((a) => !a.gradients).map(({ name }) => name);

/** How often the suite's attacks without gradients fool what those with gradients did not. */
export function whiteBeatsBlack(c: CheckContext): Check {
  const name = "white-box beats black-box";
  const names = blind(c);
  const seeing = c.attacks.filter((a) => a.gradients).map((a) => a.name);
  const tried = Object.values(c.record.pictures).filter(({ attacks }) => names.some((n) => attacks[n]));
  const left = tried.filter(({ attacks }) => !seeing.some((n) => attacks[n]?.success));
  if (left.length === 0) return notApplicable(name, "the gradient attacks left no picture for those without gradients");
  const missed = left.filter(({ attacks }) => names.some((n) => attacks[n]?.success)).length;
  return result(
    name,
    missed === 0,
    { attacked: left.length, missed },
    {
      passed: `of the ${left.length} pictures that the gradient attacks left, ${names.join(", ")} fools none`,
      failed: `${names.join(", ")} fools ${missed} pictures that the gradient attacks could not: their gradients are masked`,
    },
  );
}

/** An attack without gradients was run on all that the others left. */
export function gradientFree(c: CheckContext): Check {
  const name = "a gradient-free attack was run";
  const names = blind(c);
  const all = Object.values(c.record.pictures);
  const open = all.filter((p) => standing(p) && !names.some((n) => p.attacks[n]));
  const queries = all.flatMap(({ attacks }) => {
    const runs = names.flatMap((n) => attacks[n]?.queries ?? []);
    return runs.length > 0 ? [runs.reduce((sum, q) => sum + q, 0)] : [];
  });
  if (queries.length === 0 && open.length === 0)
    return notApplicable(name, "the attacks before left no picture for one without gradients");
  const mean = queries.reduce((s, q) => s + q, 0) / Math.max(1, queries.length);
  return result(
    name,
    names.length > 0 && open.length === 0,
    { pictures: queries.length, queries: mean, open: open.length },
    {
      passed: `${names.join(", ")} looked ${mean.toFixed(0)} times on average at each of ${queries.length} pictures`,
      failed: `${open.length} pictures stand that no attack without gradients has tried`,
    },
  );
}

/** Random points of the ball's rim fool nothing that the suite has missed. */
export async function whiteBeatsNoise(c: CheckContext): Promise<Check> {
  const name = "white-box beats random draws";
  const left = survivors(c);
  if (left.length === 0) return notApplicable(name, "no picture stands: there is nothing left to fool");
  const missed = fooled(await run(c, randomDraws({ norm: c.norm, eps: c.eps, draws: c.draws }), left));
  return result(
    name,
    missed === 0,
    { pictures: left.length, draws: c.draws, missed },
    {
      passed: `${c.draws} random draws each fool none of the ${left.length} pictures that stand`,
      failed: `random draws fool ${missed} of the ${left.length} pictures that stand: the attacks are broken`,
    },
  );
}

/** Adversarial pictures of other nets fool nothing that the suite has missed; how well they carry over is told both ways. */
export async function transferBothWays(c: CheckContext): Promise<Check> {
  const name = "white-box beats transfer";
  if (c.others.length === 0) return notApplicable(name, "no other net was given to transfer from and to");
  const method = pgd({ norm: c.norm, eps: c.eps, steps: c.steps });
  const left = survivors(c);
  const numbers: Record<string, number> = {};
  let missed = 0;
  const shown = async (from: Classifier, to: Classifier, pictures: readonly Picture[]): Promise<number> =>
    fooled(
      await attackAll(to, transferOf(await attackAll(from, method, pictures, c.options), method), pictures, c.options),
    );
  for (const other of c.others) {
    numbers[`from ${other.name}`] = (await shown(other, c.net, c.pictures)) / c.pictures.length;
    numbers[`to ${other.name}`] = (await shown(c.net, other, c.pictures)) / c.pictures.length;
    missed += await shown(other, c.net, left);
  }
  return result(
    name,
    missed === 0,
    { ...numbers, missed },
    {
      passed: "pictures made on other nets fool none that the suite has missed",
      failed: `pictures made on other nets fool ${missed} that the suite has missed: its gradients are masked`,
    },
  );
}
