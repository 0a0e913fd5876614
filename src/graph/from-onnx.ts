/** @file Model record → graph: names become objects, initialisers and Constant nodes become constants. */

import { expect, InputError } from "../error.ts";
import { dtypeOfNumber } from "../onnx/dtype.ts";
import { inlineFunctions } from "../onnx/inline.ts";
import { opsetOf } from "../onnx/read.ts";
import type { GraphRecord, ModelRecord, NodeRecord, TypeRecord, ValueInfoRecord } from "../onnx/schema.ts";
import { type External, tensorOf, typeName } from "../onnx/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { attributesOf, constantOf } from "./attribute.ts";
import { bodiesOf } from "./bodies.ts";
import { isForeign, modulesOf, opName, tensorOrOpaque } from "./call.ts";
import type { Dim, SourceGraph, SourceNode, SourceValue } from "./graph.ts";
import { nodeText, sortNodes } from "./sort.ts";

/**
 * The main graph of a model. Weights stay views on the file. Constants of types that fovea cannot compute with stay
 * `Constant` nodes with an opaque attribute. Functions of the model's own are unfolded.
 *
 * Throws an `InputError` where a value is produced twice or never, where nodes wait for each other, and where a tensor's
 * data are missing or damaged.
 *
 * @param external Finds tensor data that lie in files of their own.
 */
export function fromOnnx(model: ModelRecord, { external }: { external?: External } = {}): SourceGraph {
  const record: GraphRecord = model.graph ?? {};
  const opset = opsetOf(model);
  const values = new Map<string, SourceValue>();
  const producers = new Map<string, string>();
  const types = typesOf(record);
  const constants = new Map<SourceValue, Tensor>();
  const nodes: SourceNode[] = [];

  const define = (name: string, producer: string, t?: Tensor): SourceValue => {
    const other = producers.get(name);
    if (other)
      throw new InputError(
        `the value "${name}" is produced twice, by ${other} and by ${producer}: the model is damaged`,
      );
    producers.set(name, producer);
    const value: SourceValue = t ? { name, dtype: t.dtype, shape: t.dims } : { name, ...types.get(name) };
    values.set(name, value);
    if (t) constants.set(value, t);
    return value;
  };
  const opaqueConstant = (name: string, what: string): void => {
    const output = define(name, `the initialiser "${name}"`);
    nodes.push({ op: "Constant", name, inputs: [], outputs: [output], attributes: { value: { opaque: what } } });
  };

  for (const t of record.initializer ?? []) {
    const name = t.name ?? "";
    if (isForeign(t)) opaqueConstant(name, `a tensor of ${typeName(t.data_type ?? 0)}`);
    else define(name, `the initialiser "${name}"`, tensorOf(t, external));
  }
  for (const t of record.sparse_initializer ?? []) opaqueConstant(t.values?.name ?? "", "a sparse tensor");

  const initialised = new Set(values.keys());
  const inputs = (record.input ?? [])
    .filter(({ name = "" }) => !initialised.has(name))
    .map(({ name = "" }) => define(name, "the graph's inputs"));

  const calls: { readonly record: NodeRecord; readonly node: Omit<SourceNode, "inputs"> }[] = [];
  for (const n of inlineFunctions(model, opset)) {
    const op = opName(n);
    const attributes = attributesOf(n.attribute ?? [], (t) => tensorOrOpaque(t, external));
    const t = op === "Constant" ? constantOf(n.attribute ?? [], attributes) : undefined;
    const producer = nodeText({ op, name: n.name ?? "" });
    const outputs = (n.output ?? []).map((name) => (name === "" ? null : define(name, producer, t)));
    if (!t) calls.push({ record: n, node: { op, name: n.name ?? "", outputs, attributes, modules: modulesOf(n) } });
  }

  for (const { record, node } of calls) {
    const inputs = (record.input ?? []).map((name) => {
      if (name === "") return null;
      const value = values.get(name);
      expect(
        value,
        () => `${nodeText(node)} reads the value "${name}", which nothing produces: the model is damaged or cut off`,
      );
      return value;
    });
    nodes.push({ ...node, inputs, ...bodiesOf(record, (name) => values.get(name), { constants, external }) });
  }

  const outputs = (record.output ?? []).map(({ name = "" }) => {
    const value = values.get(name);
    expect(value, () => `the model promises an output "${name}", but nothing produces it: the model is damaged`);
    return value;
  });
  expect(outputs.length > 0, () => "the model has no outputs: it may be cut off; export it again");
  expect(new Set(outputs).size === outputs.length, () => "the model lists an output twice: export it again");

  return {
    name: record.name ?? "",
    opset,
    inputs,
    outputs,
    constants,
    nodes: sortNodes(nodes),
    metadata: Object.fromEntries((model.metadata_props ?? []).map(({ key = "", value = "" }) => [key, value])),
  };
}

type SourceType = Omit<SourceValue, "name">;

/** What the file says about the values' types, by name; inputs and outputs outweigh `value_info`. */
function typesOf(record: GraphRecord): Map<string, SourceType> {
  const infos: ValueInfoRecord[] = [...(record.value_info ?? []), ...(record.output ?? []), ...(record.input ?? [])];
  return new Map(infos.map(({ name = "", type }) => [name, typeOf(type)]));
}

function typeOf(type: TypeRecord | undefined): SourceType {
  const tensor = type?.tensor_type;
  const dtype = dtypeOfNumber(tensor?.elem_type ?? 0);
  const shape = tensor?.shape && (tensor.shape.dim ?? []).map(dimOf);
  return { ...(dtype && { dtype }), ...(shape && { shape }) };
}

/** Exporters write unknown sizes as an absent, an empty or a negative dimension. */
function dimOf({ dim_value, dim_param }: { dim_value?: number | bigint; dim_param?: string }): Dim {
  if (dim_value !== undefined) return Number.isSafeInteger(dim_value) && dim_value >= 0 ? Number(dim_value) : null;
  return dim_param || null;
}
