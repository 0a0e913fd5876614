/** @file Masks of codes: which units they let count, in each layout. */

import { describe, expect, it } from "vitest";
import { evaluate, uniform } from "../../test/fixtures/run.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { both, centralWindow, halfOfChannels, type MaskedLayer, randomSubset } from "./objective-masks.ts";
import { sameCode } from "./objectives.ts";

const maps: MaskedLayer = { name: "layer", shape: [1, 3, 4, 5], axis: 1 };
const last: MaskedLayer = { name: "layer", shape: [1, 4, 5, 3], axis: 3 };
const tokens: MaskedLayer = { name: "layer", shape: [1, 10, 2], axis: 2 };
const logits: MaskedLayer = { name: "logits", shape: [1, 6], axis: 1 };

describe("halfOfChannels", () => {
  it("has the middle channel in the first half", () => {
    const first = toNumbers(halfOfChannels("first")(maps));
    expect(first).toEqual([...new Array(40).fill(1), ...new Array(20).fill(0)]);
    const second = toNumbers(halfOfChannels("second")(maps));
    expect(second).toEqual(first.map((x) => 1 - x));
  });

  it("counts along the channel axis", () => {
    expect(toNumbers(halfOfChannels("second")(last)).slice(0, 6)).toEqual([0, 0, 1, 0, 0, 1]);
    expect(toNumbers(halfOfChannels("first")(logits))).toEqual([1, 1, 1, 0, 0, 0]);
  });

  it("refuses a single channel", () => {
    expect(() => halfOfChannels("first")({ ...maps, shape: [1, 1, 4, 4] })).toThrow(/one channel/);
  });
});

describe("centralWindow", () => {
  it("is in the middle of rows and columns, of all channels", () => {
    // 4 × 5 positions: rows 1 and 2, columns 1 and 2.
    const one = [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    expect(toNumbers(centralWindow(2)(maps))).toEqual([...one, ...one, ...one]);
    expect(toNumbers(centralWindow(2)(last))).toEqual(one.flatMap((x) => [x, x, x]));
  });

  it("leaves the class token out", () => {
    expect(toNumbers(centralWindow(1)(tokens))).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0].flatMap((x) => [x, x]));
  });

  it.each([
    [maps, 5, /5×5 does not fit layer, which has 4×5 positions/],
    [maps, 0, /0×0 does not fit/],
    [maps, 1.5, /1.5×1.5 does not fit/],
    [logits, 1, /logits is \[1,6\] and has no rows and columns/],
  ])("refuses %j with side %d", (layer, side, message) => {
    expect(() => centralWindow(side)(layer)).toThrow(message);
  });
});

describe("randomSubset", () => {
  const count = (x: readonly number[]): number => x.reduce((s, v) => s + v, 0);

  it.each([0.01, 0.25, 0.5, 1])("has %d of the units", (part) => {
    expect(count(toNumbers(randomSubset(part, 3)(maps)))).toBe(Math.max(1, Math.round(60 * part)));
  });

  it("is another one for another seed, the same for the same", () => {
    const of = (seed: number): number[] => toNumbers(randomSubset(0.5, seed)(maps));
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it.each([0, -0.1, 1.1, Number.NaN])("refuses the part %d", (part) => {
    expect(() => randomSubset(part)(maps)).toThrow(/above 0 and at most 1/);
  });
});

it("both lets count what all masks let count", () => {
  const [a, b] = [halfOfChannels("first"), centralWindow(2)];
  const expected = toNumbers(a(maps)).map((x, i) => x * toNumbers(b(maps))[i]!);
  expect(toNumbers(both(a, b)(maps))).toEqual(expected);
  expect(toNumbers(both()(logits))).toEqual([1, 1, 1, 1, 1, 1]);
});

it("sameCode compares only what the mask lets count", async () => {
  const code = uniform("float32", maps.shape, [-1, 1], 5);
  const a = uniform("float32", [2, 3, 4, 5], [-1, 1], 6);
  const mask = randomSubset(0.4, 1)(maps);
  const { y } = await evaluate({ a }, (g, v) => ({ y: sameCode(code, 3, mask)(g, [v.a!]) }));
  const kept = toNumbers(mask).flatMap((m, i) => (m === 1 ? [i] : []));
  const norm = kept.reduce((s, i) => s + code.data[i]! ** 2, 0);
  [0, 1].forEach((n) => {
    const distance = kept.reduce((s, i) => s + (a.data[60 * n + i]! - code.data[i]!) ** 2, 0);
    expect(toNumbers(y!)[n]).toBeCloseTo((-3 * distance) / norm, 4);
  });
});
