/** @file How fast a backend multiplies matrices: what `auto` compares devices by. */

import { builderOf } from "../ops/builder.ts";
import { serialise } from "../ops/serialise.ts";
import type { Backend, OrtModule } from "./backend.ts";

const side = 512;
const products = 8;
const runs = 6;
/** No more runs once this many milliseconds have gone by. */
const patience = 400;

/** Floating-point operations a second in a chain of float32 matrix products, the best of a few runs after the first. */
export async function matMulRate(backend: Backend, ort: OrtModule, threads: number): Promise<number> {
  const g = builderOf();
  const x = g.input("x", "float32", [side, side]);
  const w = g.input("w", "float32", [side, side]);
  let y = x;
  for (let i = 0; i < products; i++) y = g.matmul(y, w);
  g.output(g.sum(y), "y");
  const session = await ort.InferenceSession.create(serialise(g.graph), backend.sessionOptions(threads));
  try {
    const matrix = new ort.Tensor("float32", new Float32Array(side * side).fill(1 / side), [side, side]);
    const began = performance.now();
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < runs; run++) {
      const start = performance.now();
      const out = await session.run({ x: matrix, w: matrix });
      await out.y!.getData();
      const now = performance.now();
      if (run > 0 || now - began > patience) best = Math.min(best, now - start);
      if (now - began > patience) break;
    }
    return (2 * side ** 3 * products * 1000) / best;
  } finally {
    await session.release();
  }
}
