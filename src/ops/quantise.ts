/** @file Quantised tensors: to integers and back, in plain float arithmetic, so that their gradient is straight-through. */

import { dtypeOfNumber } from "../onnx/dtype.ts";
import { int, ints, op, string } from "./op.ts";
import { dequantise, factors, limits, quantise, requantise, STRAIGHT_THROUGH, spread } from "./quantised.ts";

const attributes = { axis: int(1), block_size: int(0), output_dtype: int(0) };

export const QuantizeLinear = op({
  inputs: ["x", "y_scale", "y_zero_point?"],
  attributes: { ...attributes, precision: int(0), saturate: int(1) },
  remark: STRAIGHT_THROUGH,
  inline: (g, { x, y_scale, y_zero_point: zero }, { axis, block_size, output_dtype }, { fail }) => {
    const target = zero?.dtype ?? (output_dtype ? dtypeOfNumber(output_dtype) : "uint8");
    const range = target && limits[target];
    if (!range) return fail("expected a target of 8 or 16 bits: export the net with 8-bit quantisation");
    const v = g.cast(x, y_scale.dtype);
    const scale = spread(g, y_scale, x.shape, axis, block_size);
    return [quantise(g, g.div(v, scale), zero && spread(g, zero, x.shape, axis, block_size), range)];
  },
});

export const DequantizeLinear = op({
  inputs: ["x", "x_scale", "x_zero_point?"],
  attributes,
  remark: STRAIGHT_THROUGH,
  inline: (g, { x, x_scale, x_zero_point }, { axis, block_size }) => [
    dequantise(g, { x, scale: x_scale, zero: x_zero_point, axis, block: block_size }, x_scale.dtype),
  ],
});

export const DynamicQuantizeLinear = op({
  inputs: ["x"],
  remark: STRAIGHT_THROUGH,
  // The range, widened to hold 0, is cut into 255 steps; a tensor of zeros has the step 1.
  inline: (g, { x }) => {
    const low = g.op("Min", [g.op("ReduceMin", [x], { keepdims: 0 }), 0]);
    const high = g.op("Max", [g.op("ReduceMax", [x], { keepdims: 0 }), 0]);
    const step = g.div(g.sub(high, low), 255);
    const scale = g.where(g.op("Equal", [step, 0]), 1, step);
    const zero = g.op("Round", [g.op("Clip", [g.neg(g.div(low, scale)), 0, 255])]);
    return [quantise(g, g.div(x, scale), zero, limits.uint8!), scale, zero];
  },
});

export const MatMulInteger = op({
  inputs: ["A", "B", "a_zero_point?", "b_zero_point?"],
  remark: STRAIGHT_THROUGH,
  inline: (g, { A, B, a_zero_point, b_zero_point }) => {
    const [a, b] = factors(g, { x: A, zero: a_zero_point, axis: -2 }, { x: B, zero: b_zero_point, axis: -1 });
    return [g.matmul(a, b)];
  },
});

const conv = {
  auto_pad: string("NOTSET"),
  dilations: ints(),
  group: int(1),
  kernel_shape: ints(),
  pads: ints(),
  strides: ints(),
};

export const ConvInteger = op({
  inputs: ["x", "w", "x_zero_point?", "w_zero_point?"],
  attributes: conv,
  remark: STRAIGHT_THROUGH,
  inline: (g, { x, w, x_zero_point, w_zero_point }, a) => {
    const operands = factors(g, { x, zero: x_zero_point, axis: 1 }, { x: w, zero: w_zero_point, axis: 0 });
    return [g.op("Conv", operands, a)];
  },
});

export const QLinearMatMul = op({
  inputs: ["a", "a_scale", "a_zero_point", "b", "b_scale", "b_zero_point", "y_scale", "y_zero_point"],
  remark: STRAIGHT_THROUGH,
  inline: (g, c) => {
    const [a, b] = factors(g, { x: c.a, zero: c.a_zero_point, axis: -2 }, { x: c.b, zero: c.b_zero_point, axis: -1 });
    const y = g.matmul(a, b);
    const scale = g.mul(spread(g, c.a_scale, y.shape, -2), spread(g, c.b_scale, y.shape, -1));
    return [requantise(g, y, g.div(scale, c.y_scale), c.y_zero_point)];
  },
});

export const QLinearConv = op({
  inputs: ["x", "x_scale", "x_zero_point", "w", "w_scale", "w_zero_point", "y_scale", "y_zero_point", "B?"],
  attributes: conv,
  remark: STRAIGHT_THROUGH,
  // The bias has the scale x_scale · w_scale of the sums that it is added to.
  inline: (g, c, a) => {
    const [x, w] = factors(g, { x: c.x, zero: c.x_zero_point, axis: 1 }, { x: c.w, zero: c.w_zero_point, axis: 0 });
    const y = g.op("Conv", [x, w, c.B ? g.cast(c.B, x.dtype) : null], a);
    const scale = g.mul(c.x_scale, spread(g, c.w_scale, y.shape, 1));
    return [requantise(g, y, g.div(scale, c.y_scale), c.y_zero_point)];
  },
});
