/** @file A net with another last layer, for other classes. */

import { expect } from "../error.ts";
import type { SourceGraph, SourceNode, SourceValue } from "../graph/graph.ts";
import { formalAt } from "../ops/op.ts";
import { recordOf } from "../ops/table.ts";
import { needed } from "../passes/needed.ts";
import type { Rng } from "../tensor/rng.ts";
import { fromNumbers, isFloat, type Shape, sizeOf, type Tensor, tensor, toNumbers, zeros } from "../tensor/tensor.ts";
import { headOf } from "./net.ts";

/** Metadata of a file that speaks of its classes. */
const ofClasses = ["fovea.labels", "fovea.task", "fovea.training"];

/**
 * The net for `classes` classes: the weights of its last layer are drawn anew (uniform in ±1/√inputs), its bias starts at
 * 0, and what counted the old classes behind it counts the new ones. Metadata about the old ones is dropped.
 *
 * Throws an `InputError` where the last layer's weights are not float constants (see `readyToTrain` for 16-bit ones).
 */
export function withClasses(source: SourceGraph, classes: number, random: Rng): SourceGraph {
  const head = headOf(source);
  const weight = head?.inputs.find((v) => v && source.constants.has(v));
  const t = weight && source.constants.get(weight)!;
  expect(
    head && weight && t && isFloat(t.dtype),
    () => "the net's last layer has no float weights of its own: its classes cannot be changed",
  );
  const axis = classAxis(head, t.dims);
  const old = t.dims[axis]!;
  const swapped = new Map([[weight, drawn(t.dims.with(axis, classes), classes, random)]]);
  const nodes = needed(source, source.outputs);
  for (const node of nodes.slice(nodes.indexOf(head)))
    for (const [i, v] of node.inputs.entries()) {
      const other = v && !swapped.has(v) && recount(source.constants.get(v), isShape(node, i), old, classes);
      if (v && other) swapped.set(v, other);
    }
  return replaceConstants(source, swapped, (d) => (d === old ? classes : d));
}

/** Which axis of the last layer's weights counts the classes: Conv [M, C, …], Gemm [K, N] or its transpose, MatMul [K, N]. */
const classAxis = ({ op, attributes }: SourceNode, dims: Shape): number =>
  op === "Conv" || (op === "Gemm" && attributes.transB === 1) ? 0 : dims.length - 1;

/** Uniform in ±1/√inputs. */
function drawn(dims: Shape, classes: number, random: Rng): Tensor {
  const size = sizeOf(dims);
  const bound = Math.sqrt(classes / size);
  return tensor("float32", dims, random.fillUniform(new Float32Array(size), -bound, bound));
}

/** Whether an operator takes its input `i` as a shape; other integers, such as axes, count no classes. */
function isShape({ op }: SourceNode, i: number): boolean {
  const record = recordOf(op);
  return record !== undefined && formalAt(record, i).name === "shape";
}

/** A bias of zeros, or a shape with the new number; `undefined` for what does not count classes. */
function recount(t: Tensor | undefined, shape: boolean, old: number, classes: number): Tensor | undefined {
  if (shape)
    return (
      t &&
      fromNumbers(
        "int64",
        toNumbers(t).map((n) => (n === old ? classes : n)),
        t.dims,
      )
    );
  const axis = t && isFloat(t.dtype) ? t.dims.indexOf(old) : -1;
  return t && axis >= 0 ? zeros("float32", t.dims.with(axis, classes)) : undefined;
}

/** New values in the place of those whose constants or types change. */
function replaceConstants(
  source: SourceGraph,
  swapped: ReadonlyMap<SourceValue, Tensor>,
  dim: (d: number | string | null) => number | string | null,
): SourceGraph {
  const renewed = new Map<SourceValue, SourceValue>();
  for (const [v, t] of swapped) renewed.set(v, { name: v.name, dtype: t.dtype, shape: t.dims });
  for (const v of source.outputs) if (v.shape) renewed.set(v, { ...v, shape: v.shape.map(dim) });
  const now = <V extends SourceValue | null>(v: V): V => ((v && renewed.get(v)) ?? v) as V;
  return {
    ...source,
    outputs: source.outputs.map(now),
    constants: new Map(Array.from(source.constants, ([v, t]) => [now(v), swapped.get(v) ?? t])),
    nodes: source.nodes.map((n) => ({ ...n, inputs: n.inputs.map(now), outputs: n.outputs.map(now) })),
    metadata: Object.fromEntries(Object.entries(source.metadata).filter(([key]) => !ofClasses.includes(key))),
  };
}
