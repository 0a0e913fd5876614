/** @file Calls of functions that a model defines itself, replaced by the nodes of those functions. */

import { expect, InputError } from "../error.ts";
import type { AttributeRecord, FunctionRecord, GraphRecord, ModelRecord, NodeRecord } from "./schema.ts";

/** Bound on the nodes that calls unfold to, so that a small file cannot unfold without end. */
const mostNodes = 100_000;
const deepest = 100;

const keyOf = (domain = "", name = "", overload = ""): string => [domain, name, overload].join("\n");
const isDefault = (domain = ""): boolean => domain === "" || domain === "ai.onnx";

/**
 * The main graph's nodes with calls of the model's own functions unfolded, and functions within functions. A function
 * written for another opset than the model's stays a call. Values inside get the call's name in front.
 */
export function inlineFunctions(model: ModelRecord, opset: number): readonly NodeRecord[] {
  const nodes = model.graph?.node ?? [];
  const functions = new Map(
    (model.functions ?? [])
      .filter((f) => (f.opset_import ?? []).every((o) => !isDefault(o.domain) || Number(o.version) === opset))
      .map((f) => [keyOf(f.domain, f.name, f.overload), f]),
  );
  if (functions.size === 0) return nodes;
  const out: NodeRecord[] = [];
  let calls = 0;
  const unfold = (node: NodeRecord, callers: readonly FunctionRecord[]): void => {
    const f = functions.get(keyOf(node.domain, node.op_type, node.overload));
    if (!f) {
      out.push(node);
      expect(out.length <= mostNodes, () => `the model's functions unfold to more than ${mostNodes} nodes`);
      return;
    }
    if (callers.includes(f))
      throw new InputError(`the model's function "${f.name}" calls itself, which ONNX does not allow: export it again`);
    expect(callers.length < deepest, () => `the model's functions call one another more than ${deepest} deep`);
    expect(calls < mostNodes, () => `the model's functions unfold to more than ${mostNodes} calls`);
    for (const inner of bodyOf(f, node, `${node.name || f.name}.${calls++}`)) unfold(inner, [...callers, f]);
  };
  for (const node of nodes) unfold(node, []);
  return out;
}

/** The function's nodes, with the caller's value names and attributes in place of the function's own. */
function bodyOf(f: FunctionRecord, call: NodeRecord, prefix: string): NodeRecord[] {
  const names = new Map<string, string>([["", ""]]);
  f.input?.forEach((formal, i) => {
    names.set(formal, call.input?.[i] ?? "");
  });
  f.output?.forEach((formal, i) => {
    const actual = call.output?.[i];
    if (actual) names.set(formal, actual);
  });
  const rename = (name: string): string => names.get(name) ?? `${prefix}/${name}`;

  const given = new Map<string | undefined, AttributeRecord>();
  for (const a of f.attribute_proto ?? []) given.set(a.name, a);
  for (const a of call.attribute ?? []) given.set(a.name, a);
  const resolve = (a: AttributeRecord): AttributeRecord[] => {
    if (!a.ref_attr_name) return [a.g ? { ...a, g: renamed(a.g) } : a];
    const actual = given.get(a.ref_attr_name);
    return actual ? [{ ...actual, name: a.name ?? "" }] : [];
  };

  const placed = (node: NodeRecord): NodeRecord => ({
    ...node,
    name: `${prefix}/${node.name ?? ""}`,
    input: (node.input ?? []).map(rename),
    output: (node.output ?? []).map(rename),
    attribute: (node.attribute ?? []).flatMap(resolve),
  });
  /** The graph of an If or Loop: it may read the function's values, which have other names now. */
  const renamed = (g: GraphRecord): GraphRecord => {
    const called = <T extends { readonly name?: string }>(x: T): T => ({ ...x, name: rename(x.name ?? "") });
    return {
      ...g,
      node: (g.node ?? []).map(placed),
      initializer: (g.initializer ?? []).map(called),
      input: (g.input ?? []).map(called),
      output: (g.output ?? []).map(called),
    };
  };
  return (f.node ?? []).map(placed);
}
