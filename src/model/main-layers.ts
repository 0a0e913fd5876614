/** @file The main layers of a net: the places that everything flows through, a few of them from first to last. */

import type { SourceGraph, SourceNode, SourceValue } from "../graph/graph.ts";
import { needed } from "../passes/needed.ts";
import { isActivation, type Layer, layerNodes } from "./layers.ts";
import { levelValues } from "./levels.ts";
import type { Model } from "./model.ts";

/** What follows a layer and still belongs to it. */
const finishing: readonly string[] = ["BatchNormalization", "InstanceNormalization", "Identity", "Dropout", "Cast"];
const affine: readonly string[] = ["Add", "Sub", "Mul", "Div"];
/** Rearranges a layer without computing. */
const rearranging: readonly string[] = ["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose"];

/**
 * At most `limit` layers, evenly spread from the first to the logits. A layer is a candidate when all that is computed
 * later depends on the picture through it alone (a block's output, not one of its branches), and no activation or
 * normalisation follows that would finish it. The levels of a top-down net, which all its merges see, do not count.
 */
export function mainLayers(model: Model, limit = 8): Layer[] {
  const { source, layers } = model;
  const levels = levelValues(model);
  const pyramid = new Set(needed(source, levels));
  const nodes = layerNodes(source).filter((node) => !pyramid.has(node));
  const byValue = new Map(layers.map((layer) => [layer.value, layer]));
  const last = layers.findIndex((layer) => layer.address === "logits");
  const lastUse = new Map<SourceValue, number>();
  const users = new Map<SourceValue, SourceNode[]>();
  for (const [i, node] of nodes.entries())
    for (const v of node.inputs)
      if (v) {
        lastUse.set(v, i);
        users.set(v, [...(users.get(v) ?? []), node]);
      }

  const open = new Set<SourceValue>(source.inputs.filter((v) => lastUse.has(v)));
  const candidates: Layer[] = [];
  for (const [i, node] of nodes.entries()) {
    for (const v of node.inputs) if (v && lastUse.get(v) === i) open.delete(v);
    for (const v of node.outputs) if (v && lastUse.has(v)) open.add(v);
    const value = node.outputs[0];
    const layer = value ? byValue.get(value) : undefined;
    if (!layer || !value) continue;
    const [user, ...others] = users.get(value) ?? [];
    const unfinished = user && others.length === 0 && finishes(user, source);
    const alone = open.size === 0 || (open.size === 1 && open.has(value));
    const isLogits = layers[last] === layer;
    if (isLogits || (alone && !unfinished && !rearranging.includes(node.op))) candidates.push(layer);
    if (isLogits) break;
  }
  return spread(candidates, limit);
}

/** True for what belongs to the layer in front of it: activations, normalisations, a bias. */
const finishes = (node: SourceNode, { constants }: SourceGraph): boolean =>
  isActivation(node.op) ||
  finishing.includes(node.op) ||
  (affine.includes(node.op) && node.inputs.filter((v) => v && !constants.has(v)).length === 1);

/** `limit` of the items, the first and the last among them, at even distances. */
function spread<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items];
  return Array.from({ length: limit }, (_, i) => items[Math.round((i * (items.length - 1)) / (limit - 1))]!);
}
