/** @file What a report says of layers, as HTML: inversions by layer and C, caricatures, dead channels. */

import { curvesFigure } from "./curves.ts";
import {
  deadIn,
  figureName,
  type InversionCell,
  type NetReport,
  type PathPlace,
  type ReportFigures,
} from "./net-report-data.ts";
import { digits, imageHtml, meanHtml, percent, tableHtml } from "./net-report-html.ts";
import { escaped } from "./page.ts";

export function inversionHtml({ inversion, judge }: NetReport, figures: ReportFigures): string {
  if (!inversion) return "";
  const { cells, photos, usual } = inversion;
  const layers = [...new Set(cells.map(({ layer }) => layer))];
  const weights = [...new Set(cells.map(({ codeWeight }) => codeWeight))];
  const cell = (layer: string, C: number): InversionCell | undefined =>
    cells.find((each) => each.layer === layer && each.codeWeight === C);
  const byLayer = (title: string, text: (cell: InversionCell) => string): string =>
    `\n<h3>${title}</h3>\n${tableHtml(
      ["layer", ...weights.map((C) => `C = ${C}`)],
      layers.map((layer) => [
        escaped(layer),
        ...weights.map((C) => {
          const found = cell(layer, C);
          return found ? text(found) : "–";
        }),
      ]),
    )}`;
  const silent = cells.filter((each) => each.silent > 0 && each.codeWeight === usual);
  return `<p>Pictures that were made from noise to have the same code as a photo. What differs from the photo is what the layer does not keep. C weighs the code against being natural. Means over ${photos} photos, with 95 % intervals.</p>
${tableHtml(
  ["", ...layers, "photo"],
  weights.map((C, i) => [
    `C = ${C}`,
    ...layers.map((layer) => imageHtml(figures, figureName.inversion(layer, C), `inverted at ${layer}, C = ${C}`)),
    i === 0 ? imageHtml(figures, figureName.photo, "the photo") : "",
  ]),
  "pictures",
)}
<div class="chart">${curvesFigure(
    weights.map((C) => ({
      name: `C = ${C}`,
      points: layers.map((layer, i) => [i + 1, cell(layer, C)?.error.mean ?? Number.NaN] as const),
    })),
    { title: "Error by layer", xTitle: "layer, in the order of the table" },
  )}</div>${byLayer("Error, √(‖Φ(x) − Φ₀‖² / ‖Φ₀‖²) (IJCV 2016)", ({ error }) => meanHtml(error))}${byLayer(
    "Squared error over the mean squared distance between codes of photos (CVPR 2015)",
    ({ cvpr }) => meanHtml(cvpr),
  )}${byLayer("PSNR in the picture, dB", ({ psnr }) => meanHtml(psnr))}${byLayer("SSIM in the picture", ({ ssim }) => meanHtml(ssim))}${
    cells.some(({ agreement }) => agreement)
      ? byLayer("Photos that stay the same class to the net", ({ agreement }) => percent(agreement?.part))
      : ""
  }${
    cells.some(({ judgeAgreement }) => judgeAgreement)
      ? byLayer(`… to the judge, ${escaped(judge ?? "")}`, ({ judgeAgreement }) => percent(judgeAgreement?.part))
      : ""
  }${silent.map((each) => `\n<p class="quiet">${each.silent} photos leave ${escaped(each.layer)} silent and do not count.</p>`).join("")}`;
}

export function pathHtml({ path }: NetReport): string {
  if (!path) return "";
  const place = ({ normalised, interval: [low, high] }: PathPlace): string =>
    `${digits(normalised)} <small>${Number.isFinite(low) && Number.isFinite(high) ? `${digits(low)} to ${digits(high)}` : "not fixed"}</small>`;
  return `<p>How alike a layer's activations are for the picture of a class and for photos of that class: 1 as alike as two such photos, 0 no more than photos of other classes. Over ${path.classes} classes, with 95 % intervals over other choices of them (Geirhos et al. 2024).</p>
${tableHtml(
  ["layer", "by cosine", "by rank correlation", "ranks: picture", "photos of the class", "of others"],
  path.layers.map(({ address, cosine, spearman }) => [
    escaped(address),
    place(cosine),
    place(spearman),
    digits(spearman.similarity),
    digits(spearman.ceiling),
    digits(spearman.floor),
  ]),
)}`;
}

export function caricaturesHtml({ caricatures }: NetReport, figures: ReportFigures): string {
  if (!caricatures) return "";
  const { photo, layers } = caricatures;
  const figure = (image: string, caption: string): string =>
    `\n<figure>${image}<figcaption>${caption}</figcaption></figure>`;
  return `<p>The photo, changed to have more of what each layer sees in it; 1 is as much as the photo itself has.</p>
<div class="strip">${figure(imageHtml(figures, figureName.caricaturePhoto, photo), escaped(photo))}${layers
    .map(({ layer, exaggeration }) =>
      figure(
        imageHtml(figures, figureName.caricature(layer), `caricature by ${layer}`),
        `<b>${escaped(layer)}</b> ${digits(exaggeration)}`,
      ),
    )
    .join("")}</div>`;
}

/** Channels of a layer that are named on the page. */
const NAMED = 24;

export function deadHtml({ dead }: NetReport): string {
  if (!dead) return "";
  const all = dead.layers.reduce((n, { channels }) => n + channels, 0);
  const count = dead.layers.reduce((n, layer) => n + deadIn(layer), 0);
  const over =
    dead.over === "photos"
      ? `${dead.pictures} photos`
      : `${dead.pictures} pictures of noise with a spectrum like that of photos: real photos may wake some (--photos)`;
  const rows = dead.layers
    .filter((layer) => deadIn(layer) > 0)
    .map(({ layer, channels, silent, constant }) => [escaped(layer), String(channels), named(silent), named(constant)]);
  return `<p>${count} of ${all} channels (${percent(count / all)}) in ${dead.layers.length} layers are never on, or the same for all pictures, over ${escaped(over)}.</p>${
    rows.length > 0 ? tableHtml(["layer", "channels", "never above 0", "never change"], rows) : ""
  }`;
}

const named = (channels: readonly number[]): string =>
  channels.length === 0
    ? "–"
    : `${channels.length}: ${channels.slice(0, NAMED).join(", ")}${channels.length > NAMED ? " …" : ""}`;
