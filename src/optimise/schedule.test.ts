/** @file Schedules at the steps where their values are known. */

import { describe, expect, it } from "vitest";
import { cosine, linear, oneCycle, scheduleNamed, stepwise, warmUp } from "./schedule.ts";

it("stepwise divides at its steps", () => {
  const rate = stepwise({ rate: 8, at: [3, 5], factor: 0.5 });
  expect([0, 2, 3, 4, 5, 9].map(rate)).toEqual([8, 8, 4, 4, 2, 2]);
});

it("linear goes evenly from the first step to the last, and stays there", () => {
  const rate = linear({ from: 0.5, to: 0.05, steps: 10 });
  expect([0, 9, 20].map(rate)).toEqual([0.5, expect.closeTo(0.05, 12), expect.closeTo(0.05, 12)]);
  expect(rate(3)).toBeCloseTo(0.5 - 0.45 / 3, 12);
  expect(linear({ from: 2, to: 1, steps: 1 })(0)).toBe(2);
});

it("cosine starts at the rate, is at the mean half-way, and ends at the floor", () => {
  const rate = cosine({ rate: 1, steps: 10, floor: 0.2 });
  expect(rate(0)).toBe(1);
  expect(rate(5)).toBeCloseTo(0.6, 12);
  expect(rate(10)).toBeCloseTo(0.2, 12);
  expect(rate(99)).toBeCloseTo(0.2, 12);
});

describe("one cycle", () => {
  // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=10): the rise ends at step 2, the cycle at step 9.
  const rate = oneCycle({ rate: 0.1, steps: 10 });
  it("has torch's corners", () => {
    expect(rate(0)).toBeCloseTo(0.1 / 25, 12);
    expect(rate(2)).toBeCloseTo(0.1, 12);
    expect(rate(9)).toBeCloseTo(0.1 / 25 / 1e4, 12);
  });
  it("is half-way in the middle of each part", () => {
    expect(rate(1)).toBeCloseTo((0.1 + 0.004) / 2, 12);
    expect(rate(5.5)).toBeCloseTo((0.1 + 0.004 / 1e4) / 2, 12);
  });
});

it("warming up grows in equal steps and never starts at 0", () => {
  expect([0, 1, 2, 3, 4, 5].map(warmUp(() => 4, 4))).toEqual([1, 2, 3, 4, 4, 4]);
});

it("finds schedules by name, and says which there are", () => {
  const rate = scheduleNamed("cosine", { rate: 1, steps: 12, warm: 2 });
  expect(rate(0)).toBe(0.5);
  expect(rate(2)).toBe(1);
  expect(rate(7)).toBeCloseTo(0.5, 12);
  expect(() => scheduleNamed("linear", { rate: 1, steps: 2 })).toThrow("constant, step, cosine, one-cycle");
});
