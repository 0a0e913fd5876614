/** @file The distance from remembered statistics, against sums over the activations on the host. */

import { describe, expect, it } from "vitest";
import { convNet, residualNet } from "../../test/fixtures/conv-nets.ts";
import { evaluate, gradientError, uniform } from "../../test/fixtures/run.ts";
import { findLayer } from "../model/address.ts";
import type { Layer } from "../model/layers.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { rememberedStatistics, statisticsDistance } from "./objective-batch-norm.ts";

const model = residualNet();
const layer = (name: string): Layer => findLayer(model, name);

describe("rememberedStatistics", () => {
  it("has those on the way to a layer, in order", () => {
    const inputs = (name: string): string[] => rememberedStatistics(model, layer(name)).map(({ value }) => value.name);
    expect(inputs("relu1")).toEqual(["a1"]);
    expect(inputs("relu2")).toEqual(["a1", "b1"]);
    expect(inputs("logits")).toEqual(["a1", "b1", "c1", "c3"]);
  });

  it("has the file's numbers", () => {
    const [first] = rememberedStatistics(model, layer("relu1"));
    const constant = (name: string): number[] => {
      const found = [...model.source.constants].find(([v]) => v.name === name);
      return toNumbers(found![1]);
    };
    expect(toNumbers(first!.mean)).toEqual(constant("mean31"));
    expect(toNumbers(first!.variance)).toEqual(constant("var31"));
  });
});

describe("statisticsDistance", () => {
  const { layers, on } = statisticsDistance(model, layer("relu2"), { first: 10 });
  const remembered = rememberedStatistics(model, layer("relu2"));
  const a = [uniform("float64", [2, 4, 3, 3], [-1, 1], 1), uniform("float64", [2, 4, 2, 2], [-2, 1], 2)];

  it("adds up the distances of means and variances, of the whole batch", async () => {
    const { y } = await evaluate({ a: a[0]!, b: a[1]! }, (g, v) => ({ y: on([])(g, [v.a!, v.b!]) }));
    const distance = (x: readonly number[], z: ArrayLike<number>): number => Math.hypot(...x.map((v, i) => v - z[i]!));
    const expected = remembered.reduce((total, { mean, variance }, l) => {
      const [, channels, h, w] = a[l]!.dims as [number, number, number, number];
      const values = Array.from({ length: channels }, (_, c) =>
        toNumbers(a[l]!).filter((_, i) => Math.floor(i / (h * w)) % channels === c),
      );
      const mu = values.map((x) => x.reduce((s, v) => s + v, 0) / x.length);
      const sigma2 = values.map((x, c) => x.reduce((s, v) => s + (v - mu[c]!) ** 2, 0) / x.length);
      return total + (l === 0 ? 10 : 1) * (distance(mu, mean.data) + distance(sigma2, variance.data));
    }, 0);
    expect(layers).toEqual(remembered.map(({ value }) => value));
    toNumbers(y!).forEach((x) => {
      expect(x).toBeCloseTo(expected, 6);
    });
    expect(y!.dims).toEqual([2]);
  });

  it("has the right slope", async () => {
    const one = statisticsDistance(model, layer("relu1"));
    expect(await gradientError(a[0]!, (g, v) => one.on([])(g, [v]))).toBeLessThan(1e-6);
  });

  it("is next to nothing, and has a slope, for activations with the very statistics", async () => {
    const [{ mean, variance }] = rememberedStatistics(model, layer("relu1")) as [
      ReturnType<typeof rememberedStatistics>[0],
    ];
    const same = uniform("float64", [1, 4, 1, 2]);
    same.data.forEach((_, i) => {
      const c = Math.floor(i / 2);
      same.data[i] = mean.data[c]! + (i % 2 === 0 ? 1 : -1) * Math.sqrt(variance.data[c]!);
    });
    const one = statisticsDistance(model, layer("relu1"));
    const { y } = await evaluate({ a: same }, (g, v) => ({ y: one.on([])(g, [v.a!]) }));
    expect(toNumbers(y!)[0]).toBeLessThan(1e-5);
  });

  it("refuses nets without, and layers before the first", () => {
    expect(() => statisticsDistance(convNet(), findLayer(convNet(), "logits"))).toThrow(
      /no BatchNormalization with statistics on the way to logits/,
    );
    expect(() => statisticsDistance(model, layer("stem"))).toThrow(/on the way to stem/);
  });
});
