/** @file How much of the picture each layer sees, and how far apart its positions look. */

import type { SourceGraph, SourceNode, SourceValue, Value } from "../graph/graph.ts";
import { nameInputs, resolve, type Window } from "../ops/op.ts";
import { recordOf } from "../ops/table.ts";
import { toNumbers } from "../tensor/tensor.ts";

/** Along one axis, in pixels of the input. */
export interface Reach {
  /** Distance between what two neighbouring positions look at. */
  readonly stride: number;
  /** Pixels that one position depends on, those beyond the border included; infinite where it sees all of the picture. */
  readonly field: number;
}

/** One entry an axis; `null` where an axis does not run over the picture. */
export type Reaches = readonly (Reach | null)[];

interface Fixed {
  readonly source: SourceGraph;
  readonly values: ReadonlyMap<SourceValue, Value>;
}

/**
 * Reach of every value that depends on the input, by the usual recursion over windows of k elements with dilation d and
 * stride s:
 *
 *   field' = field + (k − 1) · d · stride,   stride' = stride · s.
 *
 * Where branches meet, the largest field counts.
 *
 * @param nodes The layers' nodes, in order.
 * @param axes Axes of the input that run over the picture.
 */
export function reaches(
  { source, values }: Fixed,
  nodes: readonly SourceNode[],
  input: SourceValue,
  axes: readonly number[],
): Map<SourceValue, Reaches> {
  const shapeOf = (v: SourceValue): readonly number[] | undefined => values.get(v)?.shape;
  const found = new Map<SourceValue, Reaches>();
  found.set(
    input,
    (shapeOf(input) ?? []).map((_, axis) => (axes.includes(axis) ? { stride: 1, field: 1 } : null)),
  );
  for (const node of nodes) {
    const before = node.inputs.flatMap((v) => {
      const reach = v && found.get(v);
      const shape = v && shapeOf(v);
      return reach && shape ? [{ reach, shape }] : [];
    });
    const [first] = before;
    if (!first) continue;
    const window = windowOf(node, values);
    for (const output of node.outputs) {
      const shape = output && shapeOf(output);
      if (!shape) continue;
      found.set(output, after(node, shape));
    }

    function after(node: SourceNode, shape: readonly number[]): Reaches {
      const { reach, shape: from } = first!;
      if (window) return shape.map((d, axis) => slide(reach[axis] ?? null, window, axis - 2, from[axis]!, d));
      const { perm } = node.attributes;
      if (node.op === "Transpose" && Array.isArray(perm)) return perm.map((axis) => reach[Number(axis)] ?? null);
      if (node.op === "Slice") return sliced(node, source, reach);
      if (node.op === "Pad") return reach;
      return shape.map((d, axis) => merged(before, axis - shape.length, d));
    }
  }
  return found;
}

function windowOf(node: SourceNode, values: ReadonlyMap<SourceValue, Value>): Window | undefined {
  const record = recordOf(node.op);
  if (!record?.window) return undefined;
  const inputs = nameInputs(
    node.op,
    record,
    node.inputs.map((v) => v && (values.get(v) ?? null)),
  );
  return record.window(inputs as never, resolve(record, node.attributes) as never);
}

function slide(reach: Reach | null, w: Window, k: number, from: number, to: number): Reach | null {
  if (!reach || k < 0) return null;
  const span = (w.kernel[k]! - 1) * w.dilation[k]!;
  const isGlobal = to === 1 && from > 1 && span + 1 >= from;
  return isGlobal ? null : { stride: reach.stride * w.stride[k]!, field: reach.field + span * reach.stride };
}

/** Every s-th element: the strides grow, the fields stay. Steps are an input, which opsets before 10 do not have. */
function sliced(node: SourceNode, source: SourceGraph, reach: Reaches): Reaches {
  const numbers = (i: number): number[] => {
    const v = node.inputs[i];
    const t = v && source.constants.get(v);
    return t ? toNumbers(t) : [];
  };
  const axes = numbers(3);
  const steps = numbers(4);
  return reach.map((r, axis) => {
    const at = axes.length > 0 ? axes.findIndex((a) => a === axis || a + reach.length === axis) : axis;
    return r && { ...r, stride: r.stride * Math.abs(steps[at] ?? 1) };
  });
}

/** Position by position, aligned at the last axis as broadcasting does; what is repeated along an axis was seen globally. */
function merged(
  before: readonly { readonly reach: Reaches; readonly shape: readonly number[] }[],
  axis: number,
  extent: number,
): Reach | null {
  const isRepeated = ({ shape }: { shape: readonly number[] }): boolean => extent > 1 && (shape.at(axis) ?? 1) === 1;
  const own = before
    .filter((b) => !isRepeated(b))
    .map(({ reach, shape }) => (shape.at(axis) === extent && reach.at(axis)) || null);
  const known = own.filter((r) => r !== null);
  if (known.length === 0 || known.length < own.length) return null;
  const field = known.length < before.length ? Number.POSITIVE_INFINITY : Math.max(...known.map((r) => r.field));
  return { stride: Math.max(...known.map((r) => r.stride)), field };
}
