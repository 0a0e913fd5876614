/** @file Graph → model record and file bytes; constants become raw initialisers over their own bytes. */

import { onnxTypeNumber } from "../onnx/dtype.ts";
import type { AttributeRecord, ModelRecord, NodeRecord, ValueInfoRecord } from "../onnx/schema.ts";
import { tensorRecord } from "../onnx/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { Tensor } from "../tensor/tensor.ts";
import { attributeType } from "./attribute.ts";
import type { AttributeValue, Dim, GraphOf, NodeOf, SourceValue } from "./graph.ts";
import { uniqueNames } from "./names.ts";

export type AttributeKind = "int" | "float" | "ints" | "floats" | "string" | "strings" | "tensor";

export interface WriteOptions {
  /** Operator-set version of the default domain that the nodes are in. */
  readonly opset: number;
  /**
   * How an attribute is stored. Where it knows nothing, whole numbers become ints and a list with a fraction in it floats.
   */
  readonly attributeKind?: (op: string, attribute: string) => AttributeKind | undefined;
  /** Free text pairs for `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A model record of the graph, without a copy of its constants. Values that are called the same get names of their own. */
export function toOnnx(
  graph: GraphOf<SourceValue>,
  { opset, attributeKind, metadata = {} }: WriteOptions,
): ModelRecord {
  const names = uniqueNames(graph);
  const nameOf = (value: SourceValue | null): string => (value === null ? "" : names.get(value)!);
  const infoOf = (value: SourceValue): ValueInfoRecord => ({
    name: nameOf(value),
    ...(value.dtype && {
      type: {
        tensor_type: {
          elem_type: onnxTypeNumber[value.dtype],
          ...(value.shape && { shape: { dim: value.shape.map(dimRecord) } }),
        },
      },
    }),
  });
  const nodeOf = (node: NodeOf<SourceValue>): NodeRecord => {
    const [domain, op_type] = splitDomain(node.op);
    const attribute = Object.entries(node.attributes).map(([name, value]) =>
      attributeRecord(node.op, name, value, attributeKind?.(node.op, name)),
    );
    return {
      input: node.inputs.map(nameOf),
      output: node.outputs.map(nameOf),
      ...(node.name && { name: node.name }),
      op_type,
      ...(domain && { domain }),
      ...(attribute.length > 0 && { attribute }),
    };
  };
  const domains = new Set(graph.nodes.map((node) => splitDomain(node.op)[0]).filter(Boolean));
  const entries = Object.entries(metadata);
  return {
    ir_version: irVersion(opset),
    producer_name: "fovea",
    opset_import: [{ domain: "", version: opset }, ...[...domains].sort().map((domain) => ({ domain, version: 1 }))],
    ...(entries.length > 0 && { metadata_props: entries.map(([key, value]) => ({ key, value })) }),
    graph: {
      name: graph.name || "fovea",
      node: graph.nodes.map(nodeOf),
      initializer: Array.from(graph.constants, ([value, t]) => tensorRecord(nameOf(value), t)),
      input: graph.inputs.map(infoOf),
      output: graph.outputs.map(infoOf),
    },
  };
}

/** The graph as the bytes of an .onnx file. */
export const toBytes = (graph: GraphOf<SourceValue>, options: WriteOptions): Uint8Array =>
  writeModel(toOnnx(graph, options));

const dimRecord = (d: Dim): { dim_value?: number; dim_param?: string } =>
  typeof d === "number" ? { dim_value: d } : d === null ? {} : { dim_param: d };

/** `com.microsoft.nchwc.Conv` → `com.microsoft.nchwc`, `Conv` */
function splitDomain(op: string): [string, string] {
  const dot = op.lastIndexOf(".");
  return [op.slice(0, Math.max(dot, 0)), op.slice(dot + 1)];
}

/** Oldest file format that may carry an opset; at least 4, so that initialisers need not be inputs. */
const irVersion = (opset: number): number => {
  if (opset <= 18) return 8;
  if (opset <= 20) return 9;
  return opset <= 22 ? 10 : 11;
};

function guess(value: AttributeValue): AttributeKind | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  if (typeof value === "string") return "string";
  if (value instanceof Tensor) return "tensor";
  if (!Array.isArray(value)) return undefined;
  const items: readonly unknown[] = value;
  if (items.length > 0 && items.every((item) => typeof item === "string")) return "strings";
  return items.every((item) => Number.isInteger(item)) ? "ints" : "floats";
}

const utf8 = new TextEncoder();

function attributeRecord(op: string, name: string, value: AttributeValue, known?: AttributeKind): AttributeRecord {
  const kind = known ?? guess(value);
  if (!kind) throw new Error(`internal: ${op}: attribute ${name} is opaque and cannot be written`);
  return { name, ...payload(kind, value, `${op}.${name}`), type: attributeType[kind] };
}

function payload(kind: AttributeKind, value: AttributeValue, where: string): AttributeRecord {
  switch (kind) {
    case "int":
      if (typeof value === "number") return { i: int64(value, where) };
      break;
    case "float":
      if (typeof value === "number") return { f: Math.fround(value) };
      break;
    case "string":
      if (typeof value === "string") return { s: utf8.encode(value) };
      break;
    case "tensor":
      if (value instanceof Tensor) return { t: tensorRecord("", value) };
      break;
    case "ints":
      if (isNumbers(value)) return { ints: value.map((x) => int64(x, where)) };
      break;
    case "floats":
      if (isNumbers(value)) return { floats: value.map(Math.fround) };
      break;
    case "strings":
      if (Array.isArray(value)) return { strings: value.map((s) => utf8.encode(String(s))) };
  }
  throw new Error(`internal: ${where}: ${JSON.stringify(value)} is no ${kind} attribute`);
}

const isNumbers = (value: AttributeValue): value is readonly number[] =>
  Array.isArray(value) && value.every((x) => typeof x === "number");

/** Numbers beyond int64, such as a rounded 2⁶³ − 1 or an infinite slice end, go to its bounds. */
function int64(x: number, where: string): number | bigint {
  if (x >= 2 ** 63) return 2n ** 63n - 1n;
  if (x <= -(2 ** 63)) return -(2n ** 63n);
  if (!Number.isInteger(x)) throw new Error(`internal: ${where}: ${x} is no integer`);
  return BigInt(x);
}
