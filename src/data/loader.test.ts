import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../error.ts";
import { augmentations } from "./augmentation.ts";
import { type Batch, type Dataset, selectSplit } from "./dataset.ts";
import { type Loader, type LoaderOptions, openLoader } from "./loader.node.ts";
import { openDataset } from "./open.node.ts";
import { syntheticFlowers } from "./synthetic.ts";
import { writeImageFolder } from "./write.node.ts";

const flowers = syntheticFlowers({ classes: 3, count: 30, size: 24, seed: 1 });
const options: LoaderOptions = { size: 16, batchSize: 4, seed: 9, augmentation: augmentations.strong, workers: 0 };

const opened: Loader[] = [];
const open = (data: Dataset, more: Partial<LoaderOptions> = {}): Loader => {
  const loader = openLoader(data, { ...options, ...more });
  opened.push(loader);
  return loader;
};
const folder = mkdtempSync(join(tmpdir(), "fovea-loader-"));
afterAll(async () => {
  await Promise.all(opened.map((loader) => loader.close()));
  rmSync(folder, { recursive: true });
});

async function all(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const list: Batch[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}
/** What a batch is, free of how its arrays are held. */
const facts = (batch: Batch) => ({
  at: [batch.epoch, batch.number],
  images: [...batch.images.data],
  labels: [...batch.labels],
  targets: [...batch.targets.data],
  items: [...batch.items],
});

describe("training batches", () => {
  test("are the same for any number of threads, any cache, and from any place on", async () => {
    const alone = (await all(open(flowers).epoch(2))).map(facts);
    expect(alone).toHaveLength(7);
    const threaded = open(flowers, { workers: 2, ahead: 5 });
    await all(threaded.epoch(1));
    expect((await all(threaded.epoch(2))).map(facts)).toEqual(alone);
    expect((await all(open(flowers, { workers: 1, cacheBytes: 5000 }).epoch(2, 3))).map(facts)).toEqual(alone.slice(3));
    const stream = threaded.stream({ epoch: 1, number: 6 });
    const crossing = [await stream.next(), await stream.next()].map(({ value }) => facts(value));
    await stream.return(undefined as never);
    expect(crossing.map(({ at }) => at)).toEqual([
      [1, 6],
      [2, 0],
    ]);
    expect(crossing[1]).toEqual(alone[0]);
  });

  test("are well formed and differ between epochs and seeds", async () => {
    const loader = open(flowers, { augmentation: augmentations.standard });
    const batches = await all(loader.epoch(0));
    const seen = batches.flatMap((batch) => [...batch.items]);
    expect(new Set(seen).size).toBe(28);
    for (const { images, labels, targets, items } of batches) {
      expect(images.dims).toEqual([4, 16, 16, 3]);
      expect(targets.dims).toEqual([4, 3]);
      for (let k = 0; k < 4; k++) {
        expect(labels[k]).toBe(flowers.items[items[k]!]!.label);
        expect([...targets.data.subarray(3 * k, 3 * k + 3)].map((x) => x > 0.5)).toEqual(
          [0, 1, 2].map((c) => c === labels[k]),
        );
      }
    }
    const first = (await loader.epoch(0).next()).value!;
    expect(facts((await loader.epoch(1).next()).value!)).not.toEqual(facts(first));
    expect(facts((await open(flowers, { seed: 10 }).epoch(0).next()).value!).items).not.toEqual([...first.items]);
  });

  test("with balance, a rare class comes as often as the others", async () => {
    const data = { ...flowers, items: flowers.items.filter((item, i) => item.label !== 0 || i < 6) };
    const batches = await all(open(data, { balance: 1, batchSize: 11 }).epoch());
    const counts = [0, 0, 0];
    for (const { labels } of batches) for (const label of labels) counts[label]!++;
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });
});

test("evaluation shows every picture once, in order, and fills up with empty places", async () => {
  const batches = await all(open(flowers, { augmentation: undefined, batchSize: 8, workers: 1 }).epoch());
  expect(batches).toHaveLength(4);
  expect(batches.flatMap((batch) => [...batch.items])).toEqual([...flowers.items.keys(), -1, -1]);
  const last = batches[3]!;
  expect([...last.labels].slice(6)).toEqual([-1, -1]);
  expect([...last.targets.data.subarray(18)]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(last.images.data.subarray(6 * 768).every((x) => x === 0)).toBe(true);
});

describe("bad pictures", () => {
  const path = join(folder, "set");
  const broken = ["00003.png", "00007.png"];

  test("are counted, named and replaced, the same for any number of threads", async () => {
    await writeImageFolder({ ...flowers, items: flowers.items.map((item) => ({ ...item, split: "all" })) }, path);
    const whole = await openDataset(path);
    const bad = whole.items.filter((item) => broken.some((name) => item.name.endsWith(name)));
    for (const { source } of bad) if (source.kind === "file") writeFileSync(source.path, "this is no picture");
    const alone = open(whole);
    const batches = await all(alone.epoch(0));
    expect([...alone.unreadable.keys()].sort()).toEqual(bad.map((item) => item.name).sort());
    expect([...alone.unreadable.values()][0]).toMatch(/\.png: image: cannot be decoded/);
    const used = new Set(batches.flatMap((batch) => [...batch.items].map((i) => whole.items[i]!.name)));
    expect(bad.filter((item) => used.has(item.name))).toEqual([]);
    expect(batches.every((batch) => batch.labels.every((label) => label >= 0))).toBe(true);
    expect((await all(open(whole, { workers: 2 }).epoch(0))).map(facts)).toEqual(batches.map(facts));

    const evaluated = await all(open(whole, { augmentation: undefined, workers: 2 }).epoch());
    expect(evaluated.flatMap((batch) => [...batch.items]).filter((i) => i >= 0)).toHaveLength(28);
  });

  test("too many of them, or one that vanished, end in one sentence", async () => {
    const place = join(folder, "worse");
    for (const name of ["a", "b"]) mkdirSync(join(place, name), { recursive: true });
    for (let i = 0; i < 24; i++) writeFileSync(join(place, i % 2 ? "a" : "b", `${i}.jpg`), "x");
    const data = await openDataset(place);
    const missing = {
      ...data,
      items: data.items.map((item) => ({ ...item, source: { kind: "file", path: "/nowhere" } as const })),
    };
    for (const workers of [0, 2]) {
      await expect(all(open(data, { workers }).epoch())).rejects.toThrow(
        /worse: more than 10 of 24 pictures cannot be read/,
      );
      await expect(all(open(missing, { workers }).epoch())).rejects.toThrow(/ENOENT/);
    }
  });
});

describe("options and endings", () => {
  test("options that make no sense are refused", () => {
    expect(() => open(flowers, { batchSize: 0 })).toThrow("batch size: expected a whole number of 1 or more, got 0");
    expect(() => open(flowers, { batchSize: 31 })).toThrow("30 pictures do not fill a batch of 31");
    expect(() => open(flowers, { augmentation: { flip: 3 } })).toThrow("flip: expected a number from 0 to 1");
  });

  test("closing ends what is under way; our own errors come through", async () => {
    const loader = open(flowers, { workers: 2 });
    const first = expect(loader.epoch().next()).rejects.toThrow(/internal: loader: closed/);
    await loader.close();
    await first;
    await expect(loader.epoch().next()).rejects.toThrow(/internal: loader: closed/);

    const source = { kind: "flower", flower: flowers.items[0]!.source, size: 8 } as never;
    const wrong = { ...flowers, items: flowers.items.map((item) => ({ ...item, source })) };
    const error = await open(wrong, { workers: 1 })
      .epoch()
      .next()
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(InputError);
  });
});

const shared = fileURLToPath(new URL("../../../shared/data/flowers18", import.meta.url));
test.skipIf(!existsSync(shared))("flowers18: batches of photos from two threads", async () => {
  const data = selectSplit(await openDataset(shared), "val");
  const loader = open(data, { size: 64, batchSize: 32, workers: 2 });
  const batch = (await loader.epoch().next()).value!;
  const mean = batch.images.data.reduce((a, b) => a + b, 0) / batch.images.size;
  expect(mean).toBeGreaterThan(50);
  expect(mean).toBeLessThan(180);
  expect(loader.unreadable.size).toBe(0);
});
