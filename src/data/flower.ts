/** @file Draws a flower from its known factors: petals, centre, stem and leaves over a soft background, with masks. */

import { type Image, makeImage } from "../tensor/image.ts";
import { tensor } from "../tensor/tensor.ts";
import { type Background, backgroundAt } from "./flower-background.ts";
import { outlineOf, type PetalShape } from "./flower-shapes.ts";
import { type Colour, clamp, length, mix, noise, scaled, smoothstep } from "./paint.ts";

/** What makes a kind of flower: classes differ in these. */
export interface FlowerKind {
  /** Number of petals, 3 or more. */
  readonly petals: number;
  readonly shape: PetalShape;
  readonly colour: PetalColour;
  readonly centre: CentreColour;
  /** Radius of the centre in petal lengths. */
  readonly centreSize: number;
}

/** One flower: its kind, and what varies from picture to picture. Lengths are in parts of the picture's side. */
export interface Flower extends FlowerKind {
  readonly background: Background;
  /** Of the flower's middle, from the upper left corner. */
  readonly x: number;
  readonly y: number;
  /** Length of the petals. */
  readonly radius: number;
  /** Radians, clockwise. */
  readonly rotation: number;
  /** Brightness as a factor. */
  readonly light: number;
  /** Where the light comes from, radians. */
  readonly lightFrom: number;
  /** Added to the petals' red, green and blue, 0…1: no two flowers are quite alike. */
  readonly tint: Colour;
  /** Bend of the stem: how far its foot stands beside the flower. */
  readonly bend: number;
  /** Seed of the textures. */
  readonly texture: number;
}

export interface DrawnFlower {
  readonly image: Image;
  /** [1, H, W]: how much of each pixel is petal that can be seen, 0…1. */
  readonly petals: Image;
  /** [1, H, W]: the same of the centre. */
  readonly centre: Image;
}

/** Colours of petals: at the tip and at the base. */
export const petalColours = {
  white: [
    [0.97, 0.96, 0.94],
    [0.9, 0.93, 0.8],
  ],
  yellow: [
    [0.99, 0.86, 0.16],
    [0.97, 0.66, 0.05],
  ],
  orange: [
    [0.98, 0.56, 0.12],
    [0.87, 0.3, 0.05],
  ],
  red: [
    [0.86, 0.11, 0.13],
    [0.5, 0.02, 0.08],
  ],
  pink: [
    [0.97, 0.62, 0.75],
    [0.99, 0.88, 0.9],
  ],
  magenta: [
    [0.8, 0.16, 0.56],
    [0.54, 0.06, 0.42],
  ],
  violet: [
    [0.5, 0.32, 0.78],
    [0.72, 0.6, 0.9],
  ],
  blue: [
    [0.28, 0.42, 0.86],
    [0.78, 0.84, 0.98],
  ],
} as const satisfies Record<string, readonly [tip: Colour, base: Colour]>;
export type PetalColour = keyof typeof petalColours;

export const centreColours = {
  gold: [0.95, 0.72, 0.13],
  brown: [0.33, 0.19, 0.09],
  green: [0.6, 0.71, 0.23],
  cream: [0.97, 0.93, 0.78],
  black: [0.13, 0.08, 0.13],
} as const satisfies Record<string, Colour>;
export type CentreColour = keyof typeof centreColours;

/** Half width of a petal in petal lengths: neighbours overlap by a third, and few petals are no disks. */
const halfWidth = (petals: number): number => Math.min(0.4, 0.62 * 1.3 * Math.tan(Math.PI / Math.max(3, petals)));

/** How much of a pixel lies inside, from the signed distance of its middle in pixels. */
const coverage = (distance: number): number => clamp(0.5 - distance);

/**
 * `size` × `size` pixels, antialiased by the distance to the outlines. The same flower and size give the same picture.
 */
export function drawFlower(flower: Flower, size: number): DrawnFlower {
  const painter = flowerPainter(flower, size);
  const plane = size * size;
  const pixels = new Float32Array(3 * plane);
  const petals = makeImage(1, size, size);
  const centre = makeImage(1, size, size);
  for (let y = 0, p = 0; y < size; y++)
    for (let x = 0; x < size; x++, p++) {
      const spot = painter((x + 0.5) / size, (y + 0.5) / size);
      for (let k = 0; k < 3; k++) pixels[k * plane + p] = clamp(spot.colour[k]! * flower.light);
      petals.data[p] = spot.petals;
      centre.data[p] = spot.centre;
    }
  return { image: tensor("float32", [3, size, size], pixels), petals, centre };
}

interface Spot {
  readonly colour: Colour;
  readonly petals: number;
  readonly centre: number;
}

type Layer = (below: Colour, x: number, y: number) => { readonly colour: Colour; readonly cover: number };

/** Layers from back to front: background, stem and leaves, petals one over the other, centre. */
function flowerPainter(flower: Flower, size: number): (x: number, y: number) => Spot {
  const back = backgroundAt(flower.background, flower.texture);
  const greenery = greeneryLayer(flower, size);
  const petals = Array.from({ length: flower.petals }, (_, k) => petalLayer(flower, size, k));
  const disk = centreLayer(flower, size);
  return (x, y) => {
    let colour = greenery(back(x, y), x, y).colour;
    let seen = 0;
    if (length(x - flower.x, y - flower.y) < 1.25 * flower.radius)
      for (const petal of petals) {
        const { colour: next, cover } = petal(colour, x, y);
        colour = next;
        seen = 1 - (1 - seen) * (1 - cover);
      }
    const { colour: top, cover } = disk(colour, x, y);
    return { colour: top, petals: seen * (1 - cover), centre: cover };
  };
}

function petalLayer(flower: Flower, size: number, k: number): Layer {
  const { petals, shape, rotation, radius, tint, lightFrom } = flower;
  const outline = outlineOf(shape);
  const angle = rotation + (2 * Math.PI * k) / petals;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const width = halfWidth(petals);
  const [tip, base] = petalColours[flower.colour];
  const step = 1e-3;
  // Of the light, across the petal.
  const slant = Math.sin(lightFrom - angle);
  return (below, x, y) => {
    const [dx, dy] = [(x - flower.x) / radius, (y - flower.y) / radius];
    const u = c * dx + s * dy;
    const v = c * dy - s * dx;
    if (u < -0.1 || u > 1.2 || v > 1.3 * width + 0.1 || v < -1.3 * width - 0.1) return { colour: below, cover: 0 };
    const value = outline(u, v, width);
    const slope = length(outline(u + step, v, width) - value, outline(u, v + step, width) - value) / step;
    // First order: the distance to the zero line is f / |∇f|.
    const distance = value / Math.max(slope, 1e-6);
    const cover = coverage(distance * radius * size);
    const shadow = cover < 1 ? 0.4 * Math.exp(-Math.max(0, distance) / 0.05) * smoothstep(0, 0.25, u) : 0;
    const shaded = scaled(below, 1 - shadow);
    if (cover === 0) return { colour: shaded, cover };

    const across = v / width;
    const vein = 0.1 * Math.exp(-((v / 0.018) ** 2)) * (1 - u);
    const fibres = 0.035 * Math.sin(34 * across + 3 * noise(4 * u, 3 * across, flower.texture + k));
    const rim = 0.16 * Math.exp(-Math.max(0, -distance) / 0.03);
    const shade = 1 + 0.2 * slant * across - vein + fibres - rim + 0.06 * (u - 0.5);
    const blush = mix(base, tip, smoothstep(0.08, 0.62, u + 0.1 * noise(3 * u + k, 5 * across, flower.texture)));
    const paint = scaled([blush[0] + tint[0], blush[1] + tint[1], blush[2] + tint[2]], shade);
    return { colour: mix(shaded, paint, cover), cover };
  };
}

function centreLayer(flower: Flower, size: number): Layer {
  const { radius, centreSize, lightFrom, texture } = flower;
  const own = centreColours[flower.centre];
  const r0 = centreSize * radius;
  return (below, x, y) => {
    const [dx, dy] = [x - flower.x, y - flower.y];
    const r = length(dx, dy);
    if (r > 1.6 * r0) return { colour: below, cover: 0 };
    const cover = coverage((r - r0) * size);
    const t = r / r0;
    const shadow = 0.35 * Math.exp(-Math.max(0, t - 1) / 0.15);
    const dome = (dx * Math.cos(lightFrom) + dy * Math.sin(lightFrom)) / r0;
    const grain = noise((9 * dx) / r0, (9 * dy) / r0, texture + 77) - 0.5;
    const paint = scaled(own, 1.02 + 0.25 * dome * t - 0.35 * t ** 4 + 0.5 * grain);
    return { colour: mix(scaled(below, 1 - shadow), paint, cover), cover };
  };
}

const stemGreen: Colour = [0.27, 0.45, 0.16];

function greeneryLayer(flower: Flower, size: number): Layer {
  const { x: cx, y: cy, radius, bend, texture } = flower;
  const foot = Math.max(1.02, cy + 1.5 * radius);
  const height = foot - cy;
  // The stem's middle at a part t of its way down, and its slope.
  const middle = (t: number): number => cx + bend * t * t;
  const leaves = [0.62, 0.8].map((at, i) => ({
    x: middle(at),
    y: cy + at * height,
    angle: (i === 0 ? -0.65 : Math.PI + 0.55) + 0.4 * bend,
    length: 0.75 * radius + 0.05,
  }));
  return (below, x, y) => {
    const t = (y - cy) / height;
    let colour = below;
    if (t < 0) return { colour, cover: 0 };
    let seen = 0;
    for (const leaf of leaves) {
      const [c, s] = [Math.cos(leaf.angle), Math.sin(leaf.angle)];
      const u = (c * (x - leaf.x) + s * (y - leaf.y)) / leaf.length;
      const v = (c * (y - leaf.y) - s * (x - leaf.x)) / leaf.length;
      if (u < 0 || u > 1) continue;
      const half = 0.2 * Math.sin(Math.PI * u ** 0.8);
      const cover = coverage((Math.abs(v) - half) * leaf.length * size);
      const rib = 0.25 * Math.exp(-((v / 0.015) ** 2));
      const shade = 0.95 + (v > 0 ? 0.12 : -0.08) + rib + 0.15 * (noise(6 * u, 14 * v, texture + 5) - 0.5);
      colour = mix(colour, scaled([0.24, 0.46, 0.18], shade), cover);
      seen = Math.max(seen, cover);
    }
    const lean = (2 * bend * t) / height;
    const away = (x - middle(t)) / length(1, lean);
    const half = 0.045 * radius + 0.004;
    const cover = coverage((Math.abs(away) - half) * size);
    colour = mix(colour, scaled(stemGreen, 1 + (0.35 * away) / half), cover);
    return { colour, cover: Math.max(seen, cover) };
  };
}
