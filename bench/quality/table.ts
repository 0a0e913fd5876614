/** @file Tables that are read in a terminal and in Markdown, and how their numbers are written. */

import { table as textTable } from "../../cli/table.ts";
import type { MeanInterval } from "../../src/tensor/statistics.ts";

export interface Table {
  readonly title: string;
  /** One sentence each, under the table. */
  readonly notes: readonly string[];
  /** Words and not numbers; the first column always is. */
  readonly words?: boolean;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export const asText = ({ title, notes, words = false, columns, rows }: Table): string =>
  [
    title,
    textTable(
      columns.map((name, i) => ({ title: name, align: words || i === 0 ? "left" : "right" })),
      rows.map((row) => row.map((cell) => cell.replace(/[`*]/g, ""))),
    ),
    ...notes,
  ].join("\n");

export const asMarkdown = ({ title, notes, words = false, columns, rows }: Table): string =>
  [
    `## ${title}`,
    "",
    `| ${columns.join(" | ")} |`,
    `|${columns.map((_, i) => (words || i === 0 ? "---" : "---:")).join("|")}|`,
    ...rows.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ].join("\n");

/** Three digits; `-` for what is not there. */
export const number = (x: number | undefined): string =>
  x === undefined || Number.isNaN(x) ? "-" : Math.abs(x) >= 1000 ? x.toFixed(0) : String(Number(x.toPrecision(3)));

const signedPercent = (x: number): string => `${x < 0 ? "−" : "+"}${Math.abs(100 * x).toFixed(1)} %`;
export const percent = (x: number | undefined): string =>
  x === undefined || Number.isNaN(x) ? "-" : `${Math.round(100 * x)} %`;

/** `+3.1 % (−1.0 … +7.2)` */
export function percentInterval({ n, mean, interval: [low, high] }: MeanInterval): string {
  if (n === 0) return "-";
  return n < 2 ? signedPercent(mean) : `${signedPercent(mean)} (${short(low)} … ${short(high)})`;
}
const short = (x: number): string => signedPercent(x).replace(" %", "");
