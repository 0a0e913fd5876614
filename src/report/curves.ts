/** @file Curves over the steps of a run, as an inline SVG. */

import { escaped } from "./page.ts";

export interface Curve {
  readonly name: string;
  /** Pairs (x, y); those that are no numbers are left out. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface CurvesOptions {
  readonly title: string;
  /** What x is, such as "epoch". */
  readonly xTitle: string;
  /** Range of y; by default that of the points. */
  readonly range?: readonly [low: number, high: number];
}

const [WIDTH, HEIGHT] = [640, 280];
const frame = { left: 56, right: 12, top: 14, bottom: 40 };
const colours = ["#2f7ed8", "#e07b00", "#3a9a4b", "#b0489f"];

/** Points of a curve at most; more are averaged in groups. */
const MOST = 400;

/** What a page must say for the curves to be seen as they are meant. */
export const curvesStyle =
  "svg text { font-size: 12px; fill: currentColor; opacity: .8 } .curves path, .curves polyline { fill: none; stroke-width: 1.6 } .curves .grid { stroke: currentColor; opacity: .15 }";

/** A figure for a page: the curves under their title; words where there is nothing to draw. */
export const curvesFigure = (lines: readonly Curve[], options: CurvesOptions): string => {
  const title = escaped(options.title);
  if (lines.every(({ points }) => thinned(points).length === 0)) return `<p>${title}: nothing yet.</p>`;
  return `<figure><figcaption>${title}</figcaption>\n${curvesSvg(lines, options)}</figure>`;
};

/** The curves as a file of their own, on white. */
export const curvesFile = (lines: readonly Curve[], options: CurvesOptions): string =>
  curvesSvg(lines, options).replace(
    /<svg[^>]*>/,
    (tag) =>
      `${tag.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif"')}<style>${curvesStyle}</style><rect width="100%" height="100%" fill="white"/>`,
  );

/** One curve for each set of points, with axes and a legend. */
function curvesSvg(lines: readonly Curve[], { title, xTitle, range }: CurvesOptions): string {
  const drawn = lines.map(({ name, points }) => ({ name, points: thinned(points) }));
  const all = drawn.flatMap(({ points }) => points);
  const [xLow, xHigh] = spread(all.map(([x]) => x));
  const [yLow, yHigh] = range ?? spread(all.map(([, y]) => y));
  const px = (x: number): number => frame.left + ((x - xLow) / (xHigh - xLow)) * (WIDTH - frame.left - frame.right);
  const py = (y: number): number =>
    HEIGHT - frame.bottom - ((y - yLow) / (yHigh - yLow)) * (HEIGHT - frame.top - frame.bottom);
  const at = (x: number, y: number): string => `${px(x).toFixed(1)},${py(y).toFixed(1)}`;

  const across = ticks(yLow, yHigh, 5).map(
    (y) =>
      `<path class="grid" d="M${frame.left} ${py(y).toFixed(1)}H${WIDTH - frame.right}"/><text x="${frame.left - 6}" y="${(py(y) + 4).toFixed(1)}" text-anchor="end">${tickText(y)}</text>`,
  );
  const along = ticks(xLow, xHigh, 8).map(
    (x) => `<text x="${px(x).toFixed(1)}" y="${HEIGHT - frame.bottom + 16}" text-anchor="middle">${tickText(x)}</text>`,
  );
  const marks = drawn.map(({ points }, i) => {
    const colour = colours[i % colours.length]!;
    if (points.length === 1)
      return `<circle cx="${px(points[0]![0]).toFixed(1)}" cy="${py(points[0]![1]).toFixed(1)}" r="3" fill="${colour}"/>`;
    return `<polyline points="${points.map(([x, y]) => at(x, y)).join(" ")}" stroke="${colour}"/>`;
  });
  const legend = drawn.map(({ name }, i) => {
    const x = frame.left + i * 150;
    return `<path d="M${x} ${HEIGHT - 8}h18" stroke="${colours[i % colours.length]!}"/><text x="${x + 24}" y="${HEIGHT - 4}">${escaped(name)}</text>`;
  });
  return `<svg class="curves" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">${[...across, ...along, ...marks, ...legend].join("")}<text x="${WIDTH - frame.right}" y="${HEIGHT - 4}" text-anchor="end">${escaped(xTitle)}</text></svg>`;
}

/** Means of equal groups, where there are more points than are worth drawing. */
export function thinned(points: Curve["points"], most = MOST): (readonly [number, number])[] {
  const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const size = Math.ceil(finite.length / most);
  if (size <= 1) return finite;
  const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
  return Array.from({ length: Math.ceil(finite.length / size) }, (_, i) => {
    const group = finite.slice(i * size, (i + 1) * size);
    return [mean(group.map(([x]) => x)), mean(group.map(([, y]) => y))] as const;
  });
}

function spread(xs: readonly number[]): [number, number] {
  const low = xs.reduce((a, b) => Math.min(a, b));
  const high = xs.reduce((a, b) => Math.max(a, b));
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

/** Round numbers (1, 2 or 5 times a power of ten apart) in a range, about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough * (1 - 1e-9))!;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

const tickText = (x: number): string => String(Number(x.toPrecision(6)));
