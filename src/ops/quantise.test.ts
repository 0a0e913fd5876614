/** @file Tests of the straight-through gradient: the identity inside the representable range, zero outside. */

import { describe, expect, test } from "vitest";
import { gradient } from "../autodiff/gradient.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { compile } from "../runtime/compile.ts";
import { type DType, fromNumbers, type Shape, sizeOf, toNumbers } from "../tensor/tensor.ts";
import { builderOf } from "./builder.ts";
import { recordOf } from "./table.ts";

/** f(x) and ∂(Σ f)/∂x in float32. */
async function run(values: readonly number[], dims: Shape, f: (g: Builder, x: Value) => Value) {
  const g = builderOf();
  const x = g.input("x", "float32", dims);
  const y = f(g, x);
  const [dx] = gradient(g, y, [x]);
  g.output(y, "y");
  g.output(dx!, "dx");
  const program = await compile(g.graph, { device: "cpu", threads: 1 });
  const out = await program.run({ x: fromNumbers("float32", values, dims) });
  await program.dispose();
  return { y: toNumbers(out.y!), dx: toNumbers(out.dx!) };
}

const ints8 = (g: Builder, dtype: DType, values: readonly number[], dims: Shape): Value =>
  g.numbers(values, dims, dtype);

/** Quantised and back, with the scale 0.5 and the zero point 10 of uint8: −5 … 122.5 in steps of 0.5. */
const roundTrip = (g: Builder, x: Value): Value => {
  const scale = g.scalar(0.5, "float32");
  const zero = g.scalar(10, "uint8");
  return g.op("DequantizeLinear", [g.op("QuantizeLinear", [x, scale, zero]), scale, zero]);
};

describe("QuantizeLinear and DequantizeLinear", () => {
  test("round halves to even, clip, and pass the gradient inside", async () => {
    const { y, dx } = await run([-100, -5, 0.2, 0.25, 0.75, 1.3, 122.5, 123, 1e30], [9], roundTrip);
    expect(y).toEqual([-5, -5, 0, 0, 1, 1.5, 122.5, 122.5, 122.5]);
    expect(dx).toEqual([0, 1, 1, 1, 1, 1, 1, 0, 0]);
  });

  test("each channel has its own range", async () => {
    const { y, dx } = await run([3, 300, 3, 300], [2, 2], (g, x) => {
      const scale = g.numbers([1, 2], [2], "float32");
      const zero = ints8(g, "int8", [0, -20], [2]);
      return g.op("QuantizeLinear", [x, scale, zero], { axis: 0 });
    });
    expect(y).toEqual([3, 127, -18, 127]); // 3/2 − 20, halves to even
    expect(dx).toEqual([1, 0, 0.5, 0]);
  });

  test("weights stay constants", () => {
    const g = builderOf();
    const weights = ints8(
      g,
      "int8",
      Array.from({ length: 40_000 }, (_, i) => (i % 255) - 127),
      [4, 10_000],
    );
    const scale = g.numbers([1, 2, 3, 4], [4], "float32");
    const real = g.op("DequantizeLinear", [weights, scale], { axis: 0 });
    expect(g.graph.nodes).toEqual([]);
    expect([...toNumbers(g.constantOf(real)!).slice(10_000, 10_002)]).toEqual([
      2 * ((10_000 % 255) - 127),
      2 * ((10_001 % 255) - 127),
    ]);
  });

  test("4-bit targets are refused", () => {
    const g = builderOf();
    const x = g.input("x", "float32", [2]);
    expect(() => g.op("QuantizeLinear", [x, 0.5], { output_dtype: 21 })).toThrow(/QuantizeLinear: .*8 or 16 bits/);
  });
});

test("a dynamically quantised matrix product has the gradient of the float one, but for the rounding of the range", async () => {
  const weights = [50, -20, 7, 100, -128, 3];
  const values = [0.31, -0.8, 0.55, 1, -1, 0.02];
  const quantised = (g: Builder, x: Value): Value => {
    const [q, scale, zero] = g.ops("DynamicQuantizeLinear", [x], {}, 3);
    const product = g.op("MatMulInteger", [q!, ints8(g, "int8", weights, [3, 2]), zero!]);
    return g.mul(g.cast(product, "float32"), g.mul(scale!, 0.01));
  };
  const plain = (g: Builder, x: Value): Value =>
    g.matmul(
      x,
      g.numbers(
        weights.map((w) => w * 0.01),
        [3, 2],
        "float32",
      ),
    );
  const [ours, exact] = [await run(values, [2, 3], quantised), await run(values, [2, 3], plain)];
  expect(ours.dx).toHaveLength(sizeOf([2, 3]));
  ours.dx.forEach((d, i) => {
    expect(Math.abs(d - exact.dx[i]!)).toBeLessThan(0.02);
  });
  ours.y.forEach((v, i) => {
    expect(Math.abs(v - exact.y[i]!)).toBeLessThan(0.02);
  });
});

test.each([
  [
    13,
    [
      [0, 1],
      [2, 3],
    ],
  ],
  [11, [[0, 1, 2, 3]]],
])("a quantised Softmax of opset %i rounds the probabilities of its rows", async (opset, rows) => {
  const values = [0.1, 0.7, -0.4, 0.4];
  const { y } = await run(values, [1, 2, 2], (g, x) => {
    const [scale, zero] = [g.scalar(0.1, "float32"), g.scalar(100, "uint8")];
    const inputs = [
      g.op("QuantizeLinear", [x, scale, zero]),
      scale,
      zero,
      g.scalar(1 / 256, "float32"),
      g.scalar(0, "uint8"),
    ];
    return g.op("com.microsoft.QLinearSoftmax", inputs, { axis: opset < 13 ? 1 : -1, opset });
  });
  for (const row of rows) {
    const sum = row.reduce((s, i) => s + Math.exp(values[i]!), 0);
    for (const i of row) expect(Math.abs(y[i]! - (256 * Math.exp(values[i]!)) / sum)).toBeLessThanOrEqual(0.501);
  }
});

test("integer tensors flow through ordinary operators with their gradient", async () => {
  const { dx } = await run([1, 4, 3, 2], [1, 1, 2, 2], (g, x) => {
    const scale = g.scalar(0.1, "float32");
    const zero = g.scalar(0, "uint8");
    const pooled = g.op("MaxPool", [g.op("QuantizeLinear", [x, scale, zero])], { kernel_shape: [2, 2] });
    return g.op("DequantizeLinear", [g.reshape(pooled, [1]), scale, zero]);
  });
  expect(dx.map((d) => Math.round(d * 1e6) / 1e6)).toEqual([0, 1, 0, 0]);
});

test("the gradient is announced as straight-through", () => {
  for (const op of ["QuantizeLinear", "DequantizeLinear", "QLinearConv", "com.microsoft.QLinearAdd"])
    expect(recordOf(op)?.remark).toMatch(/straight-through/);
});
