/** @file Which constants of a net are its parameters, what each is, and which stay as they are. */

import { expect } from "../error.ts";
import type { SourceGraph, SourceNode, SourceValue } from "../graph/graph.ts";
import { layerNodes, layersOf } from "../model/layers.ts";
import { nearest } from "../model/nearest.ts";
import { formalAt } from "../ops/op.ts";
import { hasGradient, recordOf } from "../ops/table.ts";
import { cast, isFloat, type Tensor } from "../tensor/tensor.ts";

/** `norm`: the scale of a normalisation; `running`: its averages, which follow the data instead of a gradient. */
export type ParameterKind = "weight" | "norm" | "bias" | "running";

export interface Parameter {
  /** The constant's name in the file; unique in the net. */
  readonly name: string;
  readonly value: SourceValue;
  /** What it holds in the file, as float32. */
  readonly start: Tensor<"float32">;
  readonly kind: ParameterKind;
}

export interface TrainableOptions {
  /**
   * Layers that stay as they are, by address: `layer1` stands for all within it. Normalisations among them keep their
   * averages.
   */
  readonly freeze?: readonly string[];
}

/** A use of a constant by a node that the picture flows through. */
interface Use {
  readonly node: SourceNode;
  readonly kind: ParameterKind;
}

/**
 * The parameters of a net: float constants of more than one element that lead to the output through operators with a
 * gradient. What only rescales the picture in front of the first layer with weights is none of them.
 *
 * Throws an `InputError` where there are none, or where `freeze` names a layer that is not there or leaves none.
 */
export function trainable(source: SourceGraph, { freeze = [] }: TrainableOptions = {}): Parameter[] {
  const frozen = frozenBy(source, freeze);
  const uses = usesOf(source);
  const all = [...uses].filter(([, [use]]) => use !== undefined);
  expect(
    all.length > 0,
    () => "the net has no float weights to train (quantised nets have none): export it in float32",
  );
  const kept = all.filter(([v, users]) => !frozen(v, users));
  expect(
    kept.some(([, [use]]) => use!.kind !== "running"),
    () => "everything is frozen: leave at least the last layer free",
  );
  return kept.map(([value, users]) => ({
    name: value.name,
    value,
    start: cast(source.constants.get(value)!, "float32"),
    kind: users.find((use) => use.kind === "weight")?.kind ?? users[0]!.kind,
  }));
}

function usesOf(source: SourceGraph): Map<SourceValue, Use[]> {
  const flowing = new Set(layerNodes(source));
  /** Constants behind values that are computed from one alone (a Cast, a Transpose …). */
  const roots = new Map<SourceValue, SourceValue>();
  for (const [v, t] of source.constants) if (isFloat(t.dtype) && t.size > 1) roots.set(v, v);
  const uses = new Map<SourceValue, Use[]>(Array.from(roots.keys(), (v) => [v, []]));
  const weighted = new Set<SourceValue | null>();
  for (const node of source.nodes) {
    if (!flowing.has(node)) {
      const [root, ...others] = node.inputs.flatMap((v, i) =>
        v && hasGradient(node.op, i) ? (roots.get(v) ?? []) : [],
      );
      const [output] = node.outputs;
      if (root && output && others.length === 0) roots.set(output, root);
      continue;
    }
    const record = recordOf(node.op);
    const heavy = record?.macs !== undefined || node.op === "BatchNormalization";
    const behind = heavy || node.inputs.some((v) => weighted.has(v));
    if (!behind) continue;
    for (const v of node.outputs) weighted.add(v);
    node.inputs.forEach((v, i) => {
      const root = v && hasGradient(node.op, i) ? roots.get(v) : undefined;
      if (root) uses.get(root)!.push({ node, kind: kindOf(node, i, source.constants.get(root)!) });
    });
  }
  return uses;
}

function kindOf(node: SourceNode, i: number, t: Tensor): ParameterKind {
  const { name } = formalAt(recordOf(node.op)!, i);
  if (name === "input_mean" || name === "input_var") return "running";
  if (name.toLowerCase() === "scale") return "norm";
  return t.dims.filter((d) => d > 1).length > 1 ? "weight" : "bias";
}

/** Whether a constant or all that use it belong to one of the layers. */
function frozenBy(source: SourceGraph, prefixes: readonly string[]): (v: SourceValue, uses: readonly Use[]) => boolean {
  if (prefixes.length === 0) return () => false;
  const layers = layersOf(source);
  const within = (name: string, prefix: string): boolean =>
    name === prefix || (name.startsWith(prefix) && /[./_]/.test(name.charAt(prefix.length)));
  const nodes = new Set<SourceNode>();
  for (const prefix of prefixes) {
    const found = layers.filter((l) => [l.address, ...l.aliases].some((name) => within(name, prefix)));
    expect(found.length > 0, () => {
      const names = layers.map((l) => l.address);
      return `freeze: the net has no layer "${prefix}": did you mean ${nearest(prefix, names).join(", ")}?`;
    });
    for (const { node } of found) nodes.add(node);
  }
  return (v, uses) => uses.every((use) => nodes.has(use.node)) || prefixes.some((prefix) => within(v.name, prefix));
}
