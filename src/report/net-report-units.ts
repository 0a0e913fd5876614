/** @file The classes and units of a report as HTML: picture, the photos that the unit likes, numbers. */

import { figureName, type NetReport, type ReportFigures, type ReportUnit } from "./net-report-data.ts";
import { digits, imageHtml, percent } from "./net-report-html.ts";
import { escaped, factsHtml } from "./page.ts";

export function classesHtml({ classes, judge }: NetReport, figures: ReportFigures): string {
  const hits = classes.filter(({ numbers }) => numbers.rank === 1).length;
  const transfer = classes.filter(({ numbers }) => numbers.judgeRank === 1).length;
  const words = [
    `Each picture was made from noise so that the net is as sure of the class as can be. The net takes ${hits} of ${classes.length} for their class`,
    judge === null ? "" : `, the judge, ${judge}, which was not asked while they were made, ${transfer}`,
    ".",
  ];
  return `<p>${escaped(words.join(""))}</p>\n<div class="units">${classes.map((each) => unitHtml(each, figures)).join("")}</div>`;
}

export function unitsHtml({ units, photos }: NetReport, figures: ReportFigures): string {
  const layers = [...new Set(units.map(({ layer }) => layer))];
  const words = photos
    ? "Beside each picture, the parts of photos that the unit likes best. Percentile: of the photos that make it less active on average over positions; ratio: to the most active one."
    : "Without photos, there is nothing to compare the activations with.";
  return `<p>${words}</p>${layers
    .map(
      (layer) =>
        `\n<h3>${escaped(layer)}</h3>\n<div class="units">${units
          .filter((unit) => unit.layer === layer)
          .map((unit) => unitHtml(unit, figures))
          .join("")}</div>`,
    )
    .join("")}`;
}

function unitHtml({ address, name, numbers, photos, notes }: ReportUnit, figures: ReportFigures): string {
  const own = imageHtml(figures, figureName.unit(address), `picture of ${name}`);
  const told = photos.map(({ photo, activation }) => `${photo}: ${digits(activation)}`).join(", ");
  const liked = imageHtml(figures, figureName.patches(address), `photos: ${told}`);
  return `
<figure class="unit"><div class="pair">${own}${liked}</div><figcaption><b>${escaped(name)}</b>${name === address ? "" : ` <span class="quiet">${escaped(address)}</span>`}${factsHtml(numbersOf(numbers))}${notes
    .map((note) => `<p class="quiet">${escaped(note)}.</p>`)
    .join("")}</figcaption></figure>`;
}

/** The numbers as they are read. */
function numbersOf(numbers: ReportUnit["numbers"]): Record<string, string> {
  const { probability, rank, judge, judgeRank, activation, percentile, ratio, slope, variation } = numbers;
  const placed = (p: number | undefined, at: number | undefined): string =>
    `${percent(p)}${at === undefined || at === 1 || Number.isNaN(at) ? "" : `, place ${at}`}`;
  return {
    ...(probability !== undefined && { net: placed(probability, rank) }),
    ...(judge !== undefined && { judge: placed(judge, judgeRank) }),
    activation: digits(activation),
    ...(percentile !== undefined && { "among photos": `percentile ${digits(percentile)}, ratio ${digits(ratio)}` }),
    "spectrum slope": digits(slope),
    "total variation": digits(variation),
  };
}
