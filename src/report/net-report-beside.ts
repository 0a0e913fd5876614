/** @file Two nets side by side, as HTML: their pictures of the same classes, their inversions of the same photo, and the numbers. */

import { comparedTitles } from "./net-report-compared.ts";
import {
  figureName,
  type InversionCell,
  type NetReport,
  type ReportFigures,
  type ReportUnit,
} from "./net-report-data.ts";
import { digits, imageHtml, meanHtml, percent, tableHtml } from "./net-report-html.ts";
import { escaped } from "./page.ts";

/** Nothing where there is no second net. */
export function besideHtml(report: NetReport, figures: ReportFigures): string {
  const { beside, texture } = report;
  if (!beside) return "";
  const { report: second, compared } = beside;
  const names = namesOf(report, second);
  const signed = (html: string, x: number): string => (x > 0 ? `+${html}` : html);
  const photos = texture
    ? ` Photos have a slope of ${digits(texture.spectrumSlope.mean)} and a total variation of ${digits(texture.totalVariation.mean)}: the nearer to them, the more natural.`
    : "";
  const means = compared.map(({ name, first, second, difference }) => [
    comparedTitles[name as keyof typeof comparedTitles],
    meanHtml(first),
    meanHtml(second),
    signed(meanHtml(difference), difference.mean),
  ]);
  return `
<h2 id="beside">${escaped(names[0]!)} beside ${escaped(names[1]!)}</h2>
<p>Pictures of the same classes, made in the same way for each net, and the same photos inverted. A picture that the other net, or a judge, takes for its class shows more of the class and less of one net's quirks.${photos}</p>
${means.length > 0 ? tableHtml(["over classes", ...names, "difference, class by class"], means) : ""}
<div class="units beside">${report.classes
    .map((first) => {
      const other = second.classes.find(({ name }) => name === first.name);
      return other ? pairHtml(names, first, other, figures) : "";
    })
    .join("")}</div>${keptHtml(report, second, figures)}`;
}

/** Files of trained nets are often called alike. */
const namesOf = ({ net: a }: NetReport, { net: b }: NetReport): [string, string] =>
  a.name === b.name ? [`${a.name}, the first`, `${b.name}, the second`] : [a.name, b.name];

function pairHtml(names: readonly string[], first: ReportUnit, second: ReportUnit, figures: ReportFigures): string {
  const numbers = [first.numbers, second.numbers];
  const row = (title: string, key: string, text: (x: number | undefined) => string): string[] =>
    numbers.every((each) => each[key] === undefined) ? [] : [title, ...numbers.map((each) => text(each[key]))];
  const rows = [
    row("own net", "probability", percent),
    row("the other", "other", percent),
    row("judge", "judge", percent),
    row("slope", "slope", digits),
    row("variation", "variation", digits),
    row("activation", "activation", digits),
    row("ratio to photos", "ratio", digits),
  ].filter((cells) => cells.length > 0);
  return `
<figure class="unit"><div class="pair">${imageHtml(figures, figureName.unit(first.address), `${first.name}, ${names[0]}`)}${imageHtml(
    figures,
    figureName.beside(figureName.unit(second.address)),
    `${second.name}, ${names[1]}`,
  )}</div><figcaption><b>${escaped(first.name)}</b>${tableHtml(["", ...names], rows)}</figcaption></figure>`;
}

/** Inversions at the usual C, layer by layer of equal place. */
function keptHtml(first: NetReport, second: NetReport, figures: ReportFigures): string {
  const [a, b] = [first, second].map(({ inversion }) =>
    (inversion?.cells ?? []).filter(({ codeWeight }) => codeWeight === inversion?.usual),
  ) as [InversionCell[], InversionCell[]];
  if (a.length === 0 || b.length === 0) return "";
  const [m, n] = namesOf(first, second);
  const pictures = (net: string, cells: readonly InversionCell[], named: (name: string) => string): string[] => [
    escaped(net),
    imageHtml(figures, named(figureName.photo), "the photo"),
    ...cells.map(
      ({ layer, codeWeight }) =>
        `${imageHtml(figures, named(figureName.inversion(layer, codeWeight)), `inverted at ${layer}`)}${escaped(layer)}`,
    ),
  ];
  const rows = a.flatMap((one, i) => {
    const two = b[i];
    if (!two) return [];
    const both = (text: (cell: InversionCell) => string): string[] => [text(one), text(two)];
    return [
      [
        one.layer === two.layer ? escaped(one.layer) : `${escaped(one.layer)} / ${escaped(two.layer)}`,
        ...both(({ error }) => meanHtml(error)),
        ...both(({ psnr }) => meanHtml(psnr)),
        ...both(({ ssim }) => meanHtml(ssim)),
        ...(one.agreement ? both(({ agreement }) => percent(agreement?.part)) : []),
      ],
    ];
  });
  const titles = ["error", "PSNR, dB", "SSIM", ...(a[0]!.agreement ? ["same class"] : [])];
  return `
<h3>What their layers keep of the same photo</h3>
${tableHtml(
  ["", "photo", ...a.map((_, i) => `${i + 1} of ${a.length}`)],
  [pictures(m, a, (name) => name), pictures(n, b, figureName.beside)],
  "pictures",
)}
${tableHtml(["layer", ...titles.flatMap((title) => [`${title}: ${m}`, n])], rows)}`;
}
