/** @file Objectives against sums written out. */

import { describe, expect, it } from "vitest";
import { convNet } from "../../test/fixtures/conv-nets.ts";
import { evaluate, uniform } from "../../test/fixtures/run.ts";
import { parseAddress } from "../model/address.ts";
import { placeUnit } from "../model/unit.ts";
import { toNumbers } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";
import { alike, exaggerate, sameCode, times, unitMean, wholeLayer } from "./objectives.ts";

const dims = [2, 3, 2, 2];
const size = 12;
const a = uniform("float32", dims, [-1, 1]);
const code = uniform("float32", [1, 3, 2, 2], [-1, 1], 2);
const w = toNumbers(code);
const picture = (i: number): number[] => toNumbers(a).slice(i * size, (i + 1) * size);

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((s, v, i) => s + v * y[i]!, 0);

const values = async (objective: Objective, of = a): Promise<number[]> => {
  const { y } = await evaluate({ a: of }, (g, v) => ({ y: objective(g, [v.a!]) }));
  return toNumbers(y!);
};

/** One number a picture, to float32. */
const expectEach = async (objective: Objective, of: (x: number[]) => number): Promise<void> => {
  const got = await values(objective);
  expect(got.length).toBe(2);
  for (const i of [0, 1]) expect(got[i]).toBeCloseTo(of(picture(i)), 4);
};

it("wholeLayer is the mean square", () => expectEach(wholeLayer, (x) => dot(x, x) / size));

it("exaggerate weighs by the positive part of the code over its squared norm", () => {
  const positive = w.map((x) => Math.max(x, 0));
  return expectEach(exaggerate(code), (x) => dot(x, positive) / dot(positive, positive));
});

it("sameCode is −C times the relative squared distance", () =>
  expectEach(sameCode(code, 20), (x) => {
    const difference = x.map((v, i) => v - w[i]!);
    return (-20 * dot(difference, difference)) / dot(w, w);
  }));

it.each([0, 1, 2])("alike is the product times the cosine to the power of %i, that at least 0.1", (power) =>
  expectEach(alike(code, power), (x) => {
    const cos = dot(x, w) / Math.sqrt(dot(x, x) * dot(w, w));
    return (dot(x, w) / dot(w, w)) * Math.max(0.1, cos) ** power;
  }),
);

it("times scales", () => expectEach(times(wholeLayer, -3), (x) => (-3 * dot(x, x)) / size));

it.each([
  ["exaggerate", exaggerate(code)],
  ["alike", alike(code, 2)],
])("%s is 1 for the code itself", async (_, objective) => {
  expect((await values(objective, code))[0]).toBeCloseTo(1, 5);
});

it("sameCode is 0 for the code itself", async () => {
  expect((await values(sameCode(code, 100), code)).map(Math.abs)).toEqual([0]);
});

describe("unitMean", () => {
  const model = convNet();
  const unit = (address: string): Objective => {
    const layer = { name: "a", dtype: "float32", shape: [1, 3, 2, 2] } as const;
    return unitMean(placeUnit(parseAddress(model, address), layer, 1));
  };

  it("of a channel is its mean over positions", () =>
    expectEach(unit("conv:1"), (x) => x.slice(4, 8).reduce((s, v) => s + v, 0) / 4));
  it("of a position is that activation", () => expectEach(unit("conv:2@1,0"), (x) => x[2 * 4 + 2]!));
});
