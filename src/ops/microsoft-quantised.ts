/**
 * @file Quantised operators of ONNX Runtime's own domain `com.microsoft`, as its quantisation tool writes them: each is the
 * float operator between DequantizeLinear and QuantizeLinear.
 */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { float, type Inline, int, ints, op, string } from "./op.ts";
import { dequantise, factors, limits, quantise, requantise, STRAIGHT_THROUGH, spread } from "./quantised.ts";
import { range } from "./shapes.ts";

const real = (g: Builder, x: Value, scale: Value, zero: Value | undefined): Value =>
  dequantise(g, { x, scale, zero, axis: 0 }, scale.dtype);

const stored = (g: Builder, y: Value, scale: Value, zero: Value | undefined): Value =>
  quantise(g, g.div(y, g.reshape(scale, [])), zero, limits[zero?.dtype ?? "uint8"] ?? [0, 255]);

const binary = (operator: string): Inline =>
  op({
    inputs: ["A", "A_scale", "A_zero_point?", "B", "B_scale", "B_zero_point?", "C_scale", "C_zero_point?"],
    remark: STRAIGHT_THROUGH,
    inline: (g, c) => {
      const operands = [real(g, c.A, c.A_scale, c.A_zero_point), real(g, c.B, c.B_scale, c.B_zero_point)];
      return [stored(g, g.op(operator, operands), c.C_scale, c.C_zero_point)];
    },
  });

export const QLinearAdd = binary("Add");
export const QLinearMul = binary("Mul");

const unaryInputs = ["X", "X_scale", "X_zero_point?", "Y_scale", "Y_zero_point?"] as const;

export const QLinearSigmoid = op({
  inputs: unaryInputs,
  remark: STRAIGHT_THROUGH,
  inline: (g, c) => {
    const y = g.op("Sigmoid", [real(g, c.X, c.X_scale, c.X_zero_point)]);
    return [stored(g, y, c.Y_scale, c.Y_zero_point)];
  },
});

export const QLinearLeakyRelu = op({
  inputs: unaryInputs,
  attributes: { alpha: float(0.01) },
  remark: STRAIGHT_THROUGH,
  inline: (g, c, { alpha }) => {
    const y = g.op("LeakyRelu", [real(g, c.X, c.X_scale, c.X_zero_point)], { alpha });
    return [stored(g, y, c.Y_scale, c.Y_zero_point)];
  },
});

export const QLinearGlobalAveragePool = op({
  inputs: ["X", "x_scale", "x_zero_point", "y_scale", "y_zero_point"],
  attributes: { channels_last: int(0) },
  remark: STRAIGHT_THROUGH,
  inline: (g, c, { channels_last }) => {
    const spatial = range(c.X.shape.length - 2).map((i) => i + (channels_last ? 1 : 2));
    const y = g.mean(real(g, c.X, c.x_scale, c.x_zero_point), spatial);
    return [stored(g, y, c.y_scale, c.y_zero_point)];
  },
});

export const QLinearAveragePool = op({
  inputs: ["X", "x_scale", "x_zero_point?", "y_scale", "y_zero_point?"],
  attributes: {
    auto_pad: string("NOTSET"),
    ceil_mode: int(0),
    channels_last: int(0),
    count_include_pad: int(0),
    kernel_shape: ints(),
    pads: ints(),
    strides: ints(),
  },
  remark: STRAIGHT_THROUGH,
  inline: (g, c, { channels_last, ...attributes }, { fail }) => {
    if (channels_last) return fail("expected channels before the sides: export the net with channels_last = 0");
    const y = g.op("AveragePool", [real(g, c.X, c.x_scale, c.x_zero_point)], attributes);
    return [stored(g, y, c.y_scale, c.y_zero_point)];
  },
});

export const QLinearSoftmax = op({
  inputs: ["X", "X_scale", "x_zero_point?", "y_scale", "y_zero_point"],
  attributes: { axis: int(-1), opset: int() },
  remark: STRAIGHT_THROUGH,
  // Before opset 13 all axes from `axis` on were one. ONNX Runtime works with a table of whole numbers, and is one level off at times.
  inline: (g, c, { axis, opset = 13 }) => {
    const x = real(g, c.X, c.X_scale, c.x_zero_point);
    const at = axis < 0 ? axis + x.shape.length : axis;
    const rows = opset < 13 ? g.reshape(x, [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))]) : x;
    const y = g.reshape(g.op("Softmax", [rows], { axis: opset < 13 ? 1 : axis }), x.shape);
    return [stored(g, y, c.y_scale, c.y_zero_point)];
  },
});

export const QLinearWhere = op({
  inputs: ["condition", "X", "x_scale", "x_zero_point", "Y", "y_scale", "y_zero_point", "z_scale", "z_zero_point"],
  remark: STRAIGHT_THROUGH,
  inline: (g, c) => {
    const z = g.where(c.condition, real(g, c.X, c.x_scale, c.x_zero_point), real(g, c.Y, c.y_scale, c.y_zero_point));
    return [stored(g, z, c.z_scale, c.z_zero_point)];
  },
});

export const QLinearConcat = op({
  inputs: ["Y_scale", "Y_zero_point", "inputs*"],
  attributes: { axis: int() },
  remark: STRAIGHT_THROUGH,
  inline: (g, { Y_scale, Y_zero_point, inputs }, { axis = 0 }) => {
    const parts = range(inputs.length / 3).map((i) => real(g, inputs[3 * i]!, inputs[3 * i + 1]!, inputs[3 * i + 2]));
    return [stored(g, g.concat(parts, axis), Y_scale, Y_zero_point)];
  },
});

export const QGemm = op({
  inputs: ["A", "a_scale", "a_zero_point", "B", "b_scale", "b_zero_point", "C?", "y_scale?", "y_zero_point?"],
  attributes: { alpha: float(1), transA: int(0), transB: int(0) },
  remark: STRAIGHT_THROUGH,
  // The bias has the scale alpha · a_scale · b_scale of the sums; without y_scale the answer stays in float.
  inline: (g, c, { alpha, transA, transB }) => {
    const [a, b] = factors(
      g,
      { x: c.A, zero: c.a_zero_point, axis: 0 },
      { x: c.B, zero: c.b_zero_point, axis: transB ? 0 : 1 },
    );
    const sums = g.op("Gemm", [a, b, c.C ? g.cast(c.C, a.dtype) : null], { transA, transB });
    const scale = g.mul(g.mul(g.reshape(c.a_scale, []), spread(g, c.b_scale, sums.shape, 1)), alpha);
    if (!c.y_scale) return [g.mul(sums, scale)];
    return [requantise(g, sums, g.div(scale, c.y_scale), c.y_zero_point)];
  },
});

export const DynamicQuantizeMatMul = op({
  inputs: ["A", "B", "b_scale", "b_zero_point?", "bias?"],
  remark: STRAIGHT_THROUGH,
  inline: (g, { A, B, b_scale, b_zero_point, bias }) => {
    const [a, a_scale, a_zero_point] = g.ops("DynamicQuantizeLinear", [A], {}, 3);
    const inputs = [a!, B, a_scale!, b_scale, a_zero_point!, b_zero_point ?? null, bias ?? null];
    return [g.op("com.microsoft.MatMulIntegerToFloat", inputs)];
  },
});

export const MatMulIntegerToFloat = op({
  inputs: ["A", "B", "a_scale", "b_scale", "a_zero_point?", "b_zero_point?", "bias?"],
  remark: STRAIGHT_THROUGH,
  inline: (g, c) => {
    const [a, b] = factors(g, { x: c.A, zero: c.a_zero_point, axis: -2 }, { x: c.B, zero: c.b_zero_point, axis: -1 });
    const sums = g.matmul(a, b);
    const y = g.mul(g.mul(sums, spread(g, c.a_scale, sums.shape, -2)), spread(g, c.b_scale, sums.shape, -1));
    return [c.bias ? g.add(y, c.bias) : y];
  },
});
