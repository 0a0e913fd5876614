/** @file What every attribution method keeps to: it points at what is there, for each class, alone and in company, every time. */

import { describe, expect, it } from "vitest";
import { onPatch, plantedNet, plantedPicture, plantedSide } from "../../test/fixtures/planted.ts";
import { attribute, openAttribution } from "./attribute.ts";
import { explained } from "./explained.ts";
import type { Method } from "./method.ts";
import { methods } from "./methods.ts";
import { topPlace } from "./order.ts";

const net = explained(plantedNet(), { size: plantedSide });
const options = { device: "cpu", threads: 1 } as const;
const [first, second] = [plantedPicture(5).data, plantedPicture(6).data];
const controls: readonly string[] = ["random", "centre"];
const close = (a: ArrayLike<number>, b: ArrayLike<number>): void => {
  expect(a.length).toBe(b.length);
  const largest = Math.max(...Array.from(b, Math.abs));
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThanOrEqual(1e-5 * largest + 1e-9);
};

describe.each(Object.entries<Method>(methods))("%s", (name, method) => {
  it("is a map a picture, the same alone and in company, and the same again", async () => {
    const alone = await attribute(net, method, { image: second, class: 1, item: 4 }, options);
    const [h, w] = [alone.dims[1]!, alone.dims[2]!];
    expect(alone.dims).toEqual([1, h, w]);
    if (method.ofLayer) expect([h, w]).toEqual(net.layer!.size);
    expect(alone.data.every(Number.isFinite)).toBe(true);
    expect(new Set(alone.data).size).toBeGreaterThan(2);
    if (!method.signed) expect(alone.data.every((x) => x >= 0)).toBe(true);
    const together = await openAttribution(net, method, { ...options, pictures: 3, batch: 3 });
    try {
      const questions = [0, 1, 2, 4].map((item) => ({ image: item === 4 ? second : first, class: item % 2, item }));
      questions[3]!.class = 1;
      const maps = await together.of(questions);
      expect(maps).toHaveLength(4);
      close(maps[3]!.data, alone.data);
    } finally {
      await together.dispose();
    }
  });

  it.skipIf(controls.includes(name)).each([0, 1] as const)("points at what speaks for class %i", async (c) => {
    const map = await attribute(net, method, { image: first, class: c }, options);
    const [y, x] = topPlace(map, plantedSide, plantedSide);
    expect(onPatch(c, y, x)).toBe(true);
  });

  it("says where it was published", () => {
    expect(method.source).toMatch(controls.includes(name) ? /control/ : /(19|20)\d\d/);
    expect(method.name).toBe(name);
  });
});

it("stops at once when it is told to", async () => {
  const stop = new AbortController();
  let looks = 0;
  const run = attribute(
    net,
    methods.rise,
    { image: first, class: 0 },
    {
      ...options,
      signal: stop.signal,
      progress: (done) => {
        looks = done;
        stop.abort();
      },
    },
  );
  await expect(run).rejects.toThrow();
  expect(looks).toBeLessThan(methods.rise.looks);
});
