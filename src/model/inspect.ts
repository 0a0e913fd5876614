/** @file What is in a model: its layers with shapes, costs and receptive fields, and what fovea cannot compute. */

import type { Dim, SourceGraph, SourceNode, SourceValue, Value } from "../graph/graph.ts";
import { macsOfNode } from "../ops/macs.ts";
import { hasGradient, recordOf } from "../ops/table.ts";
import { needed } from "../passes/needed.ts";
import type { Unsupported } from "../passes/specialise.ts";
import { type DType, type Shape, sizeOf } from "../tensor/tensor.ts";
import { channelAxes } from "./channels.ts";
import type { Model } from "./model.ts";
import type { Preprocessing } from "./preprocessing.ts";
import { reaches } from "./receptive-field.ts";
import { remarks } from "./remarks.ts";
import { inputShape, modelAt, type SizeOptions, spatialAxes } from "./size.ts";
import { inputAxis, tokenGrid } from "./unit.ts";
import { badWeights, badWeightsText } from "./weights.ts";

export interface LayerInfo {
  readonly address: string;
  readonly op: string;
  /** At the size asked for; `null` behind an operator that fovea does not know. */
  readonly shape: Shape | null;
  /** Which axis of `shape` the channel of an address counts along. */
  readonly channelAxis: number | null;
  /** Of a layer of tokens: the rows and columns that they stand for, and how many stand in front, such as a class token. */
  readonly tokens: { readonly side: number; readonly before: number } | null;
  /** Weights that this layer is the first to read. */
  readonly params: number;
  /** Multiply–accumulates; 0 where they are not counted (activations, sums). */
  readonly macs: number;
  /** Pixels of the input, one number if it is the same along both sides; `null` where no positions are left. */
  readonly stride: number | readonly number[] | null;
  /** The same; `null` also where a position sees all of the picture, as behind a squeeze-and-excitation gate. */
  readonly receptiveField: number | readonly number[] | null;
  /** Other names that mean this layer. */
  readonly aliases: readonly string[];
}

export interface PortInfo {
  readonly name: string;
  readonly dtype: DType | null;
  /** As the file has it: open dimensions are names or `null`. */
  readonly shape: readonly Dim[] | null;
  /** At the size asked for. */
  readonly at: Shape | null;
}

export interface Inspection {
  readonly name: string;
  readonly hash: string;
  readonly opset: number;
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  readonly layers: readonly LayerInfo[];
  /** Nodes without which the net cannot be computed, with the reason; not those that only wait for them. */
  readonly unsupported: readonly Unsupported[];
  readonly totals: { readonly params: number; readonly macs: number };
  readonly preprocessing: Preprocessing & { readonly source: string };
  /** Names of the classes; `null` where they are unknown. */
  readonly labels: { readonly count: number; readonly source: string } | null;
  readonly warnings: readonly string[];
}

/**
 * Describes a model at an input size. What fovea cannot compute, NaN weights among it, is listed, not thrown.
 *
 * Throws an `InputError` where the input is no batch of pictures with open sides, or the size does not fit.
 */
export async function inspect(model: Model, options: SizeOptions = {}): Promise<Inspection> {
  const { source } = model;
  const fixed = modelAt(model, { ...options, lenient: true });
  const { values } = fixed;
  const nodes = new Set(needed(source, source.outputs));
  const layers = model.layers.filter((l) => nodes.has(l.node));
  const layerNodes = [...new Set(layers.map((l) => l.node))];
  const [y, x] = spatialAxes(model);
  const isPicture = inputShape(model, options).length === 4;
  const seen = reaches({ source, values }, layerNodes, model.input, isPicture ? [y, x] : []);
  const input = values.get(model.input)!;
  const channels = channelAxes(fixed.graph, [[input, isPicture ? inputAxis(model) : 1]]);
  const params = parametersOf(source, layerNodes);
  const port = (v: SourceValue): PortInfo => ({
    name: v.name,
    dtype: v.dtype ?? values.get(v)?.dtype ?? null,
    shape: v.shape ?? null,
    at: values.get(v)?.shape ?? null,
  });

  const infos = layers.map((layer): LayerInfo => {
    const value = values.get(layer.value);
    const axis = value && channels.get(value);
    const isFirst = layer.node.outputs.find((v) => v) === layer.value;
    const reach = (seen.get(layer.value) ?? []).filter((_, i) => i !== axis && i !== 0);
    const spatial = value && value.shape.length > 2 ? reach : [];
    return {
      address: layer.address,
      op: layer.op,
      shape: value?.shape ?? null,
      channelAxis: axis ?? null,
      tokens:
        (value?.shape.length === 3 && axis !== undefined && axis > 0 && tokenGrid(value.shape[3 - axis]!)) || null,
      params: isFirst ? params.get(layer.node)! : 0,
      macs: isFirst ? macsOf(layer.node, values) : 0,
      stride: same(spatial.map((r) => r?.stride)),
      receptiveField: same(spatial.map((r) => (r?.field === Number.POSITIVE_INFINITY ? undefined : r?.field))),
      aliases: layer.aliases,
    };
  });
  const bad = badWeights(source.constants).map(badWeightsText);
  return {
    name: model.name,
    hash: await model.hash(),
    opset: source.opset,
    inputs: source.inputs.map(port),
    outputs: source.outputs.map(port),
    layers: infos,
    unsupported: fixed.unsupported.filter(({ reason }) => !reason.endsWith("could not be computed")),
    totals: { params: total(infos.map((l) => l.params)), macs: total(infos.map((l) => l.macs)) },
    preprocessing: { ...model.preprocessing, source: model.preprocessingSource },
    labels: model.labels ? { count: model.labels.names.length, source: model.labels.source } : null,
    warnings: [...model.warnings, ...bad, ...remarks(source)],
  };
}

const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

/** One number if all are the same, `null` if there are none or one is unknown. */
function same(xs: readonly (number | undefined)[]): number | number[] | null {
  const known = xs.filter((x) => x !== undefined);
  const [first] = known;
  if (first === undefined || known.length < xs.length) return null;
  return known.every((x) => x === first) ? first : known;
}

/** Elements of the weights by the first layer that reads them, directly or through nodes without a picture in them. */
function parametersOf(source: SourceGraph, layerNodes: readonly SourceNode[]): Map<SourceNode, number> {
  const producer = new Map<SourceValue, SourceNode>();
  for (const node of source.nodes) for (const v of node.outputs) if (v) producer.set(v, node);
  const layers = new Set(layerNodes);
  const counted = new Set<SourceValue | SourceNode>();
  const count = (v: SourceValue | null): number => {
    if (!v || counted.has(v)) return 0;
    const t = source.constants.get(v);
    if (t) {
      counted.add(v);
      return isWeight(t.dtype) && t.dims.length > 0 ? sizeOf(t.dims) : 0;
    }
    const node = producer.get(v);
    if (!node || layers.has(node) || counted.has(node)) return 0;
    counted.add(node);
    return total(node.inputs.map(count));
  };
  const isRead = ({ op }: SourceNode, i: number): boolean => !recordOf(op) || hasGradient(op, i);
  return new Map(layerNodes.map((node) => [node, total(node.inputs.filter((_, i) => isRead(node, i)).map(count))]));
}

/** Floats, and the bytes of quantised weights; not shapes, axes and indices. */
const isWeight = (dtype: DType): boolean => /float|int8/.test(dtype);

function macsOf(node: SourceNode, values: ReadonlyMap<SourceValue, Value>): number {
  const inputs = node.inputs.map((v) => v && (values.get(v) ?? null));
  const outputs = node.outputs.flatMap((v) => (v && values.get(v)) ?? []);
  if (outputs.length === 0 || inputs.some((v, i) => !v && node.inputs[i])) return 0;
  return macsOfNode(node, inputs, outputs);
}
