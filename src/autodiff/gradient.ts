/** @file Reverse-mode differentiation, graph to graph: appends the nodes that compute a gradient. */

import { InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { Node, Value } from "../graph/graph.ts";
import { ruleContext } from "../ops/context.ts";
import { formalAt, isInline, nameInputs, type Primitive, resolve, type VjpContext } from "../ops/op.ts";
import { sameShape } from "../ops/shapes.ts";
import { recordOf } from "../ops/table.ts";
import { isFloat, type Shape, sizeOf } from "../tensor/tensor.ts";

type InputRule = (c: VjpContext, attributes: Record<string, unknown>, index: number) => Value;
export type Rules = Readonly<Record<string, InputRule>>;

export interface GradientOptions {
  /** Cotangent of `of`, of its shape; ones by default, so that the gradient is that of the sum of its elements. */
  readonly seed?: Value;
  /** Other gradient rules for chosen nodes (guided backpropagation, straight-through …), by formal input name. */
  readonly rules?: (node: Node) => Rules | undefined;
  /** Values that count as constants, whatever they were computed from. */
  readonly fixed?: readonly Value[];
}

/**
 * ∂(Σ seed ⊙ of)/∂w for every w in `wrt`, each of w's own shape; zeros where `of` does not depend on w.
 *
 * One walk backwards over the nodes. A node's rules turn the cotangents of its outputs into those of its inputs; the walk
 * undoes broadcasting and adds up what flows together, so no rule does either. The gradient is an ordinary part of the
 * graph and can be differentiated again.
 *
 * Throws `InputError` for an operator without a gradient rule, with the node and the path from it to `of`.
 */
export function gradient(g: Builder, of: Value, wrt: readonly Value[], options: GradientOptions = {}): Value[] {
  const nodes = [...g.graph.nodes];
  const wanted = dependents(nodes, wrt, options.fixed);
  const cotangents = new Map<Value, Value>();
  const accumulate = (v: Value, dv: Value): void => {
    const own = sumTo(g, dv, v.shape);
    const sum = cotangents.get(v);
    cotangents.set(v, sum ? g.add(sum, own) : own);
  };
  if (!isFloat(of.dtype)) throw new InputError(`gradient: '${of.name}' holds ${of.dtype}, which has no gradient`);
  if (wanted.has(of)) accumulate(of, options.seed ?? g.expand(g.scalar(1, of.dtype), of.shape));

  for (const node of nodes.reverse()) {
    const grads = node.outputs.map((v) => (v ? cotangents.get(v) : undefined));
    if (grads.every((dv) => dv === undefined)) continue;
    if (!node.inputs.some((v) => v && wanted.has(v))) continue;
    const { record, rules } = rulesFor(node, nodes, of, options);
    if (rules === "zero") continue;
    const named = nameInputs(node.op, record, node.inputs);
    const context = {
      ...ruleContext(g, node.op),
      ...named,
      g,
      outputs: node.outputs,
      grads,
      y: node.outputs[0]!,
      dy: grads[0] ?? g.zeros(node.outputs[0]!),
    };
    const attributes = resolve(record, node.attributes);
    node.inputs.forEach((v, i) => {
      if (!v || !wanted.has(v)) return;
      const { name, index } = formalAt(record, i);
      const dv = rules[name]?.(context, attributes, index);
      if (dv) accumulate(v, dv);
    });
  }
  return wrt.map((v) => cotangents.get(v) ?? g.zeros(v));
}

/** The float values that depend on `sources`, these included, in ways that do not lead through `fixed`. */
function dependents(nodes: readonly Node[], sources: readonly Value[], fixed: readonly Value[] = []): Set<Value> {
  const found = new Set(sources);
  for (const node of nodes)
    if (node.inputs.some((v) => v && found.has(v)))
      for (const v of node.outputs) if (v && isFloat(v.dtype) && !fixed.includes(v)) found.add(v);
  return found;
}

function rulesFor(
  node: Node,
  backwards: readonly Node[],
  of: Value,
  options: GradientOptions,
): { record: Primitive; rules: Rules | "zero" } {
  const record = recordOf(node.op);
  if (!record || isInline(record))
    throw new InputError(
      `gradient: no rule for ${node.op} (node '${node.name}'), on the path ${path(node, backwards, of)}`,
    );
  return { record, rules: options.rules?.(node) ?? (record.vjp as Rules | "zero") };
}

/** `conv_3 → relu_4 → … → logits`, the way from a node to a value downstream of it. */
function path(from: Node, backwards: readonly Node[], to: Value): string {
  const later = backwards.slice(0, backwards.indexOf(from)).reverse();
  const via = new Map<Value, readonly string[]>(from.outputs.flatMap((v) => (v ? [[v, [from.name]] as const] : [])));
  for (const node of later) {
    const way = node.inputs.map((v) => v && via.get(v)).find((w) => w);
    if (way) for (const v of node.outputs) if (v) via.set(v, [...way, node.name]);
  }
  const steps = via.get(to) ?? [from.name];
  return steps.length > 6 ? [...steps.slice(0, 3), "…", ...steps.slice(-2)].join(" → ") : steps.join(" → ");
}

/** Undoes broadcasting: sums over the axes along which a value of `shape` was repeated. */
function sumTo(g: Builder, v: Value, shape: Shape): Value {
  if (sameShape(v.shape, shape)) return v;
  if (sizeOf(v.shape) < sizeOf(shape)) return g.expand(v, shape);
  const extra = v.shape.length - shape.length;
  const axes = v.shape.flatMap((d, i) => (i < extra || (shape[i - extra] === 1 && d !== 1) ? [i] : []));
  return g.reshape(g.sum(v, axes, false), shape);
}
