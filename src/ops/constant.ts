/** @file Operators whose result is known when the graph is built: constants, shapes, counted and patterned tensors. */

import { dtypeOfNumber } from "../onnx/dtype.ts";
import { fromNumbers, sizeOf, Tensor } from "../tensor/tensor.ts";
import { float, floats, int, ints, op, tensorAttribute } from "./op.ts";
import { axisIn, range, stridesOf } from "./shapes.ts";

export const Constant = op({
  inputs: [],
  attributes: {
    value: tensorAttribute(),
    value_float: float(),
    value_floats: floats(),
    value_int: int(),
    value_ints: ints(),
  },
  inline: (g, _, a, { fail }) => {
    if (a.value instanceof Tensor) return [g.constant(a.value)];
    if (a.value_float !== undefined) return [g.scalar(a.value_float, "float32")];
    if (a.value_floats) return [g.numbers(a.value_floats, [a.value_floats.length], "float32")];
    if (a.value_int !== undefined) return [g.scalar(a.value_int, "int64")];
    if (a.value_ints) return [g.ints(a.value_ints)];
    return fail("expected a dense tensor or numbers: strings and sparse tensors are not supported");
  },
});

export const ConstantOfShape = op({
  inputs: ["input"],
  attributes: { value: tensorAttribute(fromNumbers("float32", [0])) },
  inline: (g, { input }, { value }, { ints }) => [
    g.expand(g.constant(new Tensor(value.dtype, [], value.bytes)), ints(input, "input")),
  ],
});

export const Shape = op({
  inputs: ["data"],
  attributes: { start: int(0), end: int() },
  inline: (g, { data }, { start, end }) => [g.ints(data.shape.slice(start, end))],
});

export const Size = op({
  inputs: ["data"],
  inline: (g, { data }) => [g.scalar(sizeOf(data.shape), "int64")],
});

export const Range = op({
  inputs: ["start", "limit", "delta"],
  inline: (g, { start, limit, delta }, _, { ints }) => {
    const [from, to, step] = [ints(start, "start")[0]!, ints(limit, "limit")[0]!, ints(delta, "delta")[0]!];
    const count = Math.max(Math.ceil((to - from) / step), 0);
    const numbers = range(count).map((i) => from + i * step);
    return [g.numbers(numbers, [count], start.dtype)];
  },
});

export const EyeLike = op({
  inputs: ["input"],
  attributes: { dtype: int(), k: int(0) },
  inline: (g, { input }, { dtype, k }, { fail }) => {
    const [rows, columns, ...more] = input.shape;
    if (rows === undefined || columns === undefined || more.length)
      return fail(`expected a matrix, got [${input.shape}]`);
    const eye = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) if (i + k >= 0 && i + k < columns) eye[i * columns + i + k] = 1;
    const type = dtype === undefined ? input.dtype : dtypeOfNumber(dtype);
    return [g.numbers(eye, input.shape, type ?? fail(`element type ${dtype} is not supported`))];
  },
});

/** values[1] where the counting index along the new axis is the given one, values[0] elsewhere. */
export const OneHot = op({
  inputs: ["indices", "depth", "values"],
  attributes: { axis: int(-1) },
  inline: (g, { indices, depth, values }, { axis }, { ints }) => {
    const extent = ints(depth, "depth")[0]!;
    const rank = indices.shape.length + 1;
    const at = axisIn(axis, rank);
    const index = g.reshape(g.cast(indices, "int32"), indices.shape.toSpliced(at, 0, 1));
    const fromFront = g.where(g.op("Less", [index, 0]), g.op("Add", [index, extent]), index);
    const counting = g.numbers(range(extent), [extent, ...range(rank - 1 - at).map(() => 1)], "int32");
    const [off, on] = [0, 1].map((i) => g.slice(values, [0], [i], [i + 1]));
    return [g.where(g.op("Equal", [fromFront, counting]), on!, off!)];
  },
});

/** The input must be known: it decides the output's shape. */
export const NonZero = op({
  inputs: ["X"],
  inline: (g, { X }, _, { ints }) => {
    const flat = ints(X, "X").flatMap((x, i) => (x ? [i] : []));
    const strides = stridesOf(X.shape);
    const places = X.shape.flatMap((d, axis) => flat.map((i) => Math.floor(i / strides[axis]!) % d));
    return [g.numbers(places, [X.shape.length, flat.length], "int64")];
  },
});

/** The upper (or lower) triangle, zeros elsewhere; infinities outside of it leave no trace. */
export const Trilu = op({
  inputs: ["input", "k?"],
  attributes: { upper: int(1) },
  inline: (g, { input, k }, { upper }, { ints, fail }) => {
    const [rows, columns] = input.shape.slice(-2);
    if (rows === undefined || columns === undefined) return fail(`expected a matrix or more, got [${input.shape}]`);
    const diagonal = k ? ints(k, "k")[0]! : 0;
    const kept = range(rows).flatMap((i) =>
      range(columns).map((j) => +(upper ? j - i >= diagonal : j - i <= diagonal)),
    );
    const mask = g.numbers(kept, [rows, columns], "bool");
    return [input.dtype === "bool" ? g.op("And", [input, mask]) : g.where(mask, input, 0)];
  },
});
