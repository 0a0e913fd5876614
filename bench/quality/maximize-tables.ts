/** @file What came out of maximising units: by layer and maker, and what of it was aimed at. */

import { type MeanInterval, meanInterval } from "../../src/tensor/statistics.ts";
import { type Maker, makers, type UnitPicture } from "./maximize.ts";
import { number, percent, percentInterval, type Table } from "./table.ts";
import { noLess, type Verdict } from "./verdict.ts";

const mean = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0) / xs.length;
const unique = <T>(xs: readonly T[]): T[] => [...new Set(xs)];
const known = (xs: readonly (number | undefined)[]): number[] => xs.filter((x) => x !== undefined);

/**
 * (a − b) / max(|a|, |b|) of the activations that two makers reach for a unit from a seed, from −1 to 1 where both are positive;
 * over the units and seeds of a layer, with the 95 % interval.
 */
function advantage(pictures: readonly UnitPicture[], a: Maker, b: Maker): MeanInterval {
  return meanInterval(
    pictures
      .filter((p) => p.maker === a)
      .flatMap(({ unit, seed, activation: x }) => {
        const other = pictures.find((p) => p.unit === unit && p.seed === seed && p.maker === b);
        if (!other) return [];
        const y = other.activation;
        return [x === y ? 0 : (x - y) / Math.max(Math.abs(x), Math.abs(y))];
      }),
  );
}

/** Of the classes, the part whose picture is the judge's first answer: of each class the picture that the net likes best. */
export function transfer(pictures: readonly UnitPicture[], maker: Maker): number | undefined {
  const best = unique(pictures.map((p) => p.unit)).flatMap((unit) => {
    const own = pictures.filter((p) => p.unit === unit && p.maker === maker && p.judge);
    return own.length > 0 ? [own.reduce((x, y) => (y.activation > x.activation ? y : x))] : [];
  });
  return best.length > 0 ? best.filter((p) => p.judge!.rank === 1).length / best.length : undefined;
}

/** Standard deviation from seed to seed over the mean activation of a unit; the mean of the units. NaN for a single seed. */
function seedSpread(pictures: readonly UnitPicture[]): number {
  const each = unique(pictures.map((p) => p.unit)).map((unit) => {
    const { sd, mean: m } = meanInterval(pictures.filter((p) => p.unit === unit).map((p) => p.activation));
    return sd / Math.abs(m);
  });
  return mean(each.filter(Number.isFinite));
}

export function maximizeTables(pictures: readonly UnitPicture[], photoSlope: MeanInterval | undefined): Table[] {
  const layers = unique(pictures.map((p) => p.layer));
  const rows = layers.flatMap((layer) =>
    makers.flatMap((maker) => {
      const all = pictures.filter((p) => p.layer === layer);
      const own = all.filter((p) => p.maker === maker);
      if (own.length === 0) return [];
      const isClasses = own.some((p) => p.net);
      return [
        [
          `\`${layer}\` ${labels[maker]}`,
          `${unique(own.map((p) => p.unit)).length}`,
          number(mean(own.map((p) => p.activation))),
          maker === "fovea" || !all.some((p) => p.maker === "fovea")
            ? ""
            : percentInterval(advantage(all, "fovea", maker)),
          percent(seedSpread(own)),
          ...(isClasses
            ? [
                number(mean(known(own.map((p) => p.net?.probability)))),
                own.some((p) => p.judge) ? number(mean(known(own.map((p) => p.judge?.probability)))) : "-",
                percent(transfer(own, maker)),
              ]
            : ["", "", ""]),
          number(mean(own.map((p) => p.spectrumSlope))),
          number(mean(own.map((p) => p.totalVariation))),
          number(mean(own.map((p) => p.ms / 1000))),
        ],
      ];
    }),
  );
  const slope = photoSlope && `Photos have a slope of ${number(photoSlope.mean)} (${photoSlope.n} of them).`;
  return [
    {
      title: "Units, maximised",
      columns: [
        "Layer, maker",
        "units",
        "activation",
        "ours is larger by",
        "seeds ±",
        "p, net",
        "p, judge",
        "judge says so",
        "slope",
        "variation",
        "seconds",
      ],
      rows,
      notes: [
        "Activation: mean over the unit's positions, on the plain picture. Larger by: (ours − theirs) / the larger of both, unit by unit and seed by seed; mean and 95 % interval.",
        "Seeds ±: standard deviation from seed to seed. p: probability of the class. Judge says so: its first answer, of each class for the picture that the net likes best.",
        `Slope: of log power over log frequency. Variation: mean of √(dx² + dy²). Seconds: of the steps of one picture.${slope ? ` ${slope}` : ""}`,
      ],
    },
  ];
}

export const labels: Readonly<Record<Maker, string>> = {
  none: "no regularisation",
  PyTorch: "Lucent's pipeline",
  fovea: "ours, lucid",
};

export function maximizeVerdicts(pictures: readonly UnitPicture[]): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const layer of unique(pictures.map((p) => p.layer))) {
    const own = pictures.filter((p) => p.layer === layer);
    if (!makers.every((maker) => maker === "none" || own.some((p) => p.maker === maker))) continue;
    const difference = advantage(own, "fovea", "PyTorch");
    verdicts.push({
      what: `activation of \`${layer}\` at equal steps, ours against Lucent's pipeline`,
      target: "the same within noise, or more",
      measured: percentInterval(difference),
      met: noLess(difference),
    });
  }
  const share = transfer(pictures, "fovea");
  if (share !== undefined)
    verdicts.push({
      what: "classes that the judge sees in our pictures",
      target: "≥ 80 %",
      measured: percent(share),
      met: share >= 0.8,
    });
  return verdicts;
}
