/** @file The graphs inside If and Loop nodes. */

import type { AttributeRecord, GraphRecord, NodeRecord } from "../onnx/schema.ts";
import { type External, tensorOf } from "../onnx/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { attributesOf, constantOf } from "./attribute.ts";
import { isForeign, modulesOf, opName, tensorOrOpaque } from "./call.ts";
import type { SourceBody, SourceNode, SourceValue } from "./graph.ts";

type Lookup = (name: string) => SourceValue | undefined;

interface Context {
  /** Takes the bodies' constants too. */
  readonly constants: Map<SourceValue, Tensor>;
  readonly external: External | undefined;
}

/**
 * The bodies of a node and what they read from outside; nothing for a node without any, and for one whose bodies cannot be
 * read in full (values that nothing produces, constants of foreign types), since no question may ever need it.
 */
export function bodiesOf(call: NodeRecord, outer: Lookup, context: Context): Pick<SourceNode, "bodies" | "captures"> {
  const graphs = (call.attribute ?? []).filter((a): a is AttributeRecord & { g: GraphRecord } => a.g !== undefined);
  if (graphs.length === 0) return {};
  const captures = new Set<SourceValue>();
  const capture: Lookup = (name) => {
    const value = outer(name);
    if (value) captures.add(value);
    return value;
  };
  const bodies: Record<string, SourceBody> = {};
  for (const { name = "", g } of graphs) {
    const body = bodyOf(g, `${call.name || call.output?.[0]}/${name}`, capture, context);
    if (!body) return {};
    bodies[name] = body;
  }
  return { bodies, captures: [...captures] };
}

function bodyOf(record: GraphRecord, prefix: string, outer: Lookup, context: Context): SourceBody | undefined {
  const own = new Map<string, SourceValue>();
  const find: Lookup = (name) => own.get(name) ?? outer(name);
  const define = (name: string, t?: Tensor): SourceValue => {
    const value = { name: `${prefix}/${name}`, ...(t && { dtype: t.dtype, shape: t.dims }) };
    own.set(name, value);
    if (t) context.constants.set(value, t);
    return value;
  };
  if (record.sparse_initializer?.length || record.initializer?.some(isForeign)) return undefined;
  for (const t of record.initializer ?? []) define(t.name ?? "", tensorOf(t, context.external));
  const inputs = (record.input ?? []).map(({ name = "" }) => define(name));
  const nodes: SourceNode[] = [];
  for (const call of record.node ?? []) {
    const read = (call.input ?? []).map((name) => (name === "" ? null : find(name)));
    if (read.includes(undefined)) return undefined;
    const op = opName(call);
    const attributes = attributesOf(call.attribute ?? [], (t) => tensorOrOpaque(t, context.external));
    const t = op === "Constant" ? constantOf(call.attribute ?? [], attributes) : undefined;
    const inner = bodiesOf(call, find, context);
    const outputs = (call.output ?? []).map((name) => (name === "" ? null : define(name, t)));
    const name = `${prefix}/${call.name ?? ""}`;
    if (!t)
      nodes.push({
        op,
        name,
        inputs: read as (SourceValue | null)[],
        outputs,
        attributes,
        modules: modulesOf(call),
        ...inner,
      });
  }
  const outputs = (record.output ?? []).flatMap(({ name = "" }) => find(name) ?? []);
  return outputs.length === (record.output ?? []).length ? { inputs, outputs, nodes } : undefined;
}
