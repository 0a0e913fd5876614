/** @file Transforms: still ones are exact crops, and draws reach all of their range. */

import { describe, expect, it } from "vitest";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, type Tensor, toNumbers } from "../tensor/tensor.ts";
import type { Transform } from "./axes.ts";
import { crop, padded, rotate } from "./transforms.ts";

type Draws = Readonly<Record<string, Tensor>>;

const apply = async (t: Transform, image: Tensor, drawn: Draws): Promise<Tensor> =>
  (await evaluate({ image, ...drawn }, (g, { image: v, ...values }) => ({ seen: t.apply(g, v!, values) }))).seen!;

/** The window of pictures [N,C,H,W] whose first pixel is (top, left). */
function window(image: Tensor, [height, width]: readonly [number, number], top: number, left: number): number[] {
  const [n, c, h, w] = image.dims as [number, number, number, number];
  const x = toNumbers(image);
  const out: number[] = [];
  for (let i = 0; i < n * c; i++)
    for (let y = 0; y < height; y++) for (let k = 0; k < width; k++) out.push(x[(i * h + top + y) * w + left + k]!);
  return out;
}

const draw = (values: Readonly<Record<string, readonly number[]>>): Draws =>
  Object.fromEntries(Object.entries(values).map(([name, x]) => [name, fromNumbers("float32", x)]));

describe("crop", () => {
  // Larger by an even and by an odd number of pixels.
  it.each([
    [9, 12, 2, 3],
    [8, 11, 1, 2],
    [5, 6, 0, 0],
  ])("that stands still cuts the middle out of %i×%i, exactly", async (h, w, top, left) => {
    const image = uniform("float32", [2, 3, h, w]);
    const t = crop({ size: [5, 6], jitter: [3], views: 2 });
    expect(toNumbers(await apply(t, image, t.neutral()))).toEqual(window(image, [5, 6], top, left));
  });

  it.each([0, 1, 2, 3, 7])("with jitter %i cuts any window out of a canvas larger by that, exactly", async (jitter) => {
    const image = uniform("float32", [1, 2, 4 + jitter, 5 + jitter]);
    const t = crop({ size: [4, 5], jitter: [jitter] });
    const places = new Set<string>();
    const random = rng(8);
    for (let i = 0; i < 12; i++) {
      const seen = toNumbers(await apply(t, image, t.draw(random))).join();
      const offsets = Array.from({ length: (jitter + 1) ** 2 }, (_, k) => [
        k % (jitter + 1),
        Math.floor(k / (jitter + 1)),
      ]);
      const found = offsets.find(([left, top]) => window(image, [4, 5], top!, left!).join() === seen);
      expect(found).toBeDefined();
      places.add(String(found));
    }
    expect(places.size).toBeGreaterThan(jitter === 0 ? 0 : 2);
  });

  it("takes each picture of a batch from its own place, and black from outside", async () => {
    const image = uniform("float32", [2, 1, 4, 4], [0.5, 1]);
    const t = crop({ size: [2, 2], jitter: [0], views: 2 });
    const seen = await apply(t, image, draw({ scale: [1, 1], dy: [-1, 2], dx: [1, 0] }));
    const at = (i: number, y: number, x: number): number => toNumbers(image)[(i * 4 + y) * 4 + x]!;
    expect(toNumbers(seen)).toEqual([
      ...[at(0, 0, 2), at(0, 0, 3), at(0, 1, 2), at(0, 1, 3)],
      ...[at(1, 3, 1), at(1, 3, 2), 0, 0],
    ]);
  });

  it("zooms about the middle, interpolating linearly", async () => {
    // Linear pictures stay linear: x/10 along the row, seen at half of the steps.
    const image = fromNumbers(
      "float32",
      Array.from({ length: 64 }, (_, i) => (i % 8) / 10),
      [1, 1, 8, 8],
    );
    const seen = toNumbers(
      await apply(crop({ size: [4, 4], jitter: [] }), image, draw({ scale: [2], dy: [0], dx: [0] })),
    );
    const row = [-0.75, -0.25, 0.25, 0.75].map((x) => (3.5 + x) / 10);
    expect(largestDifference(seen, [...row, ...row, ...row, ...row])).toBeLessThan(1e-6);
  });
});

describe("rotate", () => {
  it("by nothing changes nothing", async () => {
    const image = uniform("float32", [2, 3, 6, 5]);
    const t = rotate({ degrees: [5], views: 2 });
    expect(toNumbers(await apply(t, image, t.neutral()))).toEqual(toNumbers(image));
  });

  it("turns a smooth picture by the angle, about the middle", async () => {
    const blob = (cx: number, cy: number): Tensor =>
      fromNumbers(
        "float32",
        Array.from({ length: 33 * 33 }, (_, i) =>
          Math.exp(-(((i % 33) - 16 - cx) ** 2 + (Math.floor(i / 33) - 16 - cy) ** 2) / 40),
        ),
        [1, 1, 33, 33],
      );
    const [cos, sin] = [Math.cos(0.17), Math.sin(0.17)];
    const turned = toNumbers(await apply(rotate({ degrees: [] }), blob(5, -3), draw({ angle: [0.17] })));
    const expected = toNumbers(blob(5 * cos + 3 * sin, 5 * sin - 3 * cos));
    // Linear interpolation loses up to curvature / 8 = 1/160 in each of the three shears.
    expect(largestDifference(turned, expected)).toBeLessThan(3 / 160);
  });
});

describe("padded", () => {
  const options = { pad: 3, value: 0.5 };

  it("that stands still cuts out the middle", async () => {
    const image = uniform("float32", [1, 3, 6, 7]);
    const t = padded([rotate({ degrees: [3] }), crop({ size: [6, 7], jitter: [2, 1] })], options);
    // (x − ½) + ½ in float32.
    expect(largestDifference(toNumbers(await apply(t, image, t.neutral())), toNumbers(image))).toBeLessThan(1e-7);
  });

  it("shows its value outside, within the padding and beyond", async () => {
    const image = uniform("float32", [1, 1, 4, 4], [0.8, 1]);
    const t = padded([crop({ size: [4, 4], jitter: [5] })], options);
    const seen = toNumbers(await apply(t, image, draw({ "0.scale": [1], "0.dy": [0], "0.dx": [5] })));
    seen.forEach((x, i) => {
      if (i % 4 === 3) expect(x).toBe(0.5);
    });
    const inside = toNumbers(await apply(t, image, draw({ "0.scale": [1], "0.dy": [0], "0.dx": [2] })));
    expect(largestDifference(inside.slice(0, 2), toNumbers(image).slice(2, 4))).toBeLessThan(1e-7);
  });

  it("keeps the draws of each inner transform apart", () => {
    const t = padded([crop({ size: [2, 2], jitter: [1] }), crop({ size: [2, 2], jitter: [1] })], options);
    const names = ["0.scale", "0.dy", "0.dx", "1.scale", "1.dy", "1.dx"];
    for (const record of [t.draws, t.draw(rng(1)), t.neutral()]) expect(Object.keys(record)).toEqual(names);
  });
});

describe("draws", () => {
  const samples = 4000;
  const drawnOf = (t: Transform, name: string): number[] => {
    const random = rng(11);
    return Array.from({ length: samples }, () => toNumbers(t.draw(random)[name]!)[0]!);
  };
  const counts = (values: readonly number[]): Map<number, number> => {
    const seen = new Map<number, number>();
    for (const v of values) seen.set(v, (seen.get(v) ?? 0) + 1);
    return new Map([...seen].sort(([a], [b]) => a - b));
  };
  /** Five standard errors of a share p of the samples. */
  const near = (count: number, p: number): boolean =>
    Math.abs(count / samples - p) < 5 * Math.sqrt((p * (1 - p)) / samples);

  it.each(["dy", "dx"])("of %s are whole pixels, two ranges added up, all reached", (name) => {
    const found = counts(drawnOf(crop({ size: [4, 4], jitter: [8, 4] }), name));
    expect([...found.keys()]).toEqual(Array.from({ length: 13 }, (_, i) => i - 6));
    for (const [offset, count] of found) {
      const ways = Math.min(5, 7 - Math.abs(offset));
      expect(near(count, ways / 45)).toBe(true);
    }
  });

  it("of an odd range start where a centred window can", () => {
    expect([...counts(drawnOf(crop({ size: [4, 4], jitter: [3] }), "dy")).keys()]).toEqual([-1, 0, 1, 2]);
  });

  it("of zooms and angles are uniform over those given", () => {
    const zooms = counts(drawnOf(crop({ size: [4, 4], jitter: [0], scales: [0.5, 1, 2] }), "scale"));
    expect([...zooms.keys()]).toEqual([0.5, 1, 2]);
    for (const count of zooms.values()) expect(near(count, 1 / 3)).toBe(true);
    const angles = counts(drawnOf(rotate({ degrees: [-90, 0, 0, 0] }), "angle"));
    expect([...angles.keys()]).toEqual([Math.fround(-Math.PI / 2), 0]);
    expect(near(angles.get(0)!, 3 / 4)).toBe(true);
  });

  it("differ within a batch", () => {
    const drawn = toNumbers(crop({ size: [4, 4], jitter: [100], views: 4 }).draw(rng(1)).dy!);
    expect(new Set(drawn).size).toBeGreaterThan(1);
  });
});
