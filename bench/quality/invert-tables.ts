/** @file What came out of inverting photos: errors by layer, and what of it was aimed at. */

import { type MeanInterval, meanInterval } from "../../src/tensor/statistics.ts";
import { type Inverter, inverters, type PhotoPicture } from "./invert.ts";
import { number, percentInterval, type Table } from "./table.ts";
import { type Verdict, within } from "./verdict.ts";

const mean = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0) / xs.length;

/** Mean over photos of ln(one error / another), back as a ratio less 1: below 0 where ours is smaller. */
export function excess(pictures: readonly PhotoPicture[], against: Inverter, of: Inverter = "fovea"): MeanInterval {
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
  fovea: "ours, natural",
  "same energy": "ours, the same energy",
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
          maker === "fovea" ? "" : percentInterval(excess(all, maker)),
          maker.startsWith("equal") ? percentInterval(excess(all, maker, "same energy")) : "",
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
        "same energy is larger by",
        "PSNR",
        "SSIM",
        "variation",
        "steps",
        "seconds",
      ],
      rows,
      notes: [
        "Error: √(‖Φ(x) − Φ₀‖² / ‖Φ₀‖²), mean over photos. Larger by: mean ratio of errors over photos, less 1, 95 % interval; below 0 ours is better.",
        "Same energy: `natural` without its pull to the mean colour (R_range and the limit of the colour norm), clamped to 0…1 as the peer is.",
        "PSNR (dB) and SSIM against the photo; variation: mean of √(dx² + dy²); seconds: of the steps.",
      ],
    },
  ];
}

export function invertVerdicts(pictures: readonly PhotoPicture[]): Verdict[] {
  return byLayer(pictures).flatMap(([layer, all]) => {
    if (!inverters.every((maker) => all.some((p) => p.maker === maker))) return [];
    return (["fovea", "same energy"] as const).flatMap((of) => {
      const [steps, time] = [excess(all, "equal steps", of), excess(all, "equal time", of)];
      const what = `inversion error at \`${layer}\`, ${labels[of].replace("ours, ", "")}`;
      return [
        {
          what: `${what}, as many steps`,
          target: "no worse",
          measured: percentInterval(steps),
          met: within(-steps.mean, -steps.interval[0]),
        },
        {
          what: `${what}, as much time`,
          target: "lower",
          measured: percentInterval(time),
          met: time.mean < 0,
        },
      ];
    });
  });
}
