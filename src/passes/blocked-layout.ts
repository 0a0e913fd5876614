/** @file Blocked layout: ONNX Runtime's own fast convolutions (domain `com.microsoft.nchwc`) for weights that are fed. */

import { emptyGraph, type Graph, type Node, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { blockedForm } from "./blocked-forms.ts";
import { type Blocks, convertible } from "./blocks.ts";
import { prune } from "./needed.ts";

/*
 * In blocks of b channels, [N, C, H, W] lies in memory as [N, C/b, H, W, b]. The runtime takes to that form by itself where
 * weights are constant; a training step feeds them. What works element by element does not see the difference, so whole
 * stretches between convolutions stay in blocks; whatever else needs a value gets it back in the ordinary order.
 *
 * Provider-specific, so the last pass of all: no record describes the operators that it adds.
 */

/** Whether any convolution would gain by blocks of `block` channels. */
export function hasBlockedForm(graph: Graph, block: number): boolean {
  const fixed = fixedValues(graph);
  return graph.nodes.some((node) => convertible(node, block, fixed));
}

/** The same graph with convolutions in blocks of `block` channels; itself where there is none that gains. */
export function blockedLayout(graph: Graph, block: number): Graph {
  if (!hasBlockedForm(graph, block)) return graph;
  const fixed = fixedValues(graph);
  const producer = new Map<Value, Node>();
  const uses = new Map<Value, number>(graph.outputs.map((v) => [v, 1]));
  for (const node of graph.nodes) {
    for (const v of node.inputs) if (v) uses.set(v, (uses.get(v) ?? 0) + 1);
    for (const v of node.outputs) if (v) producer.set(v, node);
  }
  const target = emptyGraph(graph.name);
  const g = builderOf(target);
  target.inputs.push(...graph.inputs);
  /** Where each value stands in the ordinary order, and where in blocks; one of them is made from the other on demand. */
  const ordinary = new Map<Value, Value>();
  const blocked = new Map<Value, Value>();
  let made = 0;
  const blocks: Blocks = {
    g,
    size: block,
    convertible: (node) => convertible(node, block, fixed),
    constantOf: (v) => graph.constants.get(v),
    producerOf: (v) => producer.get(v),
    once: (v) => uses.get(v) === 1,
    native: (op, inputs, shape, attributes = {}) => {
      const name = `${op.toLowerCase()}_in_blocks_${++made}`;
      const out: Value = { name, dtype: "float32", shape };
      const given = Object.fromEntries(Object.entries(attributes).filter((entry) => entry[1] !== undefined));
      target.nodes.push({
        op: `com.microsoft.nchwc.${op}`,
        name,
        inputs,
        outputs: [out],
        attributes: given as Node["attributes"],
      });
      return out;
    },
    ordinary: (v) => {
      const t = graph.constants.get(v);
      let now = ordinary.get(v) ?? (t && g.constant(t, v.name));
      const inBlocks = blocked.get(v);
      if (!now && inBlocks) now = blocks.native("ReorderOutput", [inBlocks], v.shape, { channels: v.shape[1]! });
      ordinary.set(v, now ?? v);
      return now ?? v;
    },
    blocked: (v) => {
      const now = blocked.get(v) ?? blocks.native("ReorderInput", [blocks.ordinary(v)], v.shape);
      blocked.set(v, now);
      return now;
    },
    onlyBlocked: (v) => blocked.has(v) && !ordinary.has(v),
  };
  for (const node of graph.nodes) {
    const form = blockedForm(blocks, node);
    if (form?.blocked) blocked.set(node.outputs[0]!, form.blocked);
    else if (form) ordinary.set(node.outputs[0]!, form.ordinary);
    else {
      g.label = node.name;
      const inputs = node.inputs.map((v) => v && blocks.ordinary(v));
      const outputs = g.ops(node.op, inputs, node.attributes, node.outputs.length);
      g.label = undefined;
      node.outputs.forEach((v, i) => {
        if (v) ordinary.set(v, outputs[i]!);
      });
    }
  }
  for (const v of graph.outputs) g.output(blocks.ordinary(v), v.name);
  return prune(target);
}

/** Constants, and what is computed from them alone. */
function fixedValues({ constants, nodes }: Graph): ReadonlySet<Value> {
  const fixed = new Set<Value>(constants.keys());
  for (const { inputs, outputs } of nodes)
    if (inputs.every((v) => !v || fixed.has(v))) for (const v of outputs) if (v) fixed.add(v);
  return fixed;
}
