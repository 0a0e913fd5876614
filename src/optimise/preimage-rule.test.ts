/** @file The rule of Mahendran & Vedaldi as nodes against the rule written out for one number. */

import { expect, it } from "vitest";
import { trajectory } from "../../test/fixtures/trajectory.ts";
import { preimageRule } from "./preimage-rule.ts";

const slope = (theta: number): number => 0.4 * theta + 0.1;

it("follows the rule step by step, and keeps the accumulator when the rate drops", async () => {
  const rate = (step: number): number => (step < 4 ? 0.5 : 0.05);
  const starts = [-1, 0.2, 3];
  const got = await trajectory(preimageRule({ learningRate: rate }), starts, slope, 8);
  starts.forEach((start, i) => {
    let [x, m, G] = [start, 0, 0];
    for (let step = 0; step < 8; step++) {
      const g = slope(x);
      G = 0.9 * G + g * g;
      m = 0.9 * m - g / (1 / rate(step) + Math.sqrt(G));
      x += m;
      expect(got[step]![i]).toBeCloseTo(x, 5);
    }
  });
});

it("takes another momentum", async () => {
  const [after] = await trajectory(preimageRule({ learningRate: () => 2, momentum: 0 }), [1], slope, 1);
  expect(after![0]).toBeCloseTo(1 - 0.5 / (0.5 + 0.5), 6);
});
