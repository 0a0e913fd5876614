import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../tensor/image.node.ts";
import { rng } from "../tensor/rng.ts";
import { classSizes, requireClasses, splitSizes } from "./dataset.ts";
import { drawFlower, type Flower, petalColours } from "./flower.ts";
import { petalShapes } from "./flower-shapes.ts";
import { loadItem } from "./load.ts";
import { openDataset } from "./open.node.ts";
import { oneFlower, syntheticFlowers } from "./synthetic.ts";
import { writeImageFolder } from "./write.node.ts";

const host = { decodeImage, readFile, shorterSide: 1000 };
const plain: Flower = {
  ...oneFlower({ petals: 5, shape: "round", colour: "red", centre: "gold", centreSize: 0.2 }, rng(1)),
  background: "sky",
  x: 0.5,
  y: 0.5,
  radius: 0.4,
  rotation: 0.3,
  light: 1,
  tint: [0, 0, 0],
};

/** How often the mask goes from out to in on a circle of `part` of the petals' length. */
function petalsOnCircle(flower: Flower, part: number): number {
  const size = 200;
  const { petals } = drawFlower(flower, size);
  const inside = Array.from({ length: 720 }, (_, i) => {
    const angle = (i / 720) * 2 * Math.PI;
    const x = Math.floor((flower.x + part * flower.radius * Math.cos(angle)) * size);
    const y = Math.floor((flower.y + part * flower.radius * Math.sin(angle)) * size);
    return petals.data[y * size + x]! > 0.5;
  });
  return inside.filter((now, i) => now && !inside.at(i - 1)).length;
}

describe("a drawn flower", () => {
  test.each([3, 4, 5, 6, 8, 13])("has %i petals", (petals) => {
    for (const shape of ["pointed", "strap"] as const) {
      const counted = [0.85, 0.9, 0.94].map((part) => petalsOnCircle({ ...plain, petals, shape }, part));
      expect(counted, shape).toContain(petals);
    }
  });

  test("its masks are where its colours are, and both lie within 0…1", () => {
    const { image, petals, centre } = drawFlower(plain, 64);
    const mean = (mask: Float32Array, k: number): number => {
      let [sum, weight] = [0, 0];
      for (let p = 0; p < 4096; p++) {
        sum += mask[p]! * image.data[k * 4096 + p]!;
        weight += mask[p]!;
      }
      return sum / weight;
    };
    // Red petals, a golden centre, a blue sky.
    expect(mean(petals.data, 0)).toBeGreaterThan(mean(petals.data, 1) + 0.4);
    expect(mean(centre.data, 1)).toBeGreaterThan(mean(centre.data, 2) + 0.3);
    const rest = petals.data.map((x, p) => Math.max(0, 1 - x - centre.data[p]!));
    expect(mean(rest, 2)).toBeGreaterThan(mean(rest, 0));
    for (const values of [image.data, petals.data, centre.data])
      expect([Math.min(...values) >= 0, Math.max(...values) <= 1]).toEqual([true, true]);
    const radius = Math.sqrt(centre.data.reduce((a, b) => a + b, 0) / Math.PI) / 64;
    expect(radius).toBeCloseTo(plain.centreSize * plain.radius, 2);
  });

  test("masks are antialiased: their area hardly depends on the size", () => {
    for (const shape of petalShapes) {
      const share = (size: number): number =>
        drawFlower({ ...plain, shape }, size).petals.data.reduce((a, b) => a + b, 0) / size ** 2;
      expect(Math.abs(share(32) / share(160) - 1), shape).toBeLessThan(0.03);
      expect(
        drawFlower({ ...plain, shape }, 64).petals.data.filter((x) => x > 0.1 && x < 0.9).length,
        shape,
      ).toBeGreaterThan(50);
    }
  });

  test("the same flower gives the same picture; every factor shows", () => {
    const base = drawFlower(plain, 32);
    expect(drawFlower({ ...plain }, 32)).toEqual(base);
    const changes: Partial<Flower>[] = [
      { petals: 6 },
      { shape: "heart" },
      { colour: "blue" },
      { centre: "black" },
      { centreSize: 0.4 },
      { background: "soil" },
      { x: 0.4 },
      { y: 0.4 },
      { radius: 0.3 },
      { rotation: 0.6 },
      { light: 0.8 },
      { lightFrom: plain.lightFrom + 2 },
      { tint: [0.04, 0, 0] },
      { bend: 0.5 },
      { texture: 5 },
    ];
    for (const change of changes)
      expect(drawFlower({ ...plain, ...change }, 32).image.data, JSON.stringify(change)).not.toEqual(base.image.data);
  });
});

describe("the synthetic data set", () => {
  test("is balanced, split, seeded and named by its factors", () => {
    const data = syntheticFlowers({ classes: 8, count: 160, size: 32, seed: 5 });
    expect(syntheticFlowers({ classes: 8, count: 160, size: 32, seed: 5 })).toEqual(data);
    expect(syntheticFlowers({ classes: 8, count: 160, size: 32, seed: 6 }).classes).not.toEqual(data.classes);
    expect(new Set(data.classes).size).toBe(8);
    expect([...classSizes(data)]).toEqual(Array(8).fill(20));
    expect([...splitSizes(data)]).toEqual([
      ["train", 112],
      ["val", 24],
      ["test", 24],
    ]);
    expect(() => requireClasses(data)).not.toThrow();
    for (const { label, source } of data.items) {
      if (source.kind !== "flower") throw new Error("expected a flower");
      const { colour, shape, petals, centre } = source.flower;
      expect(`${colour} ${shape} ${petals} ${centre}`).toBe(data.classes[label]);
    }
  });

  test("few classes differ in three factors or more", () => {
    const { classes } = syntheticFlowers({ classes: 10, seed: 3 });
    const names = classes.map((name) => name.split(" "));
    for (const [i, a] of names.entries())
      for (const b of names.slice(0, i)) expect(a.filter((word, k) => word !== b[k]).length).toBeGreaterThanOrEqual(3);
  });

  test("all 1,440 classes are different, and beyond is refused", () => {
    expect(Object.keys(petalColours).length * petalShapes.length * 6 * 5).toBe(1440);
    const { classes } = syntheticFlowers({ classes: 1440 });
    expect(new Set(classes).size).toBe(1440);
    expect(() => syntheticFlowers({ classes: 1441 })).toThrow("expected 2 to 1440 classes, got 1441");
    expect(() => syntheticFlowers({ classes: 4, count: 11 })).toThrow(
      "expected 3 pictures a class or more (12), got 11",
    );
  });

  test("written as an image folder it opens with the same pixels", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fovea-flowers-"));
    try {
      const data = syntheticFlowers({ classes: 3, count: 9, size: 16, seed: 2 });
      await writeImageFolder(data, folder);
      const opened = await openDataset(folder);
      expect(opened.classes).toEqual([...data.classes].sort());
      expect([...splitSizes(opened)]).toEqual([...splitSizes(data)]);
      for (const item of opened.items) {
        const original = data.items[Number(/(\d+)\.png$/.exec(item.name)![1])]!;
        expect(opened.classes[item.label]).toBe(data.classes[original.label]);
        expect(await loadItem(item, host)).toEqual(await loadItem(original, host));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
