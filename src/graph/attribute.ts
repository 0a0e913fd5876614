/** @file Attributes of nodes: from file records to plain values, and what a Constant node's attributes stand for. */

import type { AttributeRecord, TensorRecord } from "../onnx/schema.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import type { Attributes, AttributeValue } from "./graph.ts";

/** AttributeProto.AttributeType numbers. */
export const attributeType = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparse_tensor: 11,
  sparse_tensors: 12,
  type_proto: 13,
  type_protos: 14,
} as const;
type AttributeType = keyof typeof attributeType;

const utf8 = new TextDecoder();
const numbers = (values: readonly (number | bigint)[] = []): number[] => values.map(Number);

type ReadTensor = (t: TensorRecord) => AttributeValue;

const readers: { readonly [T in AttributeType]?: (a: AttributeRecord, read: ReadTensor) => AttributeValue } = {
  float: (a) => a.f ?? 0,
  int: (a) => Number(a.i ?? 0),
  string: (a) => utf8.decode(a.s),
  tensor: (a, read) => read({ name: a.name ?? "", ...a.t }),
  floats: (a) => [...(a.floats ?? [])],
  ints: (a) => numbers(a.ints),
  strings: (a) => (a.strings ?? []).map((s) => utf8.decode(s)),
};

/** The record field that each type is kept in, for files so old that they leave the type out. */
const fields: readonly (readonly [keyof AttributeRecord, AttributeType])[] = [
  ["f", "float"],
  ["i", "int"],
  ["s", "string"],
  ["t", "tensor"],
  ["g", "graph"],
  ["floats", "floats"],
  ["ints", "ints"],
  ["strings", "strings"],
  ["tensors", "tensors"],
  ["graphs", "graphs"],
  ["sparse_tensor", "sparse_tensor"],
  ["sparse_tensors", "sparse_tensors"],
  ["tp", "type_proto"],
  ["type_protos", "type_protos"],
];

function typeOf(a: AttributeRecord): AttributeType | undefined {
  const named = fields.find(([, type]) => attributeType[type] === a.type);
  return (named ?? fields.find(([field]) => a[field] !== undefined))?.[1];
}

/**
 * Attributes by name. Integers beyond 2⁵³ are rounded.
 *
 * @param readTensor Reads a tensor attribute, or makes it opaque.
 */
export const attributesOf = (records: readonly AttributeRecord[], readTensor: ReadTensor): Attributes =>
  Object.fromEntries(
    records.map((a) => {
      const type = typeOf(a);
      const read = type && readers[type];
      return [a.name ?? "", read ? read(a, readTensor) : { opaque: type ?? "an attribute without a type" }];
    }),
  );

/** The tensor that a Constant node stands for; `undefined` for strings, sparse and foreign ones. */
export function constantOf(records: readonly AttributeRecord[], attributes: Attributes): Tensor | undefined {
  if (attributes.value instanceof Tensor) return attributes.value;
  for (const { name, f, i, floats = [], ints = [] } of records) {
    if (name === "value_float") return tensor("float32", [], Float32Array.of(f ?? 0));
    if (name === "value_floats") return tensor("float32", [floats.length], Float32Array.from(floats));
    if (name === "value_int") return tensor("int64", [], BigInt64Array.of(BigInt(i ?? 0)));
    if (name === "value_ints") return tensor("int64", [ints.length], BigInt64Array.from(ints, BigInt));
  }
  return undefined;
}
