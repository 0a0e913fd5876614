import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rng } from "../tensor/rng.ts";
import { classSizes, type Dataset, divide, leftOut, requireClasses, selectSplit, splitSizes } from "./dataset.ts";
import { epochOrder } from "./order.ts";

const source = { kind: "file", path: "" } as const;
const dataset = (sizes: readonly number[], split = "all"): Dataset => ({
  name: "d",
  format: "made",
  classes: sizes.map((_, label) => `c${label}`),
  items: sizes.flatMap((n, label) =>
    Array.from({ length: n }, (_, i) => ({ name: `${label}-${i}`, label, split, source })),
  ),
  notes: [],
});
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 });

describe("splits", () => {
  test("division is stratified, whole and seeded", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 1000 }), (n, seed) => {
        const divided = divide(dataset(n), { val: 0.2, test: 0.2 }, rng(seed));
        expect(divide(dataset(n), { val: 0.2, test: 0.2 }, rng(seed))).toEqual(divided);
        expect(divided.items.map((item) => item.name)).toEqual(dataset(n).items.map((item) => item.name));
        n.forEach((size, label) => {
          const of = (split: string): number =>
            divided.items.filter((i) => i.label === label && i.split === split).length;
          expect(of("train")).toBeGreaterThan(0);
          expect(of("train") + of("val") + of("test")).toBe(size);
          if (size < 3) return;
          expect(of("val")).toBe(Math.max(1, Math.round(0.2 * size)));
          expect(of("test")).toBe(of("val"));
        });
      }),
    );
  });

  test("an unknown split is refused with those that are there", () => {
    const divided = divide(dataset([10, 10]), {}, rng(1));
    expect([...splitSizes(divided)]).toEqual([
      ["train", 16],
      ["val", 2],
      ["test", 2],
    ]);
    expect(selectSplit(divided, "validation").items).toHaveLength(2);
    expect(() => selectSplit(divided, "trian")).toThrow(
      "no split 'trian': expected one of train (16), val (2), test (2)",
    );
  });

  test("training wants two classes with pictures", () => {
    expect(() => requireClasses(dataset([3]))).toThrow("only one class (c0)");
    expect(() => requireClasses(dataset([3, 0, 0], "train"))).toThrow("no pictures of c1, c2 in split train");
    expect(() => requireClasses(dataset([1, 1]))).not.toThrow();
    expect([...classSizes(dataset([3, 0, 2]))]).toEqual([3, 0, 2]);
  });

  test("bad pictures are named, and refused when they are too many", () => {
    expect(leftOut("d", [], 100, "are missing")).toEqual([]);
    expect(leftOut("d", ["a", "b", "c", "e"], 100, "are missing")).toEqual([
      "d: 4 of 100 pictures are missing (a, b, c and 1 more): left out",
    ]);
    expect(() => leftOut("d", Array.from({ length: 11 }, String), 100, "are missing")).toThrow("expected at most 10");
  });
});

describe("order of an epoch", () => {
  test("without balance every picture comes once", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 1000 }), (n, seed) => {
        const order = epochOrder(dataset(n), rng(seed));
        expect([...order].sort((a, b) => a - b)).toEqual([...order.keys()]);
      }),
    );
  });

  test("with balance b classes come in proportion to n^(1 − b), and pictures of a class equally often", () => {
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 0, max: 1000 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (n, seed, b) => {
          const data = dataset(n);
          const order = epochOrder(data, rng(seed), b);
          const times = new Int32Array(data.items.length);
          for (const i of order) times[i]!++;
          const total = n.reduce((x, y) => x + y, 0);
          const sum = n.reduce((x, y) => x + y ** (1 - b), 0);
          expect(order).toHaveLength(total);
          let first = 0;
          for (const size of n) {
            const mine = times.subarray(first, first + size);
            const expected = (total * size ** (1 - b)) / sum;
            expect(Math.abs(mine.reduce((x, y) => x + y, 0) - expected)).toBeLessThanOrEqual(1);
            expect(Math.max(...mine) - Math.min(...mine)).toBeLessThanOrEqual(1);
            first += size;
          }
        },
      ),
    );
  });

  test("the seed decides", () => {
    const data = dataset([20, 30]);
    expect(epochOrder(data, rng(1))).toEqual(epochOrder(data, rng(1)));
    expect(epochOrder(data, rng(1))).not.toEqual(epochOrder(data, rng(2)));
    expect(() => epochOrder(data, rng(1), 2)).toThrow(/balance: expected a number from 0/);
  });
});
