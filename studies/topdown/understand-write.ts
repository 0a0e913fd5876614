/** @file What was measured of the twins as Markdown: means with 95 % intervals, and differences on the same pictures. */

import type { EachMeasured } from "../../src/attribution/measure.ts";
import type { MeasuredInversion } from "../../src/preimage/inversion-table.ts";
import { type MeanInterval, meanInterval, wilson } from "../../src/tensor/statistics.ts";
import { shareDifference } from "./paired.ts";
import type { levelPieces } from "./understand-levels.ts";
import type { MapsResult } from "./understand-maps.ts";
import type { Pair } from "./understand-pair.ts";
import type { Classes, Inversions } from "./understand-pictures.ts";

export interface Understood {
  readonly maps: MapsResult;
  readonly levels: ReturnType<ReturnType<typeof levelPieces>["result"]>;
  readonly classes: Classes;
  readonly inversions: Inversions;
  /** Slope and total variation of the pictures themselves. */
  readonly looks: { readonly spectrumSlope: MeanInterval; readonly totalVariation: MeanInterval };
}

/** The same number of both twins, picture by picture. */
export interface Compared {
  readonly title: string;
  readonly n: number;
  readonly a: MeanInterval;
  readonly b: MeanInterval;
  /** b − a over the pictures that both have. */
  readonly difference: MeanInterval;
}

/** Throws where the twins were not measured on the same pictures. */
export function compare(title: string, a: readonly number[], b: readonly number[]): Compared {
  if (a.length !== b.length) throw new Error(`internal: ${title}: ${a.length} and ${b.length} pictures`);
  const pairs = a.flatMap((x, i) => (Number.isFinite(x) && Number.isFinite(b[i]) ? [[x, b[i]!] as const] : []));
  return {
    title,
    n: pairs.length,
    a: meanInterval(pairs.map(([x]) => x)),
    b: meanInterval(pairs.map(([, y]) => y)),
    difference: meanInterval(pairs.map(([x, y]) => y - x)),
  };
}

/** Shares of the same pictures. */
function compareShares(title: string, a: readonly boolean[], b: readonly boolean[]): Compared {
  const shares = compare(title, a.map(Number), b.map(Number));
  return { ...shares, difference: shareDifference(a, b) };
}

/** Areas of the curves, and what the method gains on `random`: that much of them is the method's, and not the net's calm. */
export function faithful({ maps: [a, b] }: MapsResult): Compared[] {
  return Object.keys(a).flatMap((name) => {
    const [x, y] = [a[name]!, b[name]!];
    const gain = (key: "deletion" | "insertion", of: Record<string, EachMeasured>): number[] =>
      of[name]![key].map((area, i) => (key === "deletion" ? -1 : 1) * (area - of.random![key][i]!));
    return (["deletion", "insertion"] as const).flatMap((key) => [
      compare(`${name}: ${key}`, x[key], y[key]),
      ...(name === "random" ? [] : [compare(`${name}: ${key}, gain on random`, gain(key, a), gain(key, b))]),
    ]);
  });
}

/** The top-down net's maps at the twin's size, beside the same at their own. */
export function coarsened({ maps: [a, b] }: MapsResult): Compared[] {
  return Object.keys(b).flatMap((name) => {
    const own = name.replace(/ at \d+×\d+$/, "");
    if (a[name] || !b[own]) return [];
    const of = (key: "deletion" | "insertion") => compare(`${name}: ${key}`, a[own]![key], b[name]![key]);
    return [of("deletion"), of("insertion"), ...points(name, a[own]!, b[name]!)];
  });
}

const points = (name: string, a: EachMeasured, b: EachMeasured): Compared[] =>
  a.pointing.length === 0
    ? []
    : [
        compareShares(
          `${name}: points at the flower`,
          a.pointing.map((p) => p.hit),
          b.pointing.map((p) => p.hit),
        ),
        compare(
          `${name}: part of the map on the flower`,
          a.pointing.map((p) => p.inside ?? Number.NaN),
          b.pointing.map((p) => p.inside ?? Number.NaN),
        ),
      ];

export const pointed = ({ maps: [a, b] }: MapsResult): Compared[] =>
  Object.keys(a).flatMap((name) => points(name, a[name]!, b[name]!));

/** By the number of open levels; `a` is the bottom-up twin on pictures as blurred. */
export function opened([a, b]: Understood["levels"]): Compared[] {
  return b.flatMap((own, k) => [
    compareShares(`levels 1…${k + 1}: right answers`, a[k]!.right, own.right),
    compare(`levels 1…${k + 1}: probability of the right class`, a[k]!.probability, own.probability),
  ]);
}

export function classPictures(rows: Classes): Compared[] {
  const [a, b] = rows;
  const of = (title: string, key: "own" | "twin" | "spectrumSlope" | "totalVariation"): Compared =>
    compare(
      title,
      a!.pictures.map((p) => p[key]),
      b!.pictures.map((p) => p[key]),
    );
  return [
    of("probability on its own net", "own"),
    of("probability on the twin", "twin"),
    of("slope of the spectrum", "spectrumSlope"),
    of("total variation", "totalVariation"),
  ];
}

/** Layers of equal place among those that are inverted at. */
export function keptBy(inversions: Inversions): Compared[] {
  const [a, b] = [0, 1].map((net) => inversions.filter((each) => each.whole && each.net === net)) as [
    Inversions,
    Inversions,
  ];
  return a.flatMap((one, i) => {
    const two = b[i];
    if (!two) return [];
    const of = (what: string, read: (m: MeasuredInversion) => number | undefined): Compared =>
      compare(
        `${one.layer} / ${two.layer}: ${what}`,
        one.measured.map((m) => (m ? (read(m) ?? Number.NaN) : Number.NaN)),
        two.measured.map((m) => (m ? (read(m) ?? Number.NaN) : Number.NaN)),
      );
    const both = one.measured.flatMap((m, k) => {
      const other = two.measured[k];
      return m && other ? [[m, other] as const] : [];
    });
    const same = (what: string, whose: "net" | "judge"): Compared => {
      const known = both.filter(([m, other]) => m[whose] && other[whose]);
      return compareShares(
        `${one.layer} / ${two.layer}: ${what}`,
        known.map(([m]) => m[whose]!.agrees),
        known.map(([, other]) => other[whose]!.agrees),
      );
    };
    return [
      of("error", (m) => m.ijcv),
      of("PSNR, dB", (m) => m.psnr),
      of("SSIM", (m) => m.ssim),
      same("same class to the net", "net"),
      same("same class to the twin", "judge"),
    ].filter(({ n }) => n > 0);
  });
}

const number = (x: number): string => {
  const text = Number.isFinite(x) ? x.toFixed(Math.abs(x) >= 10 ? 1 : 3) : "–";
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
};
const signed = (x: number): string => (x > 0 && number(x) !== "–" ? `+${number(x)}` : number(x));
const within = ([low, high]: readonly [number, number], text = number): string =>
  Number.isFinite(low) && Number.isFinite(high) ? ` (${text(low)} to ${text(high)})` : "";

const rowsText = (titles: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(titles), line(titles.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
};

/** JSON has null for what is not a number. */
const meanOf = (xs: readonly number[]): number => meanInterval(xs.filter(Number.isFinite)).mean;

export const comparedText = (first: string, rows: readonly Compared[]): string =>
  rowsText(
    [first, "n", "bottom-up", "top-down", "difference"],
    rows.map(({ title, n, a, b, difference }) => [
      title,
      String(n),
      number(a.mean),
      number(b.mean),
      signed(difference.mean) + within(difference.interval, signed),
    ]),
  );

/** The whole page; nothing in it stands for more than these two nets. */
export function understoodText(pair: Pair, found: Understood, command: string): string {
  const { maps, levels, classes, inversions, looks } = found;
  const [a, b] = pair.twins;
  const size = (side: readonly number[] | undefined): string => side?.join("×") ?? "none";
  const sizes = pair.twins.map(({ name, net }, i) => {
    const [, height, width] = net.picture;
    const map = net.layer?.size;
    const { right } = maps.answers[i]!;
    const hits = right.filter(Boolean).length;
    return [
      name,
      size(map),
      `${height}×${width}`,
      map ? `×${number(height / map[0]).replace(/\.0+$/, "")}` : "–",
      net.linearHead ? "yes" : "no",
      `${number(hits / right.length)}${within(wilson(hits, right.length))}`,
    ];
  });
  const flowers = pointed(maps);
  const [any] = Object.values(maps.maps[0]);
  const area = meanInterval(any?.pointing.map((p) => p.area) ?? []).mean;
  const coarse = coarsened(maps);
  return `${[
    `# ${a.name} and ${b.name}`,
    `${pair.data}; ${pair.size}×${pair.size} pixels. Made by\n\n    ${command}`,
    "Differences are top-down minus bottom-up on the same pictures, with 95 % intervals over the pictures (Student's t; of shares, Newcombe's for pairs). They hold for these two nets; another seed's nets may differ by more.",
    "## Class activation maps",
    rowsText(["net", "last maps", "picture", "enlarged", "linear head", "right answers"], sizes),
    "![Class activation maps](maps.png)",
    "## Deletion and insertion",
    "Of the pictures that both nets answer right, about the right class. Areas under the curves: of deletion the lower the better, of insertion the higher. A net that is calmer under any missing pixels has other areas whatever the map: the gain on random maps takes that away, and is the better the higher.",
    comparedText("", faithful(maps)),
    ...(coarse.length > 0
      ? [
          "The top-down net's maps averaged down to the size of the twin's, against the twin's:",
          comparedText("", coarse),
        ]
      : []),
    ...(flowers.length > 0
      ? [
          "## Pointing",
          `The flower takes ${number(area)} of a picture on average: what chance has. \`centre\` points at the middle of the picture whatever the net.`,
          comparedText("", flowers),
        ]
      : []),
    "## Coarse to fine",
    "The top-down net with levels opened one by one, against the bottom-up twin on pictures that hold as much: those of the finest open level, enlarged linearly.",
    comparedText("", opened(levels)),
    "![Decisions by open levels](decisions.svg)",
    "## What classes want to see",
    `![Class pictures](classes.png)\n\nThe pictures of the data have a slope of ${number(looks.spectrumSlope.mean)}${within(looks.spectrumSlope.interval)} and a total variation of ${number(looks.totalVariation.mean)}${within(looks.totalVariation.interval)}.`,
    comparedText("over classes", classPictures(classes)),
    rowsText(
      ["", "probability on the whole net", "on the twin", "slope", "total variation"],
      classes.map(({ title, pictures }) => [
        title,
        ...(["own", "twin", "spectrumSlope", "totalVariation"] as const).map((key) =>
          number(meanOf(pictures.map((p) => p[key]))),
        ),
      ]),
    ),
    "## What layers keep",
    "![Inversions](inversions.png)",
    comparedText("layers of equal place, bottom-up / top-down", keptBy(inversions)),
    rowsText(
      ["through one level", "layer", "n", "error", "PSNR, dB", "SSIM"],
      inversions
        .filter(({ whole }) => !whole)
        .map(({ title, layer, measured }) => {
          const heard = measured.filter((m) => m !== null);
          const mean = (key: "ijcv" | "psnr" | "ssim"): string => number(meanOf(heard.map((m) => m[key])));
          return [title, layer, String(heard.length), mean("ijcv"), mean("psnr"), mean("ssim")];
        }),
    ),
  ].join("\n\n")}\n`;
}
