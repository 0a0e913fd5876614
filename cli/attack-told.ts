/** @file What `fovea attack` tells: numbers as JSON, a table, the report, and pictures of examples. */

import { encodePng } from "#image-codec";
import { type AttackReport, attackPage, type ExampleFigure } from "../src/report/attack.ts";
import type { Outcome } from "../src/robustness/attack.ts";
import { plainName } from "../src/robustness/catalogue.ts";
import type { Classifier } from "../src/robustness/classifier.ts";
import type { AttackSummary } from "../src/robustness/summary.ts";
import { tensor } from "../src/tensor/tensor.ts";
import type { Evaluated } from "./attack-work.ts";
import { digits, table } from "./table.ts";

/** Of the change, so that it can be seen. */
const CONTRAST = 10;

/** The three pictures of an example. */
export async function example(
  { picture: [c, h, w] }: Classifier,
  labels: readonly string[],
  { attack, label, answer, distance, untouched, picture }: Outcome,
): Promise<ExampleFigure> {
  const change = picture.map((x, i) => Math.min(1, Math.max(0, 0.5 + CONTRAST * (x - untouched[i]!))));
  const uri = async (data: Float32Array): Promise<string> =>
    `data:image/png;base64,${Buffer.from(await encodePng(tensor("float32", [c, h, w], data))).toString("base64")}`;
  const pictures = [await uri(untouched), await uri(change), await uri(picture)] as const;
  const name = (k: number): string => labels[k] ?? `class ${k}`;
  return {
    attack: plainName(attack),
    label: name(label),
    answer: name(answer),
    size: String(Number(distance.toPrecision(3))),
    pictures,
  };
}

/** Facts of the run that the numbers hold for. */
export interface Facts {
  readonly net: string;
  readonly data: string;
  readonly split: string;
  readonly suite: string;
  readonly norm: string;
  readonly epsText: string;
  readonly notes: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
}

const number = (x: number): number | null => (Number.isFinite(x) ? x : null);

const perAttack = (a: AttackSummary) => ({
  attacked: a.attacked,
  fooled: a.fooled,
  alone: a.alone ? number(a.alone.value) : null,
  robustAccuracy: number(a.robustAccuracy.value),
  interval: a.robustAccuracy.interval,
  distance: number(a.distance),
  queries: number(a.queries),
  gradients: number(a.gradients),
  zeroGradients: number(a.zeroGradients),
  saturated: number(a.saturated),
});

const renamed = <T>(byName: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(byName).map(([name, value]) => [plainName(name), value]));

/** The contract of `--json`: see docs/attacks.md. */
export const asJson = (e: Evaluated, { net, notes, settings, epsText: _, ...facts }: Facts) => ({
  n: e.n,
  clean: number(e.clean.value),
  robustAccuracy: number(e.robustAccuracy.value),
  intervals: { clean: e.clean.interval, robustAccuracy: e.robustAccuracy.interval },
  perAttack: Object.fromEntries(Object.entries(renamed(e.perAttack)).map(([name, a]) => [name, perAttack(a)])),
  checks: e.checks,
  leftOut: renamed(e.leftOut),
  ...(e.points.length > 0 && {
    curve: e.points.map(({ attack, eps, n, accuracy }) => ({
      attack: plainName(attack),
      eps,
      n,
      accuracy: number(accuracy.value),
      interval: accuracy.interval,
    })),
  }),
  eps: e.eps,
  ...facts,
  net,
  notes,
  settings,
});

const percent = (x: number): string => (Number.isFinite(x) ? `${(100 * x).toFixed(1)} %` : "-");
const range = ([low, high]: readonly [number, number]): string => `${percent(low)} to ${percent(high)}`;

/** For a terminal. */
export function asText(e: Evaluated, { net, data, split, norm, epsText }: Facts): string {
  const columns = ["attack", "pictures", "fooled", "alone", "right so far", "95 %", "mean size", "queries"].map(
    (title, i) => ({ title, align: i === 0 ? ("left" as const) : ("right" as const) }),
  );
  const rows = Object.entries(e.perAttack).map(([name, a]) => [
    plainName(name),
    String(a.attacked),
    String(a.fooled),
    a.alone ? percent(a.alone.value) : "",
    percent(a.robustAccuracy.value),
    range(a.robustAccuracy.interval),
    Number.isFinite(a.distance) ? digits(a.distance) : "",
    Number.isFinite(a.queries) ? digits(Math.round(a.queries)) : "",
  ]);
  const curves = [...new Set(e.points.map((p) => p.attack))].map((name) => [
    plainName(name),
    ...e.points.filter((p) => p.attack === name).map((p) => percent(p.accuracy.value)),
  ]);
  const epsilons = [...new Set(e.points.map((p) => p.eps))].map((eps) => ({
    title: `eps ${Number(eps.toPrecision(3))}`,
    align: "right" as const,
  }));
  return [
    `${net} on ${data}, split ${split}: ${e.n} pictures, ${norm}, eps ${e.points.length > 0 ? digits(e.eps) : epsText}`,
    `clean    ${percent(e.clean.value)}  (95 %: ${range(e.clean.interval)})`,
    `robust   ${percent(e.robustAccuracy.value)}  (95 %: ${range(e.robustAccuracy.interval)})`,
    "",
    table(columns, rows),
    ...(curves.length > 0 ? ["", table([{ title: "accuracy at" }, ...epsilons], curves)] : []),
    ...(e.checks.length > 0
      ? ["", ...e.checks.map(({ name, status, says }) => `${mark[status]} ${name}: ${says}`)]
      : []),
  ].join("\n");
}

const mark = { passed: "passed ", failed: "FAILED ", "not applicable": "n/a    " } as const;

/** The report. */
export function asPage(e: Evaluated, facts: Facts, examples: Iterable<readonly ExampleFigure[]>): string {
  const { net, data, split, suite, norm, epsText, notes, settings } = facts;
  const failed = e.checks.filter(({ status }) => status === "failed").length;
  const budget = e.points.length > 0 && e.eps !== settings.eps ? digits(e.eps) : epsText;
  const trust =
    e.checks.length === 0 ? "" : failed === 0 ? " No check objects." : ` ${failed} of the checks failed: see below.`;
  const report: AttackReport = {
    title: `How robust is ${net}?`,
    words: `Of ${e.n} pictures of ${data} (${split}) the net is right about ${percent(e.clean.value)} untouched, and about ${percent(e.robustAccuracy.value)} whatever the attacks below do within ${norm} ${budget}.${trust}`,
    facts: {
      "right untouched": `${percent(e.clean.value)}  (95 %: ${range(e.clean.interval)})`,
      "right after every attack": `${percent(e.robustAccuracy.value)}  (95 %: ${range(e.robustAccuracy.interval)})`,
      budget: `${norm} ${budget}, pictures in 0…1`,
      suite,
      ...(notes.length > 0 && { note: notes.join("; ") }),
    },
    attacks: Object.entries(e.perAttack).map(([name, a]) => ({
      name: plainName(name),
      attacked: a.attacked,
      fooled: a.fooled,
      alone: a.alone?.value,
      robustAccuracy: a.robustAccuracy.value,
      interval: a.robustAccuracy.interval,
      distance: a.distance,
      queries: a.queries,
      gradients: a.gradients,
    })),
    leftOut: renamed(e.leftOut),
    checks: e.checks,
    checkWords:
      e.checks.length === 0
        ? "No checks were run on these numbers: robust accuracy is what the attacks above left, and other attacks may leave less."
        : "Robust accuracy is what the attacks left: an upper bound. These checks look for signs that they left too much.",
    ...curvesOf(e, norm),
    examples: [...examples].flat(),
    config: JSON.stringify(settings, null, 2),
  };
  return attackPage(report);
}

/** The curves that were asked for; else what the checks found on the way. */
function curvesOf(e: Evaluated, norm: string): Pick<AttackReport, "curves" | "curveWords" | "xTitle"> {
  const names = [...new Set(e.points.map((p) => p.attack))];
  const xTitle = `eps (${norm})`;
  if (names.length > 0)
    return {
      curves: names.map((name) => ({
        name: plainName(name),
        points: e.points.filter((p) => p.attack === name).map((p) => [p.eps, p.accuracy.value] as const),
      })),
      curveWords: "Accuracy of the net where each attack alone may change the pictures by eps.",
      xTitle,
    };
  const grown = e.checks.find(({ name }) => name === "success grows with eps and reaches all")?.numbers ?? {};
  // The last point is where anything is allowed: it would squeeze the others.
  const still = e.checks.find(({ name }) => name === "eps 0 equals clean accuracy")?.numbers;
  const points = [
    ...(still ? [[0, 1 - still.fooled! / still.n!] as const] : []),
    ...Object.entries(grown)
      .slice(0, -1)
      .map(([eps, success]) => [Number(eps.replace("eps ", "")), 1 - success] as const),
  ];
  return {
    curves: points.length > 1 ? [{ name: "pgd", points }] : [],
    curveWords: "Accuracy under PGD alone, on the pictures of the checks.",
    xTitle,
  };
}
