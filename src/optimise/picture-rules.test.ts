/** @file The update rules of pictures against the same rules written out on the host. */

import { describe, expect, it } from "vitest";
import { descent, trajectory } from "../../test/fixtures/trajectory.ts";
import { nadam } from "./nadam.ts";
import { normalisedGradient } from "./normalised-gradient.ts";

const start = [-1, 0.2, 4];
const slope = (theta: number): number => 3 * (theta - 0.5);

describe("NAdam", () => {
  it("follows the rule step by step", async () => {
    const [beta1, beta2, epsilon, psi] = [0.8, 0.95, 1e-3, 0.3];
    const rate = (step: number): number => 0.1 / (1 + step);
    const rule = nadam({ learningRate: rate, beta1, beta2, epsilon, momentumDecay: psi });
    const got = await trajectory(rule, start, slope, 7);
    start.forEach((x, i) => {
      let [theta, m, v, product] = [x, 0, 0, 1];
      for (let t = 1; t <= 7; t++) {
        const g = slope(theta);
        const mu = beta1 * (1 - 0.5 * 0.96 ** (t * psi));
        const muNext = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi));
        product *= mu;
        m = beta1 * m + (1 - beta1) * g;
        v = beta2 * v + (1 - beta2) * g * g;
        const ahead = ((1 - mu) * g) / (1 - product) + (muNext * m) / (1 - product * muNext);
        theta -= (rate(t - 1) * ahead) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
        expect(got[t - 1]![i]).toBeCloseTo(theta, 5);
      }
    });
  });

  it("has torch's defaults", async () => {
    const [after] = await trajectory(nadam(), [2, -3], slope, 1);
    // g / √g² = ±1 and m = g / 10; μ₁ = 0.9 (1 − ½ · 0.96^0.004), μ₂ likewise.
    const mu = [1, 2].map((t) => 0.9 * (1 - 0.5 * 0.96 ** (0.004 * t)));
    const size = 0.002 * (1 + (0.1 * mu[1]!) / (1 - mu[0]! * mu[1]!));
    expect(after![0]).toBeCloseTo(2 - size, 6);
    expect(after![1]).toBeCloseTo(-3 + size, 6);
  });
});

describe("the normalised gradient", () => {
  it("moves each picture by the rate on average, whatever its slope", async () => {
    const gradient = [1, -3, 0.5, 1.5, 2e-6, -4e-6, 0, 6e-6];
    const rule = normalisedGradient({ learningRate: (step) => 1.5 / (step + 1) });
    const [first, second] = await descent(rule, new Array(8).fill(0), [2, 1, 2, 2], () => gradient, 2);
    const means = [6 / 4, 12e-6 / 4];
    gradient.forEach((g, i) => {
      const unit = g / means[Math.floor(i / 4)]!;
      expect(first![i]).toBeCloseTo(-1.5 * unit, 5);
      expect(second![i]).toBeCloseTo(-2.25 * unit, 5);
    });
  });

  it("stays where there is no slope", async () => {
    const rule = normalisedGradient({ learningRate: 1.5 });
    const [after] = await descent(rule, [1, 2, 3, 4], [2, 2], () => [0, 0, 1, 3], 1);
    expect(after).toEqual([1, 2, 3 - 0.75, 4 - 2.25]);
  });
});
