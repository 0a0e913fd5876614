/** @file Operators on sequences of tensors: resolved while a graph is unfolded, where a sequence is a plain list of values. */

import { InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { SourceNode, Value } from "../graph/graph.ts";
import { tensor, toNumbers } from "../tensor/tensor.ts";

/** What a value of the source stands for: a value, a sequence of them, or nothing. */
export type Held = Value | readonly Value[] | null;
type SequenceOp = (g: Builder, inputs: readonly Held[], attributes: SourceNode["attributes"]) => Held;

export const isSequence = (held: Held): held is readonly Value[] => Array.isArray(held);

export const sequenceOps: Readonly<Record<string, SequenceOp>> = {
  SequenceEmpty: () => [],
  SequenceConstruct: (_, inputs) => inputs.map(single),
  SequenceInsert: (g, [list, value, at]) => {
    const items = several(list);
    return items.toSpliced(at ? place(g, at, items.length) : items.length, 0, single(value));
  },
  SequenceErase: (g, [list, at]) => {
    const items = several(list);
    return items.toSpliced(at ? place(g, at, items.length) : items.length - 1, 1);
  },
  SequenceAt: (g, [list, at]) => {
    const items = several(list);
    const item = items[place(g, at, items.length)];
    if (!item) throw new InputError(`reads beyond the ${items.length} tensors of the sequence: export the net again`);
    return item;
  },
  SequenceLength: (g, [list]) => g.constant(tensor("int64", [], BigInt64Array.of(BigInt(several(list).length)))),
  ConcatFromSequence: (g, [list], { axis, new_axis }) => {
    const items = several(list);
    const [first] = items;
    if (!first) throw new InputError("joins an empty sequence: export the net again");
    const rank = first.shape.length + (new_axis ? 1 : 0);
    const at = Number(axis) < 0 ? Number(axis) + rank : Number(axis);
    return g.concat(new_axis ? items.map((v) => g.reshape(v, v.shape.toSpliced(at, 0, 1))) : items, at);
  },
  SplitToSequence: (g, [value, split], { axis = 0, keepdims = 1 }) => {
    const v = single(value);
    const at = Number(axis) < 0 ? Number(axis) + v.shape.length : Number(axis);
    const extent = v.shape[at] ?? 0;
    const given = split ? numbers(g, split) : [1];
    const isList = split && single(split).shape.length > 0;
    const starts = isList ? given.map((_, i) => sum(given.slice(0, i))) : multiples(given[0] ?? 1, extent);
    return starts.map((start, i) => {
      const part = g.slice(v, [at], [start], [starts[i + 1] ?? extent]);
      return split || keepdims ? part : g.reshape(part, v.shape.toSpliced(at, 1));
    });
  },
};

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const multiples = (step: number, below: number): number[] =>
  Array.from({ length: Math.ceil(below / Math.max(1, step)) }, (_, i) => i * step);

function single(held: Held | undefined): Value {
  if (!held || isSequence(held))
    throw new InputError("expected a tensor, got a sequence of them: export the net again");
  return held;
}

function several(held: Held | undefined): readonly Value[] {
  if (!held || !isSequence(held)) throw new InputError("expected a sequence of tensors, got one: export the net again");
  return held;
}

function numbers(g: Builder, held: Held | undefined): number[] {
  const t = g.constantOf(single(held));
  if (!t)
    throw new InputError(
      "a position in a sequence is only known while the net runs: export the net for one fixed input size",
    );
  return toNumbers(t);
}

/** An index that may count from the end. */
function place(g: Builder, at: Held | undefined, length: number): number {
  const [i = 0] = numbers(g, at);
  return i < 0 ? i + length : i;
}
