/** @file Graphs as plain data: values, nodes, constants; as read from a file (shapes may be open) and as fovea works on them. */

import type { DType, Shape, Tensor } from "../tensor/tensor.ts";

/** What flows along an edge. Identity is the object itself; the name is only for reading and for files. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/**
 * An attribute as the ONNX file holds it. Numbers are ints or floats as the operator's record declares; `Opaque` stands
 * for what fovea never looks into (subgraphs, sparse tensors, types).
 */
export type AttributeValue = number | string | Tensor | readonly number[] | readonly string[] | Opaque;
export interface Opaque {
  readonly opaque: string;
}
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One operator call. `op` is the ONNX operator name, with its domain in front unless that is the default one. */
export interface NodeOf<V> {
  readonly op: string;
  readonly name: string;
  /** `null` stands for an optional input that is left out. */
  readonly inputs: readonly (V | null)[];
  readonly outputs: readonly (V | null)[];
  readonly attributes: Attributes;
}

export interface GraphOf<V> {
  readonly name: string;
  readonly inputs: V[];
  readonly outputs: V[];
  readonly constants: Map<V, Tensor>;
  /** In topological order. */
  readonly nodes: NodeOf<V>[];
}

/** A graph whose every value has an element type and a fixed shape; all nodes are in the one opset of `ops/`. */
export type Graph = GraphOf<Value>;
export type Node = NodeOf<Value>;

/** A dimension as a file may leave it: fixed, named, or unknown. */
export type Dim = number | string | null;

/** A value of a graph just read: the file may say nothing about its type. */
export interface SourceValue {
  readonly name: string;
  readonly dtype?: DType;
  readonly shape?: readonly Dim[];
}

/** A graph as a file holds it: whichever opset and operators, open shapes. */
export interface SourceGraph extends GraphOf<SourceValue> {
  /** Operator-set version of the default domain. */
  readonly opset: number;
  /** Free text pairs of the file (`metadata_props`). */
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: SourceNode[];
}

export interface SourceNode extends NodeOf<SourceValue> {
  /** Modules around the node from the outside in, each a whole path (`layer1`, `layer1.0`), where the file notes them. */
  readonly modules?: readonly string[] | undefined;
  /** The graphs that an If or Loop holds, by attribute; their constants are the whole graph's. */
  readonly bodies?: Readonly<Record<string, SourceBody>> | undefined;
  /** What the bodies read from outside of them. */
  readonly captures?: readonly SourceValue[] | undefined;
}
export interface SourceBody {
  readonly inputs: readonly SourceValue[];
  readonly outputs: readonly SourceValue[];
  readonly nodes: readonly SourceNode[];
}

/** All that a node waits for: its inputs, and what its bodies read. */
export const reads = <V>(node: NodeOf<V> & { readonly captures?: readonly V[] | undefined }): readonly (V | null)[] =>
  node.captures ? [...node.inputs, ...node.captures] : node.inputs;

export const emptyGraph = (name: string): Graph => ({ name, inputs: [], outputs: [], constants: new Map(), nodes: [] });

/** `float32[1,3,224,224]` */
export const typeText = (v: { dtype?: DType | undefined; shape?: readonly Dim[] | undefined }): string =>
  `${v.dtype ?? "?"}[${v.shape ? v.shape.map((d) => d ?? "?").join(",") : "…"}]`;
