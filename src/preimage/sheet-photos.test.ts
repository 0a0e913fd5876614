/** @file Photos beside a sheet: some of many, evenly, and what they say about dead units. */

import { describe, expect, it } from "vitest";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../error.ts";
import { distributionOf } from "../tensor/distribution.ts";
import { photosOf } from "./photos.node.ts";
import type { UnitPhotos } from "./photos.ts";
import { amongPhotos, fewerPhotos, lifeOf } from "./sheet-photos.ts";

/** Photos of one grey each, which is their number. */
const greys = (count: number): Dataset => ({
  name: "greys",
  format: "made",
  classes: ["one"],
  notes: [],
  items: Array.from({ length: count }, (_, i) => ({
    name: `p${i}`,
    label: 0,
    split: "all",
    source: { kind: "pixels", data: new Uint8Array(3 * 4 * 4).fill(i), height: 4, width: 4, channels: 3 },
  })),
});

describe("fewerPhotos", () => {
  const photos = photosOf(greys(40), { workers: 0 });

  async function shown(
    few: typeof photos,
    only?: readonly number[],
  ): Promise<(readonly [name: string, grey: number])[]> {
    const pass = few.open({ side: 4, batch: 3, ...(only && { only }) });
    const seen: (readonly [string, number])[] = [];
    try {
      for await (const { images, items } of pass.batches)
        items.forEach((item, k) => {
          if (item >= 0) seen.push([few.names[item]!, images.data[k * 48]!]);
        });
    } finally {
      await pass.close();
    }
    return seen;
  }

  it("are evenly spread, and numbered by their own names", async () => {
    const few = fewerPhotos(photos, 4);
    expect(few.names).toEqual(["p5", "p15", "p25", "p35"]);
    expect(await shown(few)).toEqual([
      ["p5", 5],
      ["p15", 15],
      ["p25", 25],
      ["p35", 35],
    ]);
    expect(await shown(few, [2, 0])).toEqual([
      ["p25", 25],
      ["p5", 5],
    ]);
  });

  it("are all of them where there are no more", () => {
    expect(fewerPhotos(photos, 40)).toBe(photos);
    expect(fewerPhotos(photos, 41)).toBe(photos);
    expect(new Set(fewerPhotos(photos, 39).names).size).toBe(39);
    for (const count of [0, 1.5, Number.NaN]) expect(() => fewerPhotos(photos, count)).toThrow(InputError);
  });
});

describe("a unit", () => {
  const seen = (peaks: readonly number[], means = peaks): UnitPhotos => ({
    address: "layer:0",
    best: [],
    peak: distributionOf(peaks),
    mean: distributionOf(means),
  });
  const picture = (start: number, end: number, steps = 8) => ({ activation: { start, end }, steps });

  it.each([
    ["alive", picture(0, 2), undefined],
    ["dead", picture(0, 0), undefined],
    ["dead", picture(-0.3, -0.3), undefined],
    ["alive", picture(0, 0, 0), undefined],
    ["alive", picture(0, 2), seen([0, 1, 0])],
    ["silent", picture(0, 2), seen([0, 0, 0])],
    ["unmoved", picture(0, 0), seen([0, 1, 0])],
    ["dead", picture(0, 0), seen([0, 0, 0])],
    ["alive", picture(-2, -1), seen([-5, -4])],
  ] as const)("is %s: %j among %j", (life, made, photos) => {
    expect(lifeOf(made, photos)).toBe(life);
  });

  it("is compared with the photos' means, not with their peaks", () => {
    const among = amongPhotos(picture(0, 3), seen([10, 20, 30], [1, 2, 4]));
    expect(among.ratio).toBe(0.75);
    expect(among.percentile).toBeGreaterThan(50);
    expect(among.percentile).toBeLessThan(100);
  });
});
