/** @file Writes a graph for `torch_graph.py`: float weights as safetensors, the rest as JSON in the same file. */

import { writeFileSync } from "node:fs";
import { InputError } from "../../src/error.ts";
import type { AttributeValue, Dim, GraphOf, NodeOf } from "../../src/graph/graph.ts";
import type { Model } from "../../src/model/model.ts";
import { encodeTensors } from "../../src/tensor/safetensors.ts";
import { type DType, isFloat, Tensor, toNumbers } from "../../src/tensor/tensor.ts";

/** What a graph is made of, read or built alike. */
interface AnyValue {
  readonly name: string;
  readonly dtype?: DType;
  readonly shape?: readonly (Dim | number)[];
}

interface PeerTensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** The JSON that the peer reads; weights that are float stand beside it under their own names. */
export interface PeerGraph {
  readonly inputs: readonly { readonly name: string; readonly shape?: readonly (number | string | null)[] }[];
  readonly outputs: readonly string[];
  readonly nodes: readonly {
    readonly op: string;
    readonly name: string;
    readonly inputs: readonly (string | null)[];
    readonly outputs: readonly (string | null)[];
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly constants: Readonly<Record<string, PeerTensor>>;
  /** How pictures in 0…1 become the input, where the graph is a model's. */
  readonly preprocessing?: Model["preprocessing"];
}

const stored = new Set<DType>(["float32", "float64", "float16"]);

const spelt = (t: Tensor): PeerTensor => ({ dtype: t.dtype, dims: t.dims, values: toNumbers(t) });

function attributeOf(node: NodeOf<AnyValue>, value: AttributeValue): unknown {
  if (value instanceof Tensor) return { tensor: spelt(value) };
  if (typeof value === "object" && "opaque" in value)
    throw new InputError(`node '${node.name}' (${node.op}) holds a ${value.opaque}: the peer cannot run it`);
  return value;
}

/** The bytes of a graph for the peer. Values keep their names; those that share one get a number behind it. */
export function encodePeerGraph<V extends AnyValue>(
  graph: GraphOf<V>,
  more: Pick<PeerGraph, "preprocessing"> = {},
): Uint8Array {
  const names = new Map<V, string>();
  const taken = new Set<string>();
  const nameOf = (v: V): string => {
    const known = names.get(v);
    if (known !== undefined) return known;
    let name = v.name;
    for (let i = 2; taken.has(name); i++) name = `${v.name}#${i}`;
    names.set(v, name);
    taken.add(name);
    return name;
  };
  for (const v of [...graph.inputs, ...graph.outputs]) nameOf(v);
  const nodes = graph.nodes.map((node) => ({
    op: node.op,
    name: node.name,
    inputs: node.inputs.map((v) => v && nameOf(v)),
    outputs: node.outputs.map((v) => v && nameOf(v)),
    attributes: Object.fromEntries(Object.entries(node.attributes).map(([k, a]) => [k, attributeOf(node, a)])),
  }));
  const tensors: Record<string, Tensor> = {};
  const constants: Record<string, PeerTensor> = {};
  for (const [v, t] of graph.constants)
    if (stored.has(t.dtype)) tensors[nameOf(v)] = t;
    else if (isFloat(t.dtype)) throw new InputError(`'${v.name}' is ${t.dtype}: the peer reads float16, 32 and 64`);
    else constants[nameOf(v)] = spelt(t);
  const text: PeerGraph = {
    inputs: graph.inputs.map((v) => ({ name: nameOf(v), ...(v.shape && { shape: v.shape }) })),
    outputs: graph.outputs.map(nameOf),
    nodes,
    constants,
    ...more,
  };
  return encodeTensors({ tensors, text: JSON.stringify(text) });
}

/** A model's file as it is, its batch as open as the file leaves it, with its preprocessing. */
export function writePeerModel(path: string, { source, preprocessing }: Pick<Model, "source" | "preprocessing">): void {
  writeFileSync(path, encodePeerGraph(source, { preprocessing }));
}
