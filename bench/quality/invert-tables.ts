/** @file What came out of inverting photos: errors by layer, and what of it was aimed at. */

import { type MeanInterval, meanInterval } from "../../src/tensor/statistics.ts";
import { type Inverter, inverters, type Ours, ours, type PhotoPicture } from "./invert.ts";
import { number, percentInterval, type Table } from "./table.ts";
import { clearlyMore, noLess, type Verdict } from "./verdict.ts";

const mean = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0) / xs.length;

/** Mean over photos of ln(one error / another), back as a ratio less 1: below 0 where ours is smaller. */
export function excess(pictures: readonly PhotoPicture[], of: Ours, against: Inverter): MeanInterval {
  const errorOf = (photo: string, maker: Inverter): number | undefined =>
    pictures.find((p) => p.photo === photo && p.maker === maker)?.error;
  const logs = [...new Set(pictures.map((p) => p.photo))].flatMap((photo) => {
    const [ours, theirs] = [errorOf(photo, of), errorOf(photo, against)];
    return ours !== undefined && theirs !== undefined ? [Math.log(ours / theirs)] : [];
  });
  const found = meanInterval(logs);
  const [low, high] = found.interval;
  return { ...found, mean: Math.expm1(found.mean), interval: [Math.expm1(low), Math.expm1(high)] };
}

const labels: Readonly<Record<Inverter, string>> = {
  natural: "ours, natural",
  faithful: "ours, faithful",
  "equal steps": "PyTorch, as many steps",
  "equal time": "PyTorch, as much time",
};

const byLayer = (pictures: readonly PhotoPicture[]): (readonly [string, PhotoPicture[]])[] =>
  [...new Set(pictures.map((p) => p.layer))].map((layer) => [layer, pictures.filter((p) => p.layer === layer)]);

export function invertTables(pictures: readonly PhotoPicture[]): Table[] {
  const rows = byLayer(pictures).flatMap(([layer, all]) =>
    inverters.flatMap((maker) => {
      const own = all.filter((p) => p.maker === maker);
      if (own.length === 0) return [];
      return [
        [
          `\`${layer}\` ${labels[maker]}`,
          `${own.length}`,
          number(mean(own.map((p) => p.error))),
          ...ours.map((own) => (maker.startsWith("equal") ? percentInterval(excess(all, own, maker)) : "")),
          number(mean(own.map((p) => p.psnr))),
          number(mean(own.map((p) => p.ssim))),
          number(mean(own.map((p) => p.totalVariation))),
          number(mean(own.map((p) => p.steps))),
          number(mean(own.map((p) => p.ms / 1000))),
        ],
      ];
    }),
  );
  return [
    {
      title: "Photos, inverted",
      columns: [
        "Layer, maker",
        "photos",
        "error",
        "natural is larger by",
        "faithful is larger by",
        "PSNR",
        "SSIM",
        "variation",
        "steps",
        "seconds",
      ],
      rows,
      notes: [
        "Error: √(‖Φ(x) − Φ₀‖² / ‖Φ₀‖²), mean over photos. Larger by: mean ratio of errors over photos, less 1, 95 % interval; below 0 ours is better.",
        "PSNR (dB) and SSIM against the photo; variation: mean of √(dx² + dy²); seconds: of the steps.",
      ],
    },
  ];
}

export function invertVerdicts(pictures: readonly PhotoPicture[]): Verdict[] {
  return byLayer(pictures).flatMap(([layer, all]) => {
    if (!inverters.every((maker) => all.some((p) => p.maker === maker))) return [];
    return ours.flatMap((of) => {
      const [steps, time] = [excess(all, of, "equal steps"), excess(all, of, "equal time")];
      const what = `inversion error at \`${layer}\`, ${of}`;
      return [
        {
          what: `${what}, as many steps`,
          target: "no worse",
          measured: percentInterval(steps),
          met: noLess(negated(steps)),
        },
        {
          what: `${what}, as much time`,
          target: "lower",
          measured: percentInterval(time),
          met: clearlyMore(negated(time)),
        },
      ];
    });
  });
}

const negated = ({ mean, interval: [low, high], ...rest }: MeanInterval): MeanInterval => ({
  ...rest,
  mean: -mean,
  interval: [-high, -low],
});
