/** @file The Shear operator against a plain loop over pixels, and three of them against a rotation. */

import { expect, test } from "vitest";
import { builderOf } from "../src/ops/builder.ts";
import { rotate } from "../src/preimage/transforms.ts";
import { compile } from "../src/runtime/compile.ts";
import { rng } from "../src/tensor/rng.ts";
import { fromNumbers, type Tensor, toNumbers } from "../src/tensor/tensor.ts";

async function sheared(x: Tensor, shifts: Tensor): Promise<number[]> {
  const g = builderOf();
  const [xs, ss] = [g.input("x", "float32", x.dims), g.input("s", "float32", shifts.dims)];
  g.output(g.op("fovea.Shear", [xs, ss]), "y");
  const program = await compile(g.graph, { device: "cpu" });
  const { y } = await program.run({ x, s: shifts });
  await program.dispose();
  return toNumbers(y!);
}

test("moves each row by its own fractional number of pixels, zero outside", async () => {
  const random = rng(3);
  const [n, c, h, w] = [2, 3, 4, 7] as const;
  const x = fromNumbers(
    "float32",
    Array.from({ length: n * c * h * w }, () => random.normal()),
    [n, c, h, w],
  );
  const shifts = Array.from({ length: n * h }, () => random.uniform(-9, 9));
  const at = (i: number, j: number, y: number, col: number): number =>
    col < 0 || col >= w ? 0 : x.data[((i * c + j) * h + y) * w + col]!;
  const expected: number[] = [];
  for (let i = 0; i < n; i++)
    for (let j = 0; j < c; j++)
      for (let y = 0; y < h; y++)
        for (let col = 0; col < w; col++) {
          const source = col - shifts[i * h + y]!;
          const left = Math.floor(source);
          expected.push(at(i, j, y, left) * (left + 1 - source) + at(i, j, y, left + 1) * (source - left));
        }
  const got = await sheared(x, fromNumbers("float32", shifts, [n, h]));
  got.forEach((v, i) => {
    expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-5);
  });
});

test("three shears turn a picture by the angle that is asked for", async () => {
  // A blob 12 pixels to the right of the middle, turned by 10 degrees, stands where trigonometry says.
  const size = 41;
  const middle = (size - 1) / 2;
  const blob = (cx: number, cy: number) => (x: number, y: number) => Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 4);
  const picture = blob(middle + 12, middle);
  const image = fromNumbers(
    "float32",
    Array.from({ length: size * size }, (_, i) => picture(i % size, Math.floor(i / size))),
    [1, 1, size, size],
  );
  const g = builderOf();
  const x = g.input("x", "float32", image.dims);
  const angle = g.input("angle", "float32", [1]);
  g.output(rotate({ degrees: [10] }).apply(g, x, { angle }), "y");
  const program = await compile(g.graph, { device: "cpu" });
  const turn = (10 * Math.PI) / 180;
  const y = toNumbers((await program.run({ x: image, angle: fromNumbers("float32", [turn]) })).y!);
  await program.dispose();
  const mass = y.reduce((s, v) => s + v, 0);
  const cx = y.reduce((s, v, i) => s + v * (i % size), 0) / mass - middle;
  const cy = y.reduce((s, v, i) => s + v * Math.floor(i / size), 0) / mass - middle;
  expect(Math.abs(cx - 12 * Math.cos(turn))).toBeLessThan(0.05);
  expect(Math.abs(Math.abs(cy) - 12 * Math.sin(turn))).toBeLessThan(0.05);
});
