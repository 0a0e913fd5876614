/** @file Operators that move elements without changing them: reshape, transpose, repeat, concatenate. */

import type { Builder } from "../graph/builder.ts";
import type { Attributes, Value } from "../graph/graph.ts";
import { sizeOf, Tensor, zeros } from "../tensor/tensor.ts";
import { broadcastIndex, pick, stridedIndex } from "./evaluate.ts";
import { int, ints, op, type RuleContext } from "./op.ts";
import { axesIn, axisIn, broadcast, inversePermutation, range, sameShape, stridesOf, type } from "./shapes.ts";

/** The shape asked for with 0 (as it was) and −1 (whatever is left) filled in. */
function reshaped(data: Value, shape: readonly number[], allowzero: number, { fail }: RuleContext): number[] {
  const wanted = shape.map((d, i) => (d === 0 && !allowzero ? (data.shape[i] ?? 0) : d));
  const known = wanted.reduce((n, d) => (d === -1 ? n : n * d), 1);
  const total = sizeOf(data.shape);
  const dims = wanted.map((d) => (d === -1 ? total / Math.max(known, 1) : d));
  if (sizeOf(dims) !== total || !dims.every((d) => Number.isInteger(d) && d >= 0))
    fail(`[${data.shape}] does not fit into [${wanted}]`);
  return dims;
}

export const Reshape = op({
  inputs: ["data", "shape"],
  attributes: { allowzero: int(0) },
  simplify: (_, { data, shape }, { allowzero }, c) =>
    sameShape(reshaped(data, c.ints(shape, "shape"), allowzero, c), data.shape) ? [data] : undefined,
  infer: ({ data, shape }, { allowzero }, c) => [
    type(data.dtype, reshaped(data, c.ints(shape, "shape"), allowzero, c)),
  ],
  vjp: { data: ({ g, dy, data }) => g.reshape(dy, data.shape) },
  evaluate: ([t], _, [out]) => [new Tensor(t!.dtype, out!.shape, t!.bytes)],
});

export const Flatten = op({
  inputs: ["input"],
  attributes: { axis: int(1) },
  inline: (g, { input }, { axis }) => {
    const rank = input.shape.length;
    const at = axis === rank ? rank : axisIn(axis, rank);
    return [g.reshape(input, [sizeOf(input.shape.slice(0, at)), sizeOf(input.shape.slice(at))])];
  },
});

/** Until opset 13 the axes were an attribute. */
const upgrade =
  (op: string) =>
  (g: Builder, call: { inputs: readonly (Value | null)[]; attributes: Attributes }): Value[] | undefined => {
    const { axes } = call.attributes;
    return Array.isArray(axes) ? [g.op(op, [call.inputs[0]!, g.ints(axes)])] : undefined;
  };

export const Squeeze = op({
  inputs: ["data", "axes?"],
  upgrade: upgrade("Squeeze"),
  inline: (g, { data, axes }, _, { ints, fail }) => {
    const ones = data.shape.flatMap((d, i) => (d === 1 ? [i] : []));
    const gone = axes ? axesIn(ints(axes, "axes"), data.shape.length) : ones;
    const wrong = gone.find((a) => data.shape[a] !== 1);
    if (wrong !== undefined) fail(`axis ${wrong} of [${data.shape}] is not of extent 1`);
    return [
      g.reshape(
        data,
        data.shape.filter((_, i) => !gone.includes(i)),
      ),
    ];
  },
});

export const Unsqueeze = op({
  inputs: ["data", "axes"],
  upgrade: upgrade("Unsqueeze"),
  inline: (g, { data, axes }, _, { ints, fail }) => {
    const given = ints(axes, "axes");
    const fresh = new Set(axesIn(given, data.shape.length + given.length));
    if (fresh.size < given.length) fail(`an axis comes twice in [${given}]`);
    const old = data.shape.values();
    return [
      g.reshape(
        data,
        range(data.shape.length + fresh.size).map((i) => (fresh.has(i) ? 1 : old.next().value!)),
      ),
    ];
  },
});

export const Transpose = op({
  inputs: ["data"],
  attributes: { perm: ints() },
  simplify: (_, { data }, { perm = range(data.shape.length).reverse() }) =>
    perm.length === data.shape.length && perm.every((p, i) => p === i) ? [data] : undefined,
  infer: ({ data }, { perm = range(data.shape.length).reverse() }, { fail }) => {
    if ([...perm].sort((a, b) => a - b).some((p, i) => p !== i) || perm.length !== data.shape.length)
      fail(`perm [${perm}] is no permutation of the axes of [${data.shape}]`);
    return [
      type(
        data.dtype,
        perm.map((p) => data.shape[p]!),
      ),
    ];
  },
  vjp: {
    data: ({ g, dy, data }, { perm = range(data.shape.length).reverse() }) => g.transpose(dy, inversePermutation(perm)),
  },
  evaluate: ([t], { perm = range(t!.dims.length).reverse() }, [out]) => {
    const strides = stridesOf(t!.dims);
    return [
      pick(
        t!,
        stridedIndex(
          out!.shape,
          perm.map((p) => strides[p]!),
          0,
        ),
        out!.shape,
      ),
    ];
  },
});

export const Expand = op({
  inputs: ["input", "shape"],
  simplify: (_, { input, shape }, __, { ints }) =>
    sameShape(broadcast(input.shape, ints(shape, "shape")), input.shape) ? [input] : undefined,
  infer: ({ input, shape }, _, { ints }) => [type(input.dtype, broadcast(input.shape, ints(shape, "shape")))],
  // The walker sums over what was repeated.
  vjp: { input: ({ dy }) => dy },
  evaluate: ([t], _, [out]) => [pick(t!, broadcastIndex(out!.shape, t!.dims), out!.shape)],
});

/** Broadcasting beside each axis: [2, 3] thrice along the last one is [2, 1, 3] → [2, 3, 3] → [2, 9]. */
export const Tile = op({
  inputs: ["input", "repeats"],
  inline: (g, { input, repeats }, _, { ints, fail }) => {
    const times = ints(repeats, "repeats");
    if (times.length !== input.shape.length) fail(`[${times}] are not one number for each axis of [${input.shape}]`);
    const beside = input.shape.flatMap((d, i) => (times[i] === 1 || d === 1 ? [d] : [1, d]));
    const wide = input.shape.flatMap((d, i) => (times[i] === 1 || d === 1 ? [d * times[i]!] : [times[i]!, d]));
    return [
      g.reshape(
        g.expand(g.reshape(input, beside), wide),
        input.shape.map((d, i) => d * times[i]!),
      ),
    ];
  },
});

export const Concat = op({
  inputs: ["inputs*"],
  attributes: { axis: int(0) },
  simplify: (_, { inputs }) => (inputs.length === 1 ? inputs : undefined),
  infer: ({ inputs }, { axis }, { fail }) => {
    const [first] = inputs;
    if (!first) return fail("expected at least one input");
    const at = axisIn(axis, first.shape.length);
    for (const v of inputs)
      if (v.shape.length !== first.shape.length || v.shape.some((d, i) => i !== at && d !== first.shape[i]))
        fail(`[${first.shape}] and [${v.shape}] do not fit together along axis ${at}`);
    const extent = inputs.reduce((n, v) => n + v.shape[at]!, 0);
    return [
      type(
        first.dtype,
        first.shape.map((d, i) => (i === at ? extent : d)),
      ),
    ];
  },
  vjp: {
    inputs: ({ g, dy, inputs }, { axis }, index) => {
      const at = axisIn(axis, dy.shape.length);
      const start = inputs.slice(0, index).reduce((n, v) => n + v.shape[at]!, 0);
      return g.slice(dy, [at], [start], [start + inputs[index]!.shape[at]!]);
    },
  },
  evaluate: (operands, { axis }, [out]) => {
    const at = axisIn(axis, out!.shape.length);
    const outer = sizeOf(out!.shape.slice(0, at));
    const rows = operands.map((t) => ({ bytes: t!.bytes, width: t!.bytes.length / outer }));
    const joined = zeros(out!.dtype, out!.shape);
    let next = 0;
    for (let o = 0; o < outer; o++)
      for (const { bytes, width } of rows) {
        joined.bytes.set(bytes.subarray(o * width, (o + 1) * width), next);
        next += width;
      }
    return [joined];
  },
});
