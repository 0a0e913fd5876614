/** @file The update rules of training against the same rules written out for one number at a time. */

import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/fixtures/run.ts";
import { trajectory } from "../../test/fixtures/trajectory.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { adamW } from "./adamw.ts";
import { averageDecay, clipByNorm, globalNorm, movingAverage } from "./gradients.ts";
import { lamb } from "./lamb.ts";
import { lion } from "./lion.ts";
import type { Optimiser } from "./optimiser.ts";
import { sgd } from "./sgd.ts";

const start = [-1, 0.2, 4];
const STEPS = 6;
const slope = (theta: number): number => 3 * (theta - 0.5);
const rateAt = (step: number): number => 0.1 / (1 + step);

/** Holds the trajectory against a rule for one number that keeps its state in a record. */
async function follows(optimiser: Optimiser, rule: (theta: number, s: number[], step: number) => number) {
  const got = await trajectory(optimiser, start, slope, STEPS);
  start.forEach((theta, i) => {
    const state = [0, 0];
    for (let step = 0; step < STEPS; step++) {
      theta = rule(theta, state, step);
      expect(got[step]![i]).toBeCloseTo(theta, 5);
    }
  });
}

describe("SGD", () => {
  it("without momentum is the slope times the rate", () =>
    follows(sgd({ learningRate: rateAt, momentum: 0 }), (theta, _, t) => theta - rateAt(t) * slope(theta)));

  it("with heavy-ball momentum and weight decay", () =>
    follows(sgd({ learningRate: rateAt, momentum: 0.8, nesterov: false, weightDecay: 0.1 }), (theta, s, t) => {
      s[0] = 0.8 * s[0]! + slope(theta) + 0.1 * theta;
      return theta - rateAt(t) * s[0];
    }));

  it("with Nesterov's look-ahead by default", () =>
    follows(sgd({ learningRate: 0.05 }), (theta, s) => {
      const g = slope(theta);
      s[0] = 0.9 * s[0]! + g;
      return theta - 0.05 * (g + 0.9 * s[0]);
    }));
});

it("AdamW decays the weights beside the moments", () =>
  follows(adamW({ learningRate: rateAt, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.3 }), (theta, s, t) => {
    const g = slope(theta);
    s[0] = 0.8 * s[0]! + 0.2 * g;
    s[1] = 0.95 * s[1]! + 0.05 * g * g;
    const [m, v] = [s[0] / (1 - 0.8 ** (t + 1)), s[1] / (1 - 0.95 ** (t + 1))];
    return theta - rateAt(t) * 0.3 * theta - (rateAt(t) * m) / (Math.sqrt(v) + 1e-3);
  }));

it("Lion steps along the sign of its momentum", () =>
  follows(lion({ learningRate: rateAt, beta1: 0.7, beta2: 0.9, weightDecay: 0.2 }), (theta, s, t) => {
    const g = slope(theta);
    const way = Math.sign(0.7 * s[0]! + 0.3 * g);
    s[0] = 0.9 * s[0]! + 0.1 * g;
    return theta - rateAt(t) * (way + 0.2 * theta);
  }));

describe("LAMB", () => {
  it("takes steps as long as the rate times the weights' norm", async () => {
    const got = await trajectory(lamb({ learningRate: rateAt, weightDecay: 0.1 }), start, slope, STEPS);
    const norm = (xs: readonly number[]): number => Math.hypot(...xs);
    let before = start;
    got.forEach((after, t) => {
      expect(norm(after.map((x, i) => x - before[i]!))).toBeCloseTo(rateAt(t) * norm(before), 5);
      before = after;
    });
  });

  it("goes along Adam's direction at first: against the sign of the slope", async () => {
    const [after] = await trajectory(lamb({ learningRate: 0.1, weightDecay: 0 }), start, slope, 1);
    const length = (0.1 * Math.hypot(...start)) / Math.sqrt(3);
    start.forEach((x, i) => {
      expect(after![i]).toBeCloseTo(x - Math.sign(slope(x)) * length, 5);
    });
  });

  it("leaves zero weights a step of ratio 1", async () => {
    const [after] = await trajectory(lamb({ learningRate: 0.1 }), [0, 0], () => 2, 1);
    expect(after![0]).toBeCloseTo(-0.1, 5);
  });
});

describe("gradients", () => {
  const [a, b] = [fromNumbers("float32", [3, 0]), fromNumbers("float32", [0, 4, 12], [3, 1])];
  const clipped = async (limit: number): Promise<number[]> => {
    const out = await evaluate({ a, b }, (g, v) => {
      const norm = globalNorm(g, [v.a!, v.b!]);
      const [x, y] = clipByNorm(g, [v.a!, v.b!], norm, limit);
      return { norm, x: x!, y: y! };
    });
    expect(toNumbers(out.norm!)[0]).toBeCloseTo(13, 5);
    return [...toNumbers(out.x!), ...toNumbers(out.y!)];
  };
  it("are scaled together down to the limit", async () => {
    const got = await clipped(6.5);
    [1.5, 0, 0, 2, 6].forEach((x, i) => {
      expect(got[i]).toBeCloseTo(x, 5);
    });
  });
  it("stay as they are below it", async () => expect(await clipped(14)).toEqual([3, 0, 0, 4, 12]));
});

it("moving averages forget by their decay, which grows with the steps", async () => {
  const scalar = (x: number) => fromNumbers("float32", [x], []);
  const out = await evaluate({ e: scalar(2), x: scalar(10), d: scalar(0.75) }, (g, v) => ({
    next: movingAverage(g, v.e!, v.x!, v.d!),
  }));
  expect(toNumbers(out.next!)).toEqual([4]);
  expect(averageDecay(0.99, 0)).toBe(0.1);
  expect(averageDecay(0.99, 1e6)).toBe(0.99);
});
