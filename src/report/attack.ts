/** @file The report of an attack: what stands, attack by attack; whether to trust it; curves and examples; one page alone. */

import { type Curve, curvesFigure, curvesStyle } from "./curves.ts";
import { documentHtml, escaped, factsHtml } from "./page.ts";

export interface AttackRow {
  readonly name: string;
  /** Pictures that it was run on, and that it fooled. */
  readonly attacked: number;
  readonly fooled: number;
  /** Accuracies, 0…1; `undefined` where an attack was not run on all. */
  readonly alone: number | undefined;
  readonly robustAccuracy: number;
  readonly interval: readonly [low: number, high: number];
  /** Means; what is no number where there were none. */
  readonly distance: number;
  readonly queries: number;
  readonly gradients: number;
}

export interface CheckRow {
  readonly name: string;
  readonly status: "passed" | "failed" | "not applicable";
  readonly says: string;
}

export interface ExampleFigure {
  readonly attack: string;
  /** Names of the class, and of the answer to the changed picture. */
  readonly label: string;
  readonly answer: string;
  /** Size of the change, in words. */
  readonly size: string;
  /** Data URIs: the picture, the change × 10 about grey, the changed picture. */
  readonly pictures: readonly [before: string, change: string, after: string];
}

export interface AttackReport {
  readonly title: string;
  readonly words: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly attacks: readonly AttackRow[];
  /** Attacks that could not be run, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
  readonly checks: readonly CheckRow[];
  readonly checkWords: string;
  /** Accuracy over eps; none by default. */
  readonly curves: readonly Curve[];
  readonly curveWords: string;
  readonly xTitle: string;
  readonly examples: readonly ExampleFigure[];
  /** The settings, as JSON. */
  readonly config: string;
}

const style = `
  figcaption { font-size: .85em; opacity: .85 }
  .pair figure { max-width: 40rem } ${curvesStyle}
  th, td { padding: .15rem 1rem .15rem 0; vertical-align: top; white-space: nowrap }
  th { font-weight: 600; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent) }
  .checks { list-style: none; padding: 0 } .checks li { margin: .35rem 0; padding-left: .8rem; border-left: 4px solid #8a8a8a }
  .checks .passed { border-color: #3a9a4b } .checks .failed { border-color: #c8372d; background: color-mix(in srgb, #c8372d 10%, transparent) }
  .checks b { margin-right: .6rem } .checks i { font-style: normal; opacity: .75; margin-right: .6rem } .checks .failed i { color: #c8372d; opacity: 1; font-weight: 600 }
  .examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); gap: 1.5rem }
  .triple { display: grid; grid-template-columns: repeat(3, 1fr); gap: 4px } .triple img { width: 100%; border-radius: 3px; image-rendering: pixelated }`;

/** The page of an evaluation. */
export function attackPage(report: AttackReport): string {
  const { title, words, facts, attacks, leftOut, checks, checkWords, curves, curveWords, xTitle, examples } = report;
  return documentHtml(
    title,
    words,
    style,
    `
${factsHtml(facts)}
<h2>Attacks</h2>
${attackTable(attacks)}${Object.entries(leftOut)
  .map(([name, why]) => `\n<p>Left out: <b>${escaped(name)}</b> ${escaped(why)}.</p>`)
  .join("")}${curves.length > 0 ? curvesHtml(curves, curveWords, xTitle) : ""}
<h2>Can it be trusted?</h2>
<p>${escaped(checkWords)}</p>
<ul class="checks">${[...checks]
      .sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
      .map(checkHtml)
      .join("")}</ul>
${examples.length > 0 ? examplesHtml(examples) : ""}<h2>Settings</h2>
<pre>${escaped(report.config)}</pre>`,
  );
}

const order: readonly CheckRow["status"][] = ["failed", "passed", "not applicable"];

const percent = (x: number | undefined): string =>
  x === undefined || !Number.isFinite(x) ? "–" : `${(100 * x).toFixed(1)} %`;
const digits = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(3))) : "–");

const heads = [
  "attack",
  "pictures",
  "fooled",
  "right after it alone",
  "right so far",
  "95 %",
  "mean size",
  "queries",
  "gradients",
];

const attackTable = (rows: readonly AttackRow[]): string =>
  `<div class="scroll"><table><tr>${heads.map((h) => `<th>${h}</th>`).join("")}</tr>${rows
    .map((r) => {
      const cells = [
        r.name,
        String(r.attacked),
        String(r.fooled),
        percent(r.alone),
        percent(r.robustAccuracy),
        r.interval.map((x) => percent(x)).join(" … "),
        digits(r.distance),
        digits(r.queries),
        digits(r.gradients),
      ];
      return `\n<tr>${cells.map((c) => `<td>${escaped(c)}</td>`).join("")}</tr>`;
    })
    .join("")}</table></div>`;

const checkHtml = ({ name, status, says }: CheckRow): string =>
  `\n<li class="${status.replace(" ", "-")}"><b>${escaped(name)}</b><i>${status}</i>${escaped(says)}</li>`;

/** Curves that one figure can tell apart, and name beside its axis. */
const TOGETHER = 3;

function curvesHtml(curves: readonly Curve[], words: string, xTitle: string): string {
  const groups = Array.from({ length: Math.ceil(curves.length / TOGETHER) }, (_, i) =>
    curves.slice(i * TOGETHER, (i + 1) * TOGETHER),
  );
  const figure = (group: readonly Curve[]): string =>
    curvesFigure(group, { title: "accuracy over eps", xTitle, range: [0, 1] });
  return `
<h2>Curves</h2>
<p>${escaped(words)}</p>
<div class="pair">
${groups.map(figure).join("\n")}
</div>`;
}

const examplesHtml = (examples: readonly ExampleFigure[]): string => `<h2>Examples</h2>
<p>The picture, what was changed (ten times as strong, about grey), and the changed picture with the net's answer.</p>
<div class="examples">${examples.map(exampleHtml).join("")}</div>
`;

function exampleHtml({ attack, label, answer, size, pictures }: ExampleFigure): string {
  const words = [`${label}, untouched`, `change by ${attack}, × 10`, `taken for ${answer}`];
  const images = pictures.map((source, i) => `<img src="${escaped(source)}" alt="${escaped(words[i]!)}">`);
  return `\n<figure><div class="triple">${images.join("")}</div><figcaption>${escaped(label)} → <b>${escaped(answer)}</b> (${escaped(attack)}, ${escaped(size)})</figcaption></figure>`;
}
