/** @file Which axis of each value counts the channels: followed from the net's input through the graph. */

import type { Graph, Node, Value } from "../graph/graph.ts";
import { recordOf } from "../ops/table.ts";
import { type Shape, sizeOf } from "../tensor/tensor.ts";

/** These make new channels, along the last axis. */
const mixing: readonly string[] = ["MatMul", "Gemm"];

/**
 * The channel axis of every value that depends on `known` (most often the input alone, [N,C,H,W] with axis 1). Convolutions
 * and pools have theirs at 1, matrix products last; Transpose moves it; reshaping keeps it where the same axis is still
 * there, has it last where it is split into several (the heads of attention), else sequences [N, T, C] have it last and all
 * others at 1.
 */
export function channelAxes(graph: Graph, known: Iterable<readonly [Value, number]>): Map<Value, number> {
  const axes = new Map<Value, number>(known);
  for (const node of graph.nodes) {
    const from = node.inputs.filter((v) => v !== null && axes.has(v)) as Value[];
    const input = from.sort((a, b) => b.shape.length - a.shape.length)[0];
    if (!input) continue;
    for (const output of node.outputs) {
      const axis = output ? outputAxis(node, input, axes.get(input)!, output) : undefined;
      if (output && axis !== undefined) axes.set(output, axis);
    }
  }
  return axes;
}

function outputAxis(node: Node, input: Value, axis: number, output: Value): number | undefined {
  const rank = output.shape.length;
  if (rank === 0) return undefined;
  if (recordOf(node.op)?.window) return 1;
  if (mixing.includes(node.op)) return rank - 1;
  const { perm } = node.attributes;
  if (node.op === "Transpose") return Array.isArray(perm) ? perm.indexOf(axis) : rank - 1 - axis;
  if (rank === input.shape.length && output.shape[axis] === input.shape[axis]) return axis;
  return (
    sameAxis(input.shape, axis, output.shape) ??
    splitAxis(input.shape, axis, output.shape) ??
    (rank === input.shape.length ? axis : usual(rank))
  );
}

const usual = (rank: number): number => (rank === 3 ? 2 : Math.min(1, rank - 1));

/** The axis of `to` with as many elements before it and along it. */
function sameAxis(from: Shape, axis: number, to: Shape): number | undefined {
  const before = sizeOf(from.slice(0, axis));
  const found = to.findIndex((d, i) => d === from[axis] && sizeOf(to.slice(0, i)) === before);
  return found < 0 ? undefined : found;
}

/** The last of the axes of `to` that together are the axis of `from`. */
function splitAxis(from: Shape, axis: number, to: Shape): number | undefined {
  const before = sizeOf(from.slice(0, axis));
  const whole = before * from[axis]!;
  const last = to.findIndex((d, i) => d > 1 && sizeOf(to.slice(0, i)) * d === whole);
  const starts = to.some((_, i) => i < last && sizeOf(to.slice(0, i)) === before);
  return last > 0 && starts ? last : undefined;
}
