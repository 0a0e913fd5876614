/** @file Weights stored in 16 bits, each behind a Cast, so that the file takes half the room and every runtime reads it. */

import type { SourceGraph, SourceNode, SourceValue } from "../graph/graph.ts";
import { onnxTypeNumber } from "../onnx/dtype.ts";
import { cast, isFloat, type Tensor } from "../tensor/tensor.ts";

/** Smaller constants stay as they are. */
const WORTHWHILE = 1024;

/** Stores float32 constants of 1,024 elements or more as float16, rounded to nearest. */
export function narrowWeights(source: SourceGraph): SourceGraph {
  const constants = new Map<SourceValue, Tensor>();
  const casts: SourceNode[] = [];
  for (const [v, t] of source.constants) {
    if (t.dtype !== "float32" || t.size < WORTHWHILE) {
      constants.set(v, t);
      continue;
    }
    const stored: SourceValue = { name: `${v.name}.float16`, dtype: "float16", shape: t.dims };
    constants.set(stored, cast(t, "float16"));
    const attributes = { to: onnxTypeNumber.float32 };
    casts.push({ op: "Cast", name: `${v.name}.widen`, inputs: [stored], outputs: [v], attributes });
  }
  return { ...source, constants, nodes: [...casts, ...source.nodes] };
}

/** Constants behind a Cast to another float type, as constants of that type: undoes `narrowWeights` but for the rounding. */
export function widenWeights(source: SourceGraph): SourceGraph {
  const constants = new Map(source.constants);
  const nodes = source.nodes.filter(({ op, inputs: [stored], outputs: [v], attributes }) => {
    const t = op === "Cast" && stored ? constants.get(stored) : undefined;
    if (!t || !v || !isFloat(t.dtype) || attributes.to !== onnxTypeNumber.float32) return true;
    constants.set(v, cast(t, "float32"));
    return false;
  });
  const used = new Set<SourceValue | null>([...source.outputs, ...nodes.flatMap((n) => n.inputs)]);
  return { ...source, nodes, constants: new Map([...constants].filter(([v]) => used.has(v))) };
}
