/** @file Batch normalisation in training against central differences in float64 and against plain loops. */

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate } from "../../test/fixtures/run.ts";
import { gradient } from "../autodiff/gradient.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { compile } from "../runtime/compile.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, sizeOf, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { type BatchNormOperands, batchNormRules, type TrainedBatchNorm, trainBatchNorm } from "./batch-norm.ts";

const shapes = fc
  .tuple(
    fc.integer({ min: 2, max: 4 }),
    fc.integer({ min: 1, max: 3 }),
    fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  )
  .map(([n, c, space]) => [n, c, ...space]);

type Inputs = Readonly<Record<"X" | "scale" | "B" | "mean" | "variance", Tensor<"float64">>>;

function drawn(shape: readonly number[], seed: number): Inputs {
  const random = rng(seed);
  const normal = (dims: readonly number[], by: number): Tensor<"float64"> =>
    fromNumbers(
      "float64",
      Array.from({ length: sizeOf(dims) }, () => by + random.normal()),
      dims,
    );
  const channels = [shape[1]!];
  // Far from zero mean: a variance from the difference of two means would show.
  const [X, scale, B] = [normal(shape, 30), normal(channels, 1), normal(channels, 0)];
  return {
    X,
    scale,
    B,
    mean: normal(channels, 0),
    variance: fromNumbers(
      "float64",
      Array.from({ length: shape[1]! }, () => 2),
    ),
  };
}

/** Σ r ⊙ y² with fixed random r: no symmetry of the normalisation hides a wrong term. */
function lossOf(g: Builder, operands: BatchNormOperands): { loss: Value; trained: TrainedBatchNorm } {
  const trained = trainBatchNorm(g, operands);
  const { y } = trained;
  const random = rng(5);
  const weights = g.numbers(
    Array.from({ length: sizeOf(y.shape) }, () => random.normal()),
    y.shape,
    "float64",
  );
  return { loss: g.sum(g.mul(g.square(y), weights), undefined, false), trained };
}

test("gradients agree with central differences", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.nat(1000), async (shape, seed) => {
      const inputs = drawn(shape, seed);
      const g = builderOf();
      const values = Object.fromEntries(
        Object.entries(inputs).map(([name, t]) => [name, g.input(name, "float64", t.dims)]),
      ) as unknown as BatchNormOperands;
      const { loss, trained } = lossOf(g, values);
      const wrt = ["X", "scale", "B"] as const;
      const rules = batchNormRules([trained]);
      gradient(
        g,
        loss,
        wrt.map((name) => values[name]),
        { rules },
      ).forEach((dv, i) => {
        g.output(dv, `d${wrt[i]}`);
      });
      g.output(loss, "loss");
      const program = await compile(g.graph, { device: "cpu", threads: 1 });
      const exact = await program.run(inputs);
      for (const name of wrt) {
        const x = toNumbers(inputs[name]);
        const dx = toNumbers(exact[`d${name}`]!);
        const scale = Math.max(1, ...dx.map(Math.abs));
        for (const i of x.keys()) {
          const at = async (h: number): Promise<number> => {
            const moved = fromNumbers("float64", x.with(i, x[i]! + h), inputs[name].dims);
            return toNumbers((await program.run({ ...inputs, [name]: moved })).loss!)[0]!;
          };
          const numeric = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5;
          expect(Math.abs(numeric - dx[i]!)).toBeLessThan(2e-6 * scale * (1 + Math.abs(numeric)));
        }
      }
      await program.dispose();
    }),
    { numRuns: 15 },
  );
});

test("normalises by the batch and moves the running averages as torch does", async () => {
  const [N, C, L] = [3, 2, 4];
  const inputs = drawn([N, C, L], 7);
  const out = await evaluate(inputs, (g, v) => {
    const { y, mean, variance } = trainBatchNorm(g, v as unknown as BatchNormOperands, {
      epsilon: 1e-3,
      momentum: 0.25,
    });
    return { y, nextMean: mean, nextVariance: variance };
  });
  const x = toNumbers(inputs.X);
  for (let c = 0; c < C; c++) {
    const places = x.flatMap((_, i) => (Math.floor(i / L) % C === c ? [i] : []));
    const own = places.map((i) => x[i]!);
    const mean = own.reduce((a, b) => a + b) / own.length;
    const squares = own.reduce((a, b) => a + (b - mean) ** 2, 0);
    const [scale, shift] = [inputs.scale.data[c]!, inputs.B.data[c]!];
    for (const i of places) {
      const expected = (scale * (x[i]! - mean)) / Math.sqrt(squares / own.length + 1e-3) + shift;
      expect(toNumbers(out.y!)[i]).toBeCloseTo(expected, 9);
    }
    expect(toNumbers(out.nextMean!)[c]).toBeCloseTo(0.75 * inputs.mean.data[c]! + 0.25 * mean, 9);
    expect(toNumbers(out.nextVariance!)[c]).toBeCloseTo(0.75 * 2 + (0.25 * squares) / (own.length - 1), 9);
  }
});
