/** @file Ties in max pools: the cotangent of a window goes to its first maximum in row-major order, and to no other. */

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { gradient } from "../src/autodiff/gradient.ts";
import { builderOf } from "../src/ops/builder.ts";
import { compile } from "../src/runtime/compile.ts";
import { fromNumbers, toNumbers } from "../src/tensor/tensor.ts";

interface Pool {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
}

/** Gradient of Σ r ⊙ MaxPool(x) for square images, by fovea's graph. */
async function byGraph(x: readonly number[], r: readonly number[], p: Pool): Promise<number[]> {
  const g = builderOf();
  const input = g.input("x", "float64", [x.length / p.size ** 2, 1, p.size, p.size]);
  const y = g.op("MaxPool", [input], {
    kernel_shape: [p.kernel, p.kernel],
    strides: [p.stride, p.stride],
    pads: [p.pad, p.pad, p.pad, p.pad],
  });
  const seed = g.numbers(r, y.shape, "float64");
  g.output(gradient(g, y, [input], { seed })[0]!, "dx");
  const program = await compile(g.graph, { device: "cpu", threads: 1 });
  const { dx } = await program.run({ x: fromNumbers("float64", x, input.shape) });
  await program.dispose();
  return toNumbers(dx!);
}

/** The same by looking at every window. */
function bySearch(x: readonly number[], r: readonly number[], { size, kernel, stride, pad }: Pool): number[] {
  const out = outputs({ size, kernel, stride, pad });
  const dx = x.map(() => 0);
  r.forEach((share, o) => {
    let best = -1;
    for (let i = 0; i < kernel; i++)
      for (let j = 0; j < kernel; j++) {
        const row = Math.floor(o / out) * stride + i - pad;
        const column = (o % out) * stride + j - pad;
        if (row < 0 || column < 0 || row >= size || column >= size) continue;
        const at = row * size + column;
        if (best < 0 || x[at]! > x[best]!) best = at;
      }
    dx[best]! += share;
  });
  return dx;
}

const outputs = ({ size, kernel, stride, pad }: Pool): number => Math.floor((size + 2 * pad - kernel) / stride) + 1;

const cases = fc
  .record({
    size: fc.integer({ min: 3, max: 7 }),
    kernel: fc.integer({ min: 2, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    pad: fc.integer({ min: 0, max: 1 }),
  })
  .chain((pool) =>
    fc.record({
      pool: fc.constant(pool),
      x: fc.array(fc.integer({ min: -1, max: 1 }), { minLength: pool.size ** 2, maxLength: pool.size ** 2 }),
      r: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: outputs(pool) ** 2, maxLength: outputs(pool) ** 2 }),
    }),
  );

/** Many images at once take another way. */
const MANY = 8;

test("the first maximum in row-major order takes it all", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ pool, x, r }) => {
      const alone = await byGraph(x, r, pool);
      expect(alone.map((v) => v + 0)).toEqual(bySearch(x, r, pool));
      // Each image is turned round by one more place than the one before it.
      const turned = <T>(xs: readonly T[], by: number): T[] => [...xs.slice(by), ...xs.slice(0, by)];
      const images = Array.from({ length: MANY }, (_, i) => turned(x, i));
      const together = await byGraph(
        images.flat(),
        images.flatMap(() => r),
        pool,
      );
      expect(together.map((v) => v + 0)).toEqual(images.flatMap((image) => bySearch(image, r, pool)));
    }),
    { numRuns: 25 },
  );
});
