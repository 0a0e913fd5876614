/** @file Small pieces of a report's page. */

import type { MeanInterval } from "../tensor/statistics.ts";
import type { ReportFigures } from "./net-report-data.ts";
import { escaped } from "./page.ts";

/** A picture by its name among the figures; nothing where it is not there. */
export const imageHtml = (figures: ReportFigures, name: string, description: string): string =>
  figures[name] ? `<img src="${escaped(figures[name])}" alt="${escaped(description)}">` : "";

/** Three digits; a dash for what is not a number. */
export const digits = (x: number | undefined): string =>
  x === undefined || !Number.isFinite(x) ? "–" : String(Number(x.toPrecision(3)));

export const percent = (part: number | undefined): string =>
  part === undefined || Number.isNaN(part)
    ? "–"
    : part > 0 && part < 0.001
      ? "< 0.1 %"
      : `${Number((100 * part).toPrecision(3))} %`;

/** `0.123 (0.1 to 0.15)` */
export const meanHtml = ({ mean, interval: [low, high] }: MeanInterval): string =>
  Number.isFinite(low) && Number.isFinite(high)
    ? `${digits(mean)} <small>${digits(low)} to ${digits(high)}</small>`
    : digits(mean);

/** A row of headings, then rows of cells that are HTML already. */
export const tableHtml = (headings: readonly string[], rows: readonly (readonly string[])[], kind = ""): string =>
  `<div class="scroll"><table${kind ? ` class="${kind}"` : ""}><tr>${headings.map((h) => `<th>${escaped(h)}</th>`).join("")}</tr>${rows
    .map((row) => `\n<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`)
    .join("")}</table></div>`;
