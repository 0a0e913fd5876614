/** @file Scaled steps against the same rule with a scaled learning rate. */

import { expect, it } from "vitest";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { fromNumbers, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { adam } from "./adam.ts";
import { initialState, type Optimiser } from "./optimiser.ts";
import { scaledSteps } from "./scaled-steps.ts";
import { sgd } from "./sgd.ts";

/** θ after five steps down slopes that are the same for all. */
async function after(rule: Optimiser): Promise<number[]> {
  const dims = [2, 3];
  let tensors: Record<string, Tensor> = { theta: uniform("float32", dims), ...initialState(rule, dims) };
  for (let step = 0; step < 5; step++) {
    const scalars = Object.entries(rule.scalars(step)).map(([name, x]) => [
      `scalar.${name}`,
      fromNumbers("float32", [x], []),
    ]);
    const slope = uniform("float32", dims, [-1, 1], step + 2);
    const next = await evaluate({ ...tensors, slope, ...Object.fromEntries(scalars) }, (g, v) => {
      const of = (prefix: string) =>
        Object.fromEntries(
          Object.entries(v).flatMap(([name, x]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), x]] : [])),
        );
      const { parameter, state } = rule.update(g, v.theta!, v.slope!, v, of("scalar."));
      const all = Object.entries({ theta: parameter, ...state });
      return Object.fromEntries(all.map(([name, x]) => [`next.${name}`, x]));
    });
    tensors = Object.fromEntries(Object.entries(next).map(([name, t]) => [name.slice("next.".length), t]));
  }
  return toNumbers(tensors.theta!);
}

const factor = (step: number): number => 1 / (step + 1);

it.each([
  ["adam", (rate: (step: number) => number) => adam({ learningRate: rate })],
  ["sgd with momentum", (rate: (step: number) => number) => sgd({ learningRate: rate })],
] as const)("%s", async (_, rule) => {
  const [scaled, own] = [
    scaledSteps(
      rule(() => 0.1),
      factor,
    ),
    rule((step) => 0.1 * factor(step)),
  ];
  expect(largestDifference(await after(scaled), await after(own))).toBeLessThan(1e-6);
});
