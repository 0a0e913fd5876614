/** @file Levels of a top-down net read back from its file: found, closed, and seen alone. */

import { describe, expect, it } from "vitest";
import { uniform } from "../../test/fixtures/run.ts";
import { netSource, nets, sourceBytes } from "../nets/net.ts";
import { compile } from "../runtime/compile.ts";
import { resampleMatrix } from "../tensor/resample.ts";
import { type Tensor, toNumbers } from "../tensor/tensor.ts";
import { inspect } from "./inspect.ts";
import { levelsOf, levelValues, openLevels, throughLevel } from "./levels.ts";
import { mainLayers } from "./main-layers.ts";
import { type Model, openModel } from "./model.ts";
import { modelAt } from "./size.ts";
import { inputGradient } from "./unit.ts";

const opened = (name: "topdown-lenetfc" | "bottomup-lenetfc"): Model =>
  openModel(sourceBytes(netSource(nets[name]({ classes: 3, width: 4 }), { picture: [3, 16, 16], seed: 2 })));
const model = opened("topdown-lenetfc");
const picture = uniform("float32", [1, 3, 16, 16], [-1, 1]);
const other = uniform("float32", [1, 3, 16, 16], [-1, 1], 7);

/** Levels and logits of a net for a picture. */
async function seen(net: Model, image: Tensor): Promise<{ levels: number[][]; logits: number[] }> {
  const values = net.source.nodes.flatMap((node) => node.outputs.filter((v) => v && /^level\d$/.test(v.name)));
  const wanted = [...values, net.source.outputs[0]!].map((v) => v!);
  const { graph } = modelAt(net, { batch: image.dims[0], outputs: wanted });
  const program = await compile(graph, { device: "cpu", threads: 1 });
  try {
    const out = await program.run({ image });
    const all = graph.outputs.map((v) => toNumbers(out[v.name]!));
    const byName = new Map(wanted.map((v, i) => [v.name, all[i]!]));
    return { levels: [1, 2, 3].flatMap((i) => [byName.get(`level${i}`) ?? []]), logits: byName.get("logits")! };
  } finally {
    await program.dispose();
  }
}

const close = (a: readonly number[], b: readonly number[], digits = 5): void => {
  expect(a).toHaveLength(b.length);
  a.forEach((x, i) => {
    expect(x).toBeCloseTo(b[i]!, digits);
  });
};

describe("a top-down net", () => {
  it("lists its levels, which inspect shows under these addresses", async () => {
    const levels = levelsOf(model);
    expect(levels.map(({ name, size }) => [name, ...size])).toEqual([
      ["level1", 4, 4],
      ["level2", 8, 8],
      ["level3", 16, 16],
    ]);
    const { layers, totals } = await inspect(model);
    const found = layers.filter(({ address }) => /^level\d$/.test(address));
    expect(found.map(({ address, shape, stride, receptiveField }) => [address, shape, stride, receptiveField])).toEqual(
      [
        ["level1", [1, 3, 4, 4], 4, 12],
        ["level2", [1, 3, 8, 8], 2, 6],
        ["level3", [1, 3, 16, 16], 1, 1],
      ],
    );
    expect(found.every(({ params }) => params === 0)).toBe(true);
    expect(totals.params).toBeGreaterThan(1000);
  });

  it("takes other sizes that can be halved as often", () => {
    expect(levelsOf(model, { size: [24, 8] }).map(({ size }) => size)).toEqual([
      [6, 2],
      [12, 4],
      [24, 8],
    ]);
  });

  it("has main layers on the coarse path too", () => {
    const names = mainLayers(model, 100).map(({ address }) => address);
    expect(names.slice(0, 2)).toEqual(["block1.0", "merge2.width"]);
    expect(names).toEqual(expect.arrayContaining(["merge2.join", "block2.0", "merge3.join", "block3.0", "logits"]));
    expect(names.some((name) => name.startsWith("level"))).toBe(false);
  });
});

it("a bottom-up net has no levels, and says so", () => {
  const plain = opened("bottomup-lenetfc");
  expect(levelsOf(plain)).toEqual([]);
  expect(levelValues(plain)).toEqual([]);
  expect(() => openLevels(plain, 1)).toThrow("is no top-down net");
});

describe("with levels closed", () => {
  it("finer ones hold the last open one, enlarged linearly", async () => {
    const whole = await seen(model, picture);
    const { levels } = await seen(openLevels(model, 1), picture);
    close(levels[0]!, whole.levels[0]!);
    for (const [i, side] of [8, 16].entries()) {
      const m = resampleMatrix(side, 4);
      const wanted: number[] = [];
      for (let c = 0; c < 3; c++)
        for (let y = 0; y < side; y++)
          for (let x = 0; x < side; x++) {
            let sum = 0;
            for (let j = 0; j < 16; j++)
              sum += m[y * 4 + Math.floor(j / 4)]! * m[x * 4 + (j % 4)]! * levels[0]![c * 16 + j]!;
            wanted.push(sum);
          }
      close(levels[i + 1]!, wanted);
    }
  });

  it("opening one more changes it alone and what is above, and opening all gives the net itself", async () => {
    const [whole, two, three] = await Promise.all(
      [model, openLevels(model, 2), openLevels(model, 3)].map((m) => seen(m, picture)),
    );
    close(two!.levels[1]!, whole!.levels[1]!);
    expect(Math.max(...two!.levels[2]!.map((x, i) => Math.abs(x - whole!.levels[2]![i]!)))).toBeGreaterThan(0.1);
    close(three!.logits, whole!.logits);
    expect(levelsOf(openLevels(model, 2)).map(({ name }) => name)).toEqual(["level1", "level2", "level3"]);
  });

  it.each([0, 4, 1.5])("there is no level %s", (level) => {
    expect(() => openLevels(model, level)).toThrow(`expected a level from 1 (the coarsest) to 3, got ${level}`);
  });
});

it("changed nets have hashes of their own, always the same", async () => {
  const hashes = (): Promise<string[]> =>
    Promise.all(
      [
        model,
        openLevels(model, 1),
        openLevels(model, 2),
        throughLevel(model, 1),
        throughLevel(model, 2),
        throughLevel(model, 2, other),
      ].map((net) => net.hash()),
    );
  const found = await hashes();
  expect(new Set(found).size).toBe(found.length);
  expect(await hashes()).toEqual(found);
});

describe("through one level", () => {
  it("the others hold another picture, in every batch", async () => {
    const [own, its] = [await seen(model, picture), await seen(model, other)];
    const { levels } = await seen(throughLevel(model, 2, other), picture);
    close(levels[1]!, own.levels[1]!);
    close(levels[0]!, its.levels[0]!);
    close(levels[2]!, its.levels[2]!);
    const two = await seen(throughLevel(model, 2, other), uniform("float32", [2, 3, 16, 16]));
    close(two.levels[0]!, [...its.levels[0]!, ...its.levels[0]!]);
  });

  it.each([1, 2, 3])("the layers that still depend on the picture keep their addresses (level %i)", (level) => {
    const names = (net: Model): string[] => net.layers.map(({ address }) => address);
    const own = names(throughLevel(model, level, other));
    expect(new Set(own).size).toBe(own.length);
    expect(names(model)).toEqual(expect.arrayContaining(own));
    expect(own).toEqual(expect.arrayContaining([`level${level}`, "block3.0", "logits"]));
  });

  it("without another picture they hold zeros", async () => {
    const { levels } = await seen(throughLevel(model, 3), picture);
    expect(new Set([...levels[0]!, ...levels[1]!])).toEqual(new Set([0]));
    close(levels[2]!, toNumbers(picture));
  });

  it("gradients through each, the others holding the same picture, add up to the whole one", async () => {
    const options = { device: "cpu", threads: 1 } as const;
    const whole = await inputGradient(model, "logits:1", picture, options);
    const sum = whole.gradient.data.map(() => 0);
    for (const level of [1, 2, 3]) {
      const part = await inputGradient(throughLevel(model, level, picture), "logits:1", picture, options);
      expect(part.value).toBeCloseTo(whole.value, 5);
      expect(Math.max(...part.gradient.data.map(Math.abs))).toBeGreaterThan(0);
      part.gradient.data.forEach((x, i) => {
        sum[i]! += x;
      });
    }
    close([...sum], [...whole.gradient.data]);
  });
});
