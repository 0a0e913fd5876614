/** @file The page of a report on a net: what its classes and units want to see, what its layers keep, what is dead. */

import type { LayerInfo } from "../model/inspect.ts";
import { curvesStyle } from "./curves.ts";
import { besideHtml } from "./net-report-beside.ts";
import type { NetReport, ReportFigures, ReportPart } from "./net-report-data.ts";
import { digits, tableHtml } from "./net-report-html.ts";
import { caricaturesHtml, deadHtml, inversionHtml, pathHtml } from "./net-report-layers.ts";
import { type Broken, brokenText, type Thresholds } from "./net-report-thresholds.ts";
import { classesHtml, unitsHtml } from "./net-report-units.ts";
import { documentHtml, escaped, factsHtml } from "./page.ts";

export interface NetReportPage {
  readonly report: NetReport;
  readonly figures: ReportFigures;
  readonly thresholds: Thresholds;
  readonly broken: readonly Broken[];
  /** More facts for the head. */
  readonly facts: Readonly<Record<string, string>>;
  /** How to make it again. */
  readonly command: string;
}

const style = `
  body { max-width: 80rem }
  h1, h2, h3 { line-height: 1.2; margin: 2.5rem 0 .5rem } h1 { margin-top: 0 } h3 { margin-top: 1.5rem; font-size: 1rem }
  dl { gap: .1rem .9rem; margin: .3rem 0 } dd { overflow-wrap: anywhere }
  nav { display: flex; flex-wrap: wrap; gap: 0 1rem } figcaption { font-size: .85em } img { display: block; width: 100%; border-radius: 3px }
  .units { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.5rem 1.1rem }
  .unit { font-size: .85em } .unit b { overflow-wrap: anywhere } .unit .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 3px; align-items: start }
  .strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .75rem }
  th, td { padding: .15rem .9rem .15rem 0; white-space: nowrap } th { font-weight: 600 } td small { opacity: .65 }
  .pictures td, .pictures th { padding: 2px 4px; text-align: center; font-size: .85em } .pictures img { width: 8rem }
  .chart { max-width: 44rem } ${curvesStyle}
  .beside { grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)) } .beside th, .beside td { padding-right: .5rem; white-space: normal }
  .broken { border-left: 4px solid #d0344f; padding: .2rem 1rem } .kept { border-left: 4px solid #3a9a4b; padding: .2rem 1rem }
  .quiet { opacity: .75 } code { overflow-wrap: anywhere; font-size: .85em }`;

/** What stands for a part that is not there, else the part. */
function partHtml(report: NetReport, part: ReportPart, title: string, body: () => string): string {
  const reason = report.missing[part];
  return `\n<h2 id="${part}">${escaped(title)}</h2>\n${reason === undefined ? body() : `<p class="quiet">Not here: ${escaped(reason)}.</p>`}`;
}

/** The page as text in UTF-8. Nothing in it is loaded. */
export function netReportPage({ report, figures, thresholds, broken, facts, command }: NetReportPage): string {
  const { net, size, judge, photos, notes } = report;
  const all: Record<string, string> = {
    net: `${net.layers.length} layers, ${(net.totals.params / 1e6).toPrecision(3)} million parameters, ${(net.totals.macs / 1e9).toPrecision(3)} billion multiply-accumulates`,
    pictures: `${size[1]}×${size[0]} pixels`,
    ...(net.labels && { classes: `${net.labels.count}, from ${net.labels.source}` }),
    judge: judge ?? "none",
    ...(report.texture && {
      "photos look like": `spectrum slope ${digits(report.texture.spectrumSlope.mean)}, total variation ${digits(report.texture.totalVariation.mean)}`,
    }),
    photos: photos ? `${photos.name}: ${photos.count}, of which the net was shown ${photos.seen}` : "none",
    ...facts,
  };
  const parts = {
    classes: "Classes",
    units: "Units",
    inversion: "Inversions",
    caricatures: "Caricatures",
    dead: "Dead",
  };
  return documentHtml(
    `What ${net.name} sees`,
    "Pictures made by optimisation: what classes and units want to see, and what layers keep of photos.",
    style,
    `
${thresholdsHtml(thresholds, broken)}
${factsHtml(all)}
${notes.map((note) => `<p class="quiet">Note: ${escaped(note)}.</p>`).join("\n")}
<nav>${Object.entries({ ...(report.beside && { beside: "Beside" }), ...parts, layers: "Layers" })
      .map(([id, title]) => `<a href="#${id}">${title}</a>`)
      .join(
        "",
      )}</nav>${besideHtml(report, figures)}${partHtml(report, "classes", "What classes want to see", () => classesHtml(report, figures))}${partHtml(
      report,
      "units",
      "What units want to see",
      () => unitsHtml(report, figures),
    )}${partHtml(report, "path", "Do class pictures take the path of photos?", () => pathHtml(report))}${partHtml(report, "inversion", "What layers keep of photos", () => inversionHtml(report, figures))}${partHtml(
      report,
      "caricatures",
      "A photo as layers exaggerate it",
      () => caricaturesHtml(report, figures),
    )}${partHtml(report, "dead", "Dead channels", () => deadHtml(report))}
<h2 id="layers">Layers</h2>
${layersHtml(net.layers)}
<h2>Again</h2>
<p><code>${escaped(command)}</code></p>`,
  );
}

function thresholdsHtml(thresholds: Thresholds, broken: readonly Broken[]): string {
  const count = Object.keys(thresholds).length;
  if (count === 0) return "";
  if (broken.length === 0) return `<p class="kept">All thresholds are kept (${count}).</p>`;
  return `<div class="broken"><p>Thresholds that are broken:</p><ul>${broken
    .map((each) => `<li>${escaped(brokenText(each))}</li>`)
    .join("")}</ul></div>`;
}

function layersHtml(layers: readonly LayerInfo[]): string {
  const sides = (x: LayerInfo["stride"]): string =>
    x === null ? "–" : typeof x === "number" ? String(x) : x.join("×");
  const rows = layers.map(({ address, op, shape, params, macs, stride, receptiveField }) =>
    [
      address,
      op,
      shape?.join("×") ?? "?",
      params ? String(params) : "–",
      macs ? digits(macs / 1e6) : "–",
      sides(stride),
      sides(receptiveField),
    ].map(escaped),
  );
  const headings = ["address", "operator", "shape", "parameters", "million macs", "stride", "sees"];
  return `<details><summary>${layers.length} layers, with shapes, costs and what a position sees</summary>${tableHtml(headings, rows)}</details>`;
}
