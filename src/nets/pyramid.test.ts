/** @file The pyramid against sums on the host: blur, place, mean, and its adjoint. */

import { describe, expect, test } from "vitest";
import { uniform } from "../../test/fixtures/run.ts";
import { gradient } from "../autodiff/gradient.ts";
import { builderOf } from "../ops/builder.ts";
import { compile } from "../runtime/compile.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { pyramid, type Shrinking } from "./pyramid.ts";

const SIDE = 16;
const dims = [1, 2, SIDE, SIDE];

/** All levels of a picture [1, 2, 16, 16]; with `back`, also the picture's gradient of Σ levels · back. */
async function levelsOf(picture: Tensor, shrinking: Shrinking, back?: readonly Tensor[]) {
  const g = builderOf();
  const image = g.input("image", "float32", picture.dims);
  const levels = pyramid({ g, random: rng(0) }, image, 3, shrinking);
  levels.forEach((v, i) => {
    g.output(v, `out${i}`);
  });
  if (back) {
    const terms = levels.map((v, i) => g.sum(g.mul(v, g.constant(back[i]!)), undefined, false));
    g.output(
      gradient(
        g,
        terms.reduce((a, b) => g.add(a, b)),
        [image],
      )[0]!,
      "slope",
    );
  }
  const program = await compile(g.graph, { device: "cpu", threads: 1 });
  try {
    return await program.run({ image: picture });
  } finally {
    await program.dispose();
  }
}

const picture = uniform("float32", dims);
const at = (c: number, y: number, x: number): number => toNumbers(picture)[(c * SIDE + y) * SIDE + x]!;
const mirrored = (i: number): number => (i < 0 ? -i : i >= SIDE ? 2 * (SIDE - 1) - i : i);

/** Σ G(distance) · pixel / Σ G over 3 factors around the middle of a block, with deviation factor/2. */
function blurredAt(c: number, y: number, x: number, factor: number): number {
  const weight = (i: number, block: number): number =>
    Math.exp(-((i - (block * factor + (factor - 1) / 2)) ** 2) / (2 * (factor / 2) ** 2));
  const reads = (block: number): number[] => Array.from({ length: 3 * factor }, (_, i) => (block - 1) * factor + i);
  let [sum, total] = [0, 0];
  for (const i of reads(y))
    for (const j of reads(x)) {
      const w = weight(i, y) * weight(j, x);
      sum += w * at(c, mirrored(i), mirrored(j));
      total += w;
    }
  return sum / total;
}

const block = (c: number, y: number, x: number, factor: number): number[] =>
  Array.from({ length: factor ** 2 }, (_, k) => at(c, y * factor + Math.floor(k / factor), x * factor + (k % factor)));

describe.each<[Shrinking, (c: number, y: number, x: number, factor: number) => number]>([
  ["gaussian", blurredAt],
  ["max", (c, y, x, factor) => Math.max(...block(c, y, x, factor))],
  ["none", (c, y, x, factor) => at(c, y * factor + factor / 2 - 1, x * factor + factor / 2 - 1)],
])("%s", (shrinking, expected) => {
  test("is what the host computes at every size, the last being the picture itself", async () => {
    const out = await levelsOf(picture, shrinking);
    for (const [i, factor] of [4, 2, 1].entries()) {
      const side = SIDE / factor;
      const level = out[`out${i}`]!;
      expect(level.dims).toEqual([1, 2, side, side]);
      const wanted = toNumbers(level).map((_, k) => {
        const [c, y, x] = [Math.floor(k / side ** 2), Math.floor(k / side) % side, k % side];
        return factor === 1 ? at(c, y, x) : expected(c, y, x, factor);
      });
      toNumbers(level).forEach((x, k) => {
        // The kernel is stored in steps of 1/2048 of its largest entry.
        expect(x).toBeCloseTo(wanted[k]!, 3);
      });
    }
  });
});

test.each<Shrinking>(["gaussian", "none", "max", "blur-pool"])("%s keeps a flat picture", async (shrinking) => {
  const flat = fromNumbers("float32", new Array(2 * SIDE ** 2).fill(0.7), dims);
  const out = await levelsOf(flat, shrinking);
  for (let i = 0; i < 3; i++) for (const x of toNumbers(out[`out${i}`]!)) expect(x).toBeCloseTo(0.7, 5);
});

test("the gradient is the adjoint: ⟨levels(x), b⟩ = ⟨x, levelsᵀ(b)⟩", async () => {
  const back = [4, 8, 16].map((side, i) =>
    fromNumbers("float32", rng(i + 5).fillNormal(new Float32Array(2 * side * side)), [1, 2, side, side]),
  );
  const out = await levelsOf(picture, "gaussian", back);
  const dot = (a: Tensor, b: Tensor): number => {
    const y = toNumbers(b);
    return toNumbers(a).reduce((sum, x, i) => sum + x * y[i]!, 0);
  };
  const forward = back.reduce((sum, b, i) => sum + dot(out[`out${i}`]!, b), 0);
  expect(dot(out.slope!, picture)).toBeCloseTo(forward, 3);
});
