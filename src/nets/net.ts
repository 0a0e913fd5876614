/** @file From a net builder to a net as a file holds it: open batch size, random weights by seed, facts about itself. */

import type { SourceGraph, SourceValue } from "../graph/graph.ts";
import { toBytes } from "../graph/to-onnx.ts";
import { builderOf } from "../ops/builder.ts";
import { attributeKind, OPSET } from "../ops/serialise.ts";
import { rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { NetBuilder } from "./layers.ts";
import { lenet } from "./lenet.ts";
import { nin } from "./nin.ts";
import { type ResNetOptions, resnet18, resnet34, resnet50, resnetCifar } from "./resnet.ts";
import { twins } from "./topdown.ts";

/** Nets by the names that users type. */
export const nets = {
  resnet18,
  resnet34,
  resnet50,
  resnet20: (options: ResNetOptions) => resnetCifar(20, options),
  resnet32: (options: ResNetOptions) => resnetCifar(32, options),
  resnet56: (options: ResNetOptions) => resnetCifar(56, options),
  lenet,
  nin,
  ...twins,
} satisfies Record<string, (options: never) => NetBuilder>;

export interface NetSourceOptions {
  readonly name?: string;
  /** Channels, height and width of the pictures; the file allows no other size where the net does not. */
  readonly picture: readonly [channels: number, height: number, width: number];
  /** Of the weights. */
  readonly seed: number;
  /** For `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The net with input "image" [N, C, H, W] and output "logits" [N, classes], N open. */
export function netSource(build: NetBuilder, options: NetSourceOptions): SourceGraph {
  const { name = "net", picture, seed, metadata = {} } = options;
  const g = builderOf();
  const image = g.input("image", "float32", [1, ...picture]);
  const logits = build(g, image, rng(seed).fork("weights"));
  const open = new Map<SourceValue | null, SourceValue>(
    Object.entries({ image, logits }).map(([name, v]) => [v, { ...v, name, shape: ["N", ...v.shape.slice(1)] }]),
  );
  const opened = (v: SourceValue | null): SourceValue | null => open.get(v) ?? v;
  const nodes = g.graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(opened),
    outputs: node.outputs.map(opened),
  }));
  const { constants } = g.graph;
  return {
    name,
    opset: OPSET,
    metadata,
    inputs: [open.get(image)!],
    outputs: [open.get(logits)!],
    constants: new Map<SourceValue, Tensor>(constants),
    nodes,
  };
}

/** A source graph as the bytes of an .onnx file, in its own opset. */
export const sourceBytes = (source: SourceGraph): Uint8Array =>
  toBytes(source, { opset: source.opset, attributeKind, metadata: source.metadata });
