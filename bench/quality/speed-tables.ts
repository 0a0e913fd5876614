/** @file Steps per second in a table, and what of it was aimed at. */

import type { Spread } from "../measure.ts";
import type { SpeedFigure } from "./speed.ts";
import { number, type Table } from "./table.ts";
import type { Verdict } from "./verdict.ts";

const quartiles = ({ median, low, high }: Spread): string => `${number(median)} (${number(low)} … ${number(high)})`;

export const speedTables = (figures: readonly SpeedFigure[]): Table[] => [
  {
    title: "Speed",
    columns: ["Steps per second", "ours", "PyTorch", "ours / PyTorch"],
    rows: figures.map(({ what, at, fovea, peer, ratio }) => [
      `${what}, \`${at}\``,
      quartiles(fovea),
      peer ? quartiles(peer) : "-",
      ratio ? quartiles(ratio) : "-",
    ]),
    notes: ["Medians and quartiles of blocks of 16 steps; ratios round by round, both sides taking turns."],
  },
];

/** At least as many times the peer's speed. */
const least = { logits: 1.5, middle: 3 } as const;

export const speedVerdicts = (figures: readonly SpeedFigure[]): Verdict[] =>
  figures.flatMap(({ what, at, ratio }) => {
    if (!ratio || what !== "lucid") return [];
    const target = at.startsWith("logits") ? least.logits : least.middle;
    return [
      {
        what: `speed of lucid at \`${at}\`, ours / PyTorch`,
        target: `≥ ${target}`,
        measured: quartiles(ratio),
        met: ratio.median >= target,
      },
    ];
  });
