/** @file Outlines of petals as implicit functions, below 0 inside: u along the petal from the flower's middle (0) to its tip (1), v across. */

import { clamp, length } from "./paint.ts";

/** `width` is the petal's half width in petal lengths. */
export type Outline = (u: number, v: number, width: number) => number;

const ellipse = (u: number, v: number, middle: number, along: number, across: number): number =>
  length((u - middle) / along, v / across) - 1;

// |v| / width − profile(u), the profile about 1 at its widest; beyond the ends it rises steeply.
const profiled =
  (profile: (u: number) => number): Outline =>
  (u, v, width) =>
    Math.abs(v) / width - profile(clamp(u)) + 8 * Math.max(0, -u, u - 1);

const outlines = {
  round: (u, v, width) => ellipse(u, v, 0.54, 0.46, width),
  pointed: profiled((u) => Math.sin(Math.PI * u ** 0.85) * (1 - 0.25 * u)),
  spoon: profiled((u) => 0.18 + Math.sin(Math.PI * u ** 2.2) * 0.85 - 0.18 * u ** 8),
  strap: (u, v, width) => (((u - 0.52) / 0.48) ** 6 + (v / (0.7 * width)) ** 4) ** 0.25 - 1,
  heart: (u, v, width) => {
    const lobe = ellipse(u, Math.abs(v) - 0.42 * width, 0.66, 0.34, 0.6 * width);
    const base = ellipse(u, v, 0.46, 0.46, 0.72 * width);
    return Math.min(lobe, base);
  },
  frilled: (u, v, width) => {
    const angle = Math.atan2(v / width, (u - 0.5) / 0.5);
    return ellipse(u, v, 0.52, 0.45, width * 1.04) - 0.055 * Math.cos(9 * angle) * Math.max(0, u);
  },
} as const satisfies Record<string, Outline>;

export type PetalShape = keyof typeof outlines;

/** All shapes by name, in the order that seeds count on. */
export const petalShapes = Object.keys(outlines) as readonly PetalShape[];

export const outlineOf = (shape: PetalShape): Outline => outlines[shape];
