/** @file Synthetic flowers: a seeded data set whose classes differ in known factors, drawn when it is read. */

import { expect } from "../error.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { type Dataset, type Item, shuffle } from "./dataset.ts";
import {
  type CentreColour,
  centreColours,
  type Flower,
  type FlowerKind,
  type PetalColour,
  petalColours,
} from "./flower.ts";
import { type Background, backgrounds } from "./flower-background.ts";
import { petalShapes } from "./flower-shapes.ts";

export interface SyntheticOptions {
  /** Kinds of flowers, 2 to 1440; default 6. */
  readonly classes?: number;
  /** Side in pixels; default 64. */
  readonly size?: number;
  /** Pictures in all, as many of each class; default 60 a class. */
  readonly count?: number;
  /** Default 0. */
  readonly seed?: number;
  /** How large the flowers are, 0.1 to 1; default 1. Smaller ones stand further from the middle. */
  readonly scale?: number;
  /** Backgrounds to draw from; default all, by chance, whatever the class. */
  readonly backgrounds?: readonly Background[];
}

const counts = [3, 4, 5, 6, 8, 13] as const;
const colours = Object.keys(petalColours) as readonly PetalColour[];
const centres = Object.keys(centreColours) as readonly CentreColour[];

/**
 * Classes are named by their factors ("red heart 5 gold": petals' colour and shape, their number, the centre). The
 * first of a seed's kinds lie as far apart as they can. Of each class 70 % are train, 15 % val and 15 % test. The
 * factors of a picture stand in its item's `source.flower`.
 */
export function syntheticFlowers(options: SyntheticOptions = {}): Dataset {
  const {
    classes = 6,
    size = 64,
    count = 60 * classes,
    seed = 0,
    scale = 1,
    backgrounds: scenes = backgrounds,
  } = options;
  const most = counts.length * petalShapes.length * colours.length * centres.length;
  expect(
    Number.isInteger(classes) && classes >= 2 && classes <= most,
    () => `synthetic flowers: expected 2 to ${most} classes, got ${classes}`,
  );
  expect(
    Number.isInteger(count) && count >= 3 * classes,
    () => `synthetic flowers: expected 3 pictures a class or more (${3 * classes}), got ${count}`,
  );
  expect(
    Number.isInteger(size) && size >= 8,
    () => `synthetic flowers: expected a size of 8 pixels or more, got ${size}`,
  );
  expect(scale >= 0.1 && scale <= 1, () => `synthetic flowers: expected a scale of 0.1 to 1, got ${scale}`);
  expect(scenes.length > 0, () => `synthetic flowers: expected at least one background of ${backgrounds.join(", ")}`);
  const random = rng(seed);
  const kinds = distantKinds(classes, random.fork("kinds"));
  const items = Array.from({ length: count }, (_, i): Item => {
    const label = i % classes;
    const place = Math.floor(i / classes);
    const ofClass = Math.ceil((count - label) / classes);
    const flower = oneFlower(kinds[label]!, random.fork(i), scenes, scale);
    const source = { kind: "flower", flower, size } as const;
    return { name: `flower ${i}`, label, split: splitAt(place, ofClass), source };
  });
  const names = kinds.map(({ colour, shape, petals, centre }) => `${colour} ${shape} ${petals} ${centre}`);
  return { name: "synthetic flowers", format: "synthetic flowers", classes: names, items, notes: [] };
}

/** Splits by place within the class: 15 % and at least one each for val and test, the rest train. */
function splitAt(place: number, ofClass: number): string {
  const share = Math.max(1, Math.round(0.15 * ofClass));
  if (place >= ofClass - share) return "test";
  return place >= ofClass - 2 * share ? "val" : "train";
}

/** Greedy: each next kind differs from all before in as many factors as can be; by chance where several do. */
function distantKinds(count: number, random: Rng): FlowerKind[] {
  const all = counts.flatMap((petals) =>
    petalShapes.flatMap((shape) =>
      colours.flatMap((colour) => centres.map((centre) => ({ petals, shape, colour, centre }))),
    ),
  );
  const order = shuffle([...all.keys()], random);
  const nearest = new Float64Array(all.length).fill(Number.POSITIVE_INFINITY);
  const taken: FlowerKind[] = [];
  for (let n = 0; n < count; n++) {
    const best = order.reduce((a, b) => (nearest[b]! > nearest[a]! ? b : a));
    const kind = all[best]!;
    taken.push({ ...kind, centreSize: [0.16, 0.24, 0.32][random.int(0, 3)]! });
    for (const [i, other] of all.entries()) {
      const differences =
        Number(kind.petals !== other.petals) +
        Number(kind.shape !== other.shape) +
        Number(kind.colour !== other.colour) +
        Number(kind.centre !== other.centre);
      nearest[i] = Math.min(nearest[i]!, differences);
    }
  }
  return taken;
}

/** A flower of the kind with everything else by chance. */
export function oneFlower(
  kind: FlowerKind,
  random: Rng,
  scenes: readonly Background[] = backgrounds,
  scale = 1,
): Flower {
  const radius = scale * random.uniform(0.26, 0.42);
  const shift = 0.5 - radius;
  return {
    ...kind,
    centreSize: kind.centreSize * random.uniform(0.9, 1.1),
    background: scenes[random.int(0, scenes.length)]!,
    radius,
    x: 0.5 + random.uniform(-0.8, 0.8) * shift,
    y: 0.47 + random.uniform(-0.8, 0.6) * shift,
    rotation: random.uniform(0, 2 * Math.PI),
    light: random.uniform(0.8, 1.15),
    lightFrom: random.uniform(0, 2 * Math.PI),
    tint: [random.uniform(-0.04, 0.04), random.uniform(-0.04, 0.04), random.uniform(-0.04, 0.04)],
    bend: random.uniform(-0.2, 0.2),
    texture: random.int(0, 2 ** 31),
  };
}
