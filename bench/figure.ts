/** @file What the benchmark reports, line by line, and the table made of it. */

import type { Spread } from "./measure.ts";

export interface Figure extends Spread {
  readonly name: string;
  readonly unit: "ms" | "MB" | "×" | "steps/s" | "img/s" | "%";
  /** What it should stay below (or above), where something was agreed. */
  readonly target?: { readonly below: number } | { readonly above: number };
}

export interface EntryResult {
  readonly entry: string;
  readonly figures: readonly Figure[];
  /** What a reader should know. */
  readonly notes: readonly string[];
}

const digits = (x: number): string => (Math.abs(x) >= 100 ? x.toFixed(0) : x.toPrecision(3));

function verdict({ median, target }: Figure): string {
  if (!target) return "";
  const [sign, limit, met] =
    "below" in target ? ["≤", target.below, median <= target.below] : ["≥", target.above, median >= target.above];
  return `${met ? "met" : "missed"} (${sign} ${limit})`;
}

/** Columns: what, median, unit, quartiles, samples, target. */
export function table(results: readonly EntryResult[]): string {
  const rows = results.flatMap(({ entry, figures }) =>
    figures.map((f) => [
      entry,
      f.name,
      digits(f.median),
      f.unit,
      f.count > 1 ? `${digits(f.low)} … ${digits(f.high)}` : "",
      f.count > 1 ? `${f.count}` : "",
      verdict(f),
    ]),
  );
  const head = ["entry", "figure", "median", "unit", "quartiles", "n", "target"];
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((row) => row[i]!.length)));
  const numeric = new Set([2, 5]);
  const line = (cells: readonly string[]): string =>
    cells
      .map((c, i) => (numeric.has(i) ? c.padStart(widths[i]!) : c.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  const notes = results.flatMap(({ entry, notes }) => notes.map((note) => `${entry}: ${note}`));
  return [
    line(head),
    line(widths.map((w) => "─".repeat(w))),
    ...rows.map(line),
    ...(notes.length ? ["", ...notes] : []),
  ].join("\n");
}
