/** @file Adam's nodes against the update rule written out for one number. */

import { expect, it } from "vitest";
import { trajectory } from "../../test/fixtures/trajectory.ts";
import { adam } from "./adam.ts";

/** Of the quadratic Σ (θ − target)² / 2 · curvature. */
const slope = (theta: number): number => 3 * (theta - 0.5);

it("follows the paper's rule step by step", async () => {
  const [rate, beta1, beta2, epsilon] = [0.05, 0.8, 0.95, 1e-3];
  const got = await trajectory(adam({ learningRate: rate, beta1, beta2, epsilon }), [-1, 0.2, 4], slope, 7);
  [-1, 0.2, 4].forEach((start, i) => {
    let [theta, m, v] = [start, 0, 0];
    for (let t = 1; t <= 7; t++) {
      const g = slope(theta);
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g * g;
      theta -= (rate * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
      expect(got[t - 1]![i]).toBeCloseTo(theta, 5);
    }
  });
});

it("has the paper's defaults: the first step is the rate itself, against the slope", async () => {
  const [after] = await trajectory(adam(), [2, -3], slope, 1);
  // g / (√g² + 1e-8) = ±1
  expect(after![0]).toBeCloseTo(2 - 0.001, 6);
  expect(after![1]).toBeCloseTo(-3 + 0.001, 6);
  const { rate, unbias } = adam().scalars(9);
  expect(rate).toBeCloseTo(0.001 / (1 - 0.9 ** 10), 12);
  expect(unbias).toBeCloseTo(1 / (1 - 0.999 ** 10), 6);
});
