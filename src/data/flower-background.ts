/** @file What stands behind a drawn flower, out of focus. */

import { type Colour, lattice, length, mix, noise, smoothstep } from "./paint.ts";

interface Scene {
  /** Colours that soft noise mixes. */
  readonly dark: Colour;
  readonly light: Colour;
  /** Bumps of the coarse and of the fine noise along a side. */
  readonly coarse: number;
  readonly fine: number;
  /** Weight of the fine noise, 0…1. */
  readonly grain: number;
  /** Colour and number of soft disks of light. */
  readonly spots: Colour;
  readonly count: number;
}

const scenes = {
  leaves: {
    dark: [0.06, 0.17, 0.07],
    light: [0.26, 0.43, 0.16],
    coarse: 5,
    fine: 12,
    grain: 0.25,
    spots: [0.45, 0.6, 0.25],
    count: 7,
  },
  meadow: {
    dark: [0.4, 0.55, 0.22],
    light: [0.74, 0.8, 0.42],
    coarse: 3,
    fine: 7,
    grain: 0.2,
    spots: [0.93, 0.9, 0.6],
    count: 10,
  },
  sky: {
    dark: [0.38, 0.6, 0.86],
    light: [0.8, 0.89, 0.97],
    coarse: 2.5,
    fine: 7,
    grain: 0.25,
    spots: [0.97, 0.98, 1],
    count: 2,
  },
  soil: {
    dark: [0.2, 0.13, 0.09],
    light: [0.46, 0.34, 0.24],
    coarse: 6,
    fine: 30,
    grain: 0.5,
    spots: [0.55, 0.45, 0.35],
    count: 3,
  },
  dusk: {
    dark: [0.1, 0.07, 0.2],
    light: [0.4, 0.22, 0.42],
    coarse: 2.5,
    fine: 6,
    grain: 0.15,
    spots: [0.85, 0.5, 0.45],
    count: 6,
  },
  stone: {
    dark: [0.42, 0.42, 0.43],
    light: [0.68, 0.67, 0.64],
    coarse: 4,
    fine: 40,
    grain: 0.35,
    spots: [0.75, 0.74, 0.7],
    count: 2,
  },
} as const satisfies Record<string, Scene>;

export type Background = keyof typeof scenes;

/** All backgrounds by name, in the order that seeds count on. */
export const backgrounds = Object.keys(scenes) as readonly Background[];

/** The colour at a point of the unit square, y down. */
export function backgroundAt(background: Background, seed: number): (x: number, y: number) => Colour {
  const { dark, light, coarse, fine, grain, spots, count }: Scene = scenes[background];
  const disks = Array.from({ length: count }, (_, i) => ({
    x: lattice(i, 1, seed),
    y: lattice(i, 2, seed),
    radius: 0.05 + 0.11 * lattice(i, 3, seed),
    strength: 0.15 + 0.35 * lattice(i, 4, seed),
  }));
  return (x, y) => {
    const t = (1 - grain) * noise(coarse * x, coarse * y, seed) + grain * noise(fine * x, fine * y, seed + 1);
    let colour = mix(dark, light, 0.75 * t + 0.25 * (1 - y));
    for (const disk of disks) {
      const r = length(x - disk.x, y - disk.y) / disk.radius;
      if (r < 1) colour = mix(colour, spots, disk.strength * (1 - smoothstep(0.8, 1, r)));
    }
    return colour;
  };
}
