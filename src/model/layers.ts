/** @file The layers of a net as its file has them: every value that the picture flows through, with its readable names. */

import { reads, type SourceGraph, type SourceNode, type SourceValue } from "../graph/graph.ts";
import { layerPaths } from "./layer-paths.ts";
import { scopeExits } from "./scopes.ts";

/** A value that depends on the net's input, as users address it. */
export interface Layer {
  /** The name shown: short, unique in the net, the same whenever the same file is read. */
  readonly address: string;
  /** Other names that mean this layer, the file's own value and node names among them. */
  readonly aliases: readonly string[];
  readonly op: string;
  readonly node: SourceNode;
  readonly value: SourceValue;
  /** What an activation function is applied to. */
  readonly preActivation?: Layer | undefined;
}

/** Operators that look at a value's shape only. */
const shapeOnly: readonly string[] = ["Shape", "Size"];

/** Functions of one number that follow a convolution, normalisation or sum. */
const activations: readonly string[] =
  "Relu Clip LeakyRelu PRelu Sigmoid HardSigmoid HardSwish Swish Tanh Elu Selu Celu Gelu Mish Softplus Softsign ThresholdedRelu Erf".split(
    " ",
  );

/** True for functions of one number, such as Relu. */
export const isActivation = (op: string): boolean => activations.includes(op);

/** Turn logits into probabilities, one to one. */
export const probability: readonly string[] = ["Softmax", "LogSoftmax", "Sigmoid"];

/** Operators that only pass on or rearrange what they get. */
export const passing: readonly string[] = ["Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Cast", "Dropout"];

/** Nodes that the picture itself flows through, without shape arithmetic. */
export function layerNodes(source: SourceGraph): SourceNode[] {
  const reached = new Set<SourceValue | null>(source.inputs);
  return source.nodes.filter((node) => {
    if (shapeOnly.includes(node.op) || !reads(node).some((v) => v && reached.has(v))) return false;
    for (const v of node.outputs) if (v) reached.add(v);
    return true;
  });
}

/**
 * All layers in the order in which they are computed. `logits` is what the classes are decided by: the input of a final
 * Softmax, LogSoftmax or Sigmoid (whose output is then `probabilities`), else the first output.
 */
export function layersOf(source: SourceGraph): Layer[] {
  const nodes = layerNodes(source);
  const paths = layerPaths(source, nodes);
  const exits = scopeExits(nodes, paths, source.outputs);
  const special = outputNames(source, nodes);
  const used = new Set<SourceValue | null>([...source.outputs, ...nodes.flatMap((node) => node.inputs)]);
  const owners = rawOwners(nodes);
  const byValue = new Map<SourceValue, Layer>();
  const layers: Layer[] = [];
  for (const node of nodes) {
    const path = paths.get(node)!.join(".");
    const scopes = exits.get(node) ?? [];
    node.outputs.forEach((value, i) => {
      if (!value || (i > 0 && !used.has(value))) return;
      const suffix = i > 0 ? `.out${i}` : "";
      const names = [special.get(value), ...scopes.map((s) => s + suffix), path + suffix].filter(
        (n) => n !== undefined,
      );
      // A name that the file itself uses for something else is never taken from it.
      const free = names.filter((name) => (owners.get(name) ?? node) === node);
      const raw = i > 0 ? [value.name] : [value.name, node.name].filter((name) => name !== "");
      const address = free[0] ?? value.name;
      const aliases = [...new Set([...free, ...raw])].filter((name) => name !== address);
      const input = node.inputs[0];
      const preActivation = isActivation(node.op) && input ? byValue.get(input) : undefined;
      const layer: Layer = { address, aliases, op: node.op, node, value, preActivation };
      byValue.set(value, layer);
      layers.push(layer);
    });
  }
  return layers;
}

/** What decides between classes: what stands before a final Softmax, else the output. `undefined` where none depends on the picture. */
export function scoreLayer({
  layers,
  source,
}: {
  readonly layers: readonly Layer[];
  readonly source: SourceGraph;
}): Layer | undefined {
  const named = (name: string) => layers.find(({ address }) => address === name);
  // A file may call its probabilities "logits": then there is no other layer of that name.
  return named("logits") ?? named("probabilities") ?? layers.find((l) => source.outputs.includes(l.value));
}

/** Whose node or value name a raw name is. */
function rawOwners(nodes: readonly SourceNode[]): Map<string, SourceNode> {
  const owners = new Map<string, SourceNode>();
  for (const node of nodes) {
    if (node.name) owners.set(node.name, node);
    for (const v of node.outputs) if (v) owners.set(v.name, node);
  }
  return owners;
}

function outputNames(source: SourceGraph, nodes: readonly SourceNode[]): Map<SourceValue, string> {
  const producer = new Map(nodes.flatMap((node) => node.outputs.flatMap((v) => (v ? [[v, node] as const] : []))));
  const names = new Map<SourceValue, string>();
  const output = source.outputs.find((v) => producer.has(v));
  if (!output) return names;
  let value = output;
  let node = producer.get(value);
  while (node && passing.includes(node.op) && node.inputs[0] && producer.has(node.inputs[0])) {
    value = node.inputs[0];
    node = producer.get(value);
  }
  const logits = node && probability.includes(node.op) ? node.inputs[0] : undefined;
  if (logits && producer.has(logits)) names.set(output, "probabilities").set(logits, "logits");
  else names.set(output, "logits");
  return names;
}
