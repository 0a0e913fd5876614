/** @file The report of a training run: curves, confusion, each class, the worst mistakes; one page that stands alone. */

import { type Curve, curvesFigure, curvesStyle } from "./curves.ts";
import { documentHtml, escaped, factsHtml } from "./page.ts";

export interface ClassRow {
  readonly label: string;
  readonly n: number;
  /** Parts in 0…1, or what is no number where they are unknown. */
  readonly recall: number;
  readonly precision: number;
  readonly f1: number;
}

export interface MistakeFigure {
  /** A data URI. */
  readonly source: string;
  readonly name: string;
  readonly label: string;
  readonly answer: string;
  /** Probability of the answer. */
  readonly confidence: number;
}

export interface TrainingReport {
  readonly title: string;
  readonly words: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly loss: readonly Curve[];
  readonly accuracy: readonly Curve[];
  readonly rate: readonly Curve[];
  /** What was found on the pictures of validation; absent where there was none. */
  readonly validation?: {
    readonly title: string;
    readonly classes: readonly ClassRow[];
    /** `confusion[label][answer]`: pictures. */
    readonly confusion: readonly (readonly number[])[];
    readonly mistakes: readonly MistakeFigure[];
  };
  /** The settings, as JSON. */
  readonly config: string;
}

const style = `
  figcaption { font-size: .9em; opacity: .8 }
  ${curvesStyle}
  .confusion { width: auto; max-width: 100% } .confusion rect { fill: #2f7ed8 } .confusion .border { fill: none; stroke: currentColor; opacity: .4 }
  th, td { padding: .1rem .8rem .1rem 0 }
  .mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem }
  .mistakes img { width: 100%; border-radius: 4px; image-rendering: auto }`;

/** The page of a run. */
export function trainingPage({ title, words, facts, validation, config, ...curves }: TrainingReport): string {
  return documentHtml(
    title,
    words,
    style,
    `
${factsHtml(facts)}
<h2>Curves</h2>
<div class="pair">
${curvesFigure(curves.loss, { title: "loss", xTitle: "epoch" })}
${curvesFigure(curves.accuracy, { title: "accuracy", xTitle: "epoch", range: [0, 1] })}
${curvesFigure(curves.rate, { title: "learning rate", xTitle: "epoch" })}
</div>${validation ? validationHtml(validation) : ""}
<h2>Settings</h2>
<pre>${escaped(config)}</pre>`,
  );
}

const validationHtml = ({ title, classes, confusion, mistakes }: NonNullable<TrainingReport["validation"]>): string => `
<h2>Worst mistakes</h2>
<p>${escaped(title)}</p>
<div class="mistakes">${mistakes.map(mistakeHtml).join("")}</div>
<h2>Confusion</h2>
<p>Each row is a class, each column an answer; the darker, the larger the part of the row's pictures.</p>
${confusionSvg(
  classes.map(({ label }) => label),
  confusion,
)}
<h2>Classes, the least known first</h2>
<table><tr><th>class</th><th>pictures</th><th>recall</th><th>precision</th><th>F1</th></tr>${[...classes]
  .filter(({ n }) => n > 0)
  .sort((a, b) => a.recall - b.recall)
  .map(classHtml)
  .join("")}</table>`;

const part = (x: number): string => (Number.isFinite(x) ? x.toFixed(3) : "–");

const classHtml = ({ label, n, recall, precision, f1 }: ClassRow): string =>
  `\n<tr><td>${escaped(label)}</td><td>${n}</td>${[recall, precision, f1].map((x) => `<td>${part(x)}</td>`).join("")}</tr>`;

const mistakeHtml = ({ source, name, label, answer, confidence }: MistakeFigure): string =>
  `\n<figure><img src="${escaped(source)}" alt="${escaped(`${label}: ${name}`)}"><figcaption>${escaped(label)}, taken for <b>${escaped(answer)}</b> at ${Math.round(100 * confidence)} %</figcaption></figure>`;

/** Most classes whose names fit beside the rows. */
const NAMED = 40;

/** Only what is not 0 is drawn; each square tells its numbers when pointed at. */
export function confusionSvg(labels: readonly string[], confusion: readonly (readonly number[])[]): string {
  const side = Math.max(4, Math.min(22, Math.floor(600 / labels.length)));
  const named = labels.length <= NAMED;
  const left = named ? 170 : 4;
  const total = side * labels.length;
  const names = named
    ? labels.map(
        (label, i) =>
          `<text x="${left - 6}" y="${4 + (i + 0.5) * side + 4}" text-anchor="end">${escaped(label.slice(0, 24))}</text>`,
      )
    : [];
  const squares = confusion.flatMap((row, i) => {
    const n = row.reduce((a, b) => a + b, 0);
    return row.flatMap((count, j) => {
      if (count === 0) return [];
      const told = `${labels[i]} → ${labels[j]}: ${count} of ${n}`;
      const opacity = (0.12 + (0.88 * count) / n).toFixed(2);
      return `<rect x="${left + j * side}" y="${4 + i * side}" width="${side - 1}" height="${side - 1}" opacity="${opacity}"><title>${escaped(told)}</title></rect>`;
    });
  });
  const width = left + total + 4;
  return `<svg class="confusion" width="${width}" viewBox="0 0 ${width} ${total + 8}" role="img" aria-label="confusion of the classes">${names.join("")}${squares.join("")}<rect class="border" x="${left}" y="4" width="${total}" height="${total}"/></svg>`;
}
