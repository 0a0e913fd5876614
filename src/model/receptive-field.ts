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
  /** First of the pixels that position 0 depends on; below 0 where it lies beyond the border. */
  readonly start: number;
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
 *   field' = field + (k − 1) · d · stride,   stride' = stride · s,   start' = start − pad · stride.
 *
 * Where branches meet, the field reaches from the first start to the last end.
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
    (shapeOf(input) ?? []).map((_, axis) => (axes.includes(axis) ? { stride: 1, field: 1, start: 0 } : null)),
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
      if (node.op === "Pad") return padded(node, source, reach);
      if (node.op === "Resize" && reach.length === shape.length)
        return shape.map((d, axis) => enlarged(reach[axis]!, node.attributes.mode, from[axis]!, d));
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
  if (isGlobal) return null;
  return {
    stride: reach.stride * w.stride[k]!,
    field: reach.field + span * reach.stride,
    start: reach.start - w.padBegin[k]! * reach.stride,
  };
}

/** Numbers of a constant input; of the attribute that older opsets have in its place. */
function numbersOf(node: SourceNode, { constants }: SourceGraph, i: number, attribute: string): readonly number[] {
  const v = node.inputs[i];
  const t = v && constants.get(v);
  const given = node.attributes[attribute];
  return t ? toNumbers(t) : Array.isArray(given) ? given.map(Number) : [];
}

/** Where the list `axes` names an axis; without a list, the axis itself. */
const placeOf = (axis: number, axes: readonly number[], rank: number): number =>
  axes.length > 0 ? axes.findIndex((a) => a === axis || a + rank === axis) : axis;

/** Every s-th element from a start on: the strides grow, the fields stay. A start counted from the end is not followed. */
function sliced(node: SourceNode, source: SourceGraph, reach: Reaches): Reaches {
  const [starts, axes] = [numbersOf(node, source, 1, "starts"), numbersOf(node, source, 3, "axes")];
  const steps = numbersOf(node, source, 4, "steps");
  return reach.map((r, axis) => {
    const at = placeOf(axis, axes, reach.length);
    const first = Math.max(0, starts[at] ?? 0);
    return r && { ...r, stride: r.stride * Math.abs(steps[at] ?? 1), start: r.start + first * r.stride };
  });
}

/** What is put in front moves the start; what the padding holds (mirrored pixels, say) is not followed. */
function padded(node: SourceNode, source: SourceGraph, reach: Reaches): Reaches {
  const [pads, axes] = [numbersOf(node, source, 1, "pads"), numbersOf(node, source, 3, "axes")];
  return reach.map(
    (r, axis) => r && { ...r, start: r.start - (pads[placeOf(axis, axes, reach.length)] ?? 0) * r.stride },
  );
}

/**
 * With q elements of the input to one of the output, q < 1, output o reads element ⌊o q⌋ as nearest neighbour (of a whole
 * number of repetitions), and those up to one and a half before and a half behind o q as linear interpolation. The field
 * covers this for every o. What shrinks or is cubic is not followed.
 */
function enlarged(reach: Reach | null, mode: unknown, from: number, to: number): Reach | null {
  if (!reach || from === to) return reach;
  const q = from / to;
  const linear = mode === "linear";
  if (q > 1 || (!linear && (mode === "cubic" || to % from !== 0))) return null;
  const [before, more] = linear ? [(3 - q) / 2, 2] : [1 - q, 1 - q];
  const { stride, field, start } = reach;
  return { stride: stride * q, field: field + more * stride, start: start - before * stride };
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
  const stride = Math.max(...known.map((r) => r.stride));
  if (known.length < before.length) return { stride, field: Number.POSITIVE_INFINITY, start: Number.NEGATIVE_INFINITY };
  const start = Math.min(...known.map((r) => r.start));
  return { stride, field: Math.max(...known.map((r) => r.start + r.field)) - start, start };
}
