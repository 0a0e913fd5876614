/** @file The head of a net: what stands between its last feature maps and its logits. */

import type { SourceNode, SourceValue } from "../graph/graph.ts";
import type { Layer } from "../model/layers.ts";
import type { Model } from "../model/model.ts";
import { spatialAxes } from "../model/size.ts";
import { toNumbers } from "../tensor/tensor.ts";

/** Linear or affine in their only input that depends on the picture. */
const affine: readonly string[] =
  "Gemm MatMul Add Sub Mul Div Neg Flatten Reshape Squeeze Unsqueeze Identity Dropout Cast BatchNormalization".split(
    " ",
  );

/**
 * The layer whose mean over all places is followed by an affine map alone, so that a logit is a sum over places: nets for which
 * class activation maps were made. `undefined` for all others.
 */
export function pooledLayer(model: Model, scores: Layer): Layer | undefined {
  const byValue = new Map(model.layers.map((layer) => [layer.value, layer]));
  const flows = (v: SourceValue | null): v is SourceValue => v !== null && byValue.has(v);
  for (let layer: Layer | undefined = scores; layer; ) {
    const { node } = layer;
    const [input, ...others] = node.inputs.filter(flows);
    if (!input || others.length > 0) return undefined;
    if (poolsAll(model, node)) return byValue.get(input);
    // A divisor must be constant: Div takes the picture's part in front.
    if (!affine.includes(node.op) || (node.op === "Div" && node.inputs[0] !== input)) return undefined;
    layer = byValue.get(input);
  }
  return undefined;
}

/** True for the mean over all rows and columns. */
function poolsAll(model: Model, { op, inputs, attributes }: SourceNode): boolean {
  if (op === "GlobalAveragePool") return true;
  if (op !== "ReduceMean") return false;
  const listed = inputs[1] ? model.source.constants.get(inputs[1]) : undefined;
  const axes = listed ? toNumbers(listed) : ((attributes.axes as readonly number[] | undefined) ?? []);
  const wanted = spatialAxes(model);
  const found = axes.map((axis) => (axis < 0 ? axis + 4 : axis)).sort((a, b) => a - b);
  return found.join() === wanted.join();
}
