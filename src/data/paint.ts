/** @file Colours and smooth noise for drawn pictures. */

/** Gamma-encoded sRGB, 0…1. */
export type Colour = readonly [red: number, green: number, blue: number];

export const clamp = (x: number): number => Math.min(1, Math.max(0, x));

/** √(x² + y²), many times faster than Math.hypot. */
export const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);

/** `t` of `b` over `a`. */
export const mix = (a: Colour, b: Colour, t: number): Colour => [
  a[0] + t * (b[0] - a[0]),
  a[1] + t * (b[1] - a[1]),
  a[2] + t * (b[2] - a[2]),
];

export const scaled = (a: Colour, factor: number): Colour => [a[0] * factor, a[1] * factor, a[2] * factor];

/** 0 below lo, 1 above hi, 3t² − 2t³ between. */
export function smoothstep(lo: number, hi: number, x: number): number {
  const t = clamp((x - lo) / (hi - lo));
  return t * t * (3 - 2 * t);
}

/** A number in [0, 1) for a point of the integer lattice. */
export function lattice(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x27d4_eb2d) ^ Math.imul(y, 0x1656_67b1) ^ Math.imul(seed, 0x9e37_79b1);
  h = Math.imul(h ^ (h >>> 15), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** Value noise: lattice numbers, smoothly interpolated; 0…1, one bump per unit. */
export function noise(x: number, y: number, seed: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const fx = smoothstep(0, 1, x - x0);
  const fy = smoothstep(0, 1, y - y0);
  const upper = lattice(x0, y0, seed) * (1 - fx) + lattice(x0 + 1, y0, seed) * fx;
  const lower = lattice(x0, y0 + 1, seed) * (1 - fx) + lattice(x0 + 1, y0 + 1, seed) * fx;
  return upper + fy * (lower - upper);
}
