/** @file A readable path for each layer, from what its file calls its nodes, values or weights. */

import type { SourceGraph, SourceNode, SourceValue } from "../graph/graph.ts";

/** Modules from the outside in, then the operator: `layer1 0 conv1 conv`. */
export type LayerPath = readonly string[];

const shortNames: Readonly<Record<string, string>> = {
  BatchNormalization: "bn",
  LayerNormalization: "layernorm",
  GroupNormalization: "groupnorm",
  InstanceNormalization: "instancenorm",
  ConvTranspose: "deconv",
  Gemm: "fc",
  AveragePool: "avgpool",
  GlobalAveragePool: "globalpool",
  GlobalMaxPool: "globalpool",
};

const shortName = (op: string): string => shortNames[op] ?? op.slice(op.lastIndexOf(".") + 1).toLowerCase();

/** These join their inputs' module when the file does not say where they belong. */
const joining: readonly string[] =
  "BatchNormalization Relu Clip LeakyRelu PRelu Sigmoid HardSigmoid HardSwish Tanh Elu Selu Gelu Mish Softplus Add Mul".split(
    " ",
  );

/** Of those, the ones that bring branches together and so belong to none of the layers before them. */
const sums: readonly string[] = ["Add", "Mul"];

/**
 * One path for each node, all different. A path is taken from, in this order: names with scopes (`/layer1/layer1.0/conv1/Conv`),
 * names of the weights that only this node reads (`layer1.0.conv1.weight`), plain names with a small running number
 * (`squeezenet0_conv0_fwd`). A node without a name between two with scopes has what the scopes share. Numbers that jump (`Conv_107`) mean nothing to a reader: such layers join the module of their
 * input where that has one, and are counted by operator otherwise.
 */
export function layerPaths(source: SourceGraph, nodes: readonly SourceNode[]): Map<SourceNode, LayerPath> {
  const named = new Map<SourceNode, LayerPath>();
  const weights = withoutCommon(withoutJumps(collect(nodes, weightPath(source, nodes))));
  const raw = withoutCommon(withoutJumps(collect(nodes, plainPath)));
  const scoped = withoutCommon(collect(nodes, scopedPath));
  for (const node of nodes) {
    const path = scoped.get(node) ?? weights.get(node) ?? raw.get(node);
    if (path) named.set(node, path);
  }

  const paths = new Map<SourceNode, LayerPath>();
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  const producer = new Map<SourceValue, SourceNode>();
  const users = new Map<SourceValue, SourceNode[]>();
  for (const node of nodes) for (const v of node.inputs) if (v) users.set(v, [...(users.get(v) ?? []), node]);
  const rank = new Map(nodes.map((node, i) => [node, i]));
  for (const node of nodes) {
    const shared = named.has(node) ? undefined : between(node, producer, users, scoped);
    if (shared) scoped.set(node, shared);
    const own = named.get(node) ??
      shared ??
      joined(node, producer, rank, paths, named) ?? [counted(node, counts, taken)];
    let path = own;
    for (let n = 1; taken.has(path.join(".")); n++) path = own.with(-1, `${own.at(-1)}_${n}`);
    taken.add(path.join("."));
    paths.set(node, path);
    for (const v of node.outputs) if (v) producer.set(v, node);
  }
  return paths;
}

function collect(
  nodes: readonly SourceNode[],
  pathOf: (node: SourceNode) => LayerPath | undefined,
): Map<SourceNode, LayerPath> {
  return new Map(
    nodes.flatMap((node) => {
      const path = pathOf(node);
      return path ? [[node, path] as const] : [];
    }),
  );
}

const isMeaningless = (name: string): boolean => name === "" || /^\d+$|::|Constant/.test(name);

/**
 * `/layer1/layer1.0/conv1/Conv_output_0` → `layer1 0 conv1 conv`; `net/block1_conv1/Conv2D:0` → `net block1_conv1 conv2d`.
 * TFLite lists all that it fused, the first call last; a node that a converter put in (`Conv2D__95`) is called by its operator.
 */
function scopedPath(node: SourceNode): LayerPath | undefined {
  if (node.modules) return [...segments(node.modules), shortName(node.op)];
  const name = [node.name, node.outputs[0]?.name ?? ""].find((n) => n.includes("/") && !isMeaningless(n));
  if (name === undefined) return undefined;
  const parts = name
    .slice(name.lastIndexOf(";") + 1)
    .replace(/:\d+$/, "")
    .replace(/_output_\d+$/, "")
    .split("/")
    .filter((part) => part !== "" && !/^(Stateful)?PartitionedCall/.test(part));
  const last = parts.pop();
  if (last === undefined) return undefined;
  return [...segments(parts), /__\d+$/.test(last) ? shortName(node.op) : last.toLowerCase()];
}

/** Modules as nested names: `layer1`, `layer1.0`, `conv1` → `layer1 0 conv1`. */
const segments = (modules: readonly string[]): string[] =>
  modules.filter((part, i) => !modules[i + 1]?.startsWith(`${part}.`)).flatMap((part) => part.split("."));

const parameter =
  /[._/](weights?|bias|biases|kernel|filter|gamma|beta|scale|w|b|(running|moving)_(mean|var|variance)|mean|var)(:0)?$/i;

/** `layer1.0.conv1.weight` → `layer1 0 conv1 conv`, `net0_conv0_weight` → `net0_conv0 conv`, a Pad's `block1.amount` → `block1 pad pad`. */
function weightPath(source: SourceGraph, nodes: readonly SourceNode[]): (node: SourceNode) => LayerPath | undefined {
  const readers = new Map<SourceValue, number>();
  for (const node of nodes)
    for (const v of node.inputs) if (v && source.constants.has(v)) readers.set(v, (readers.get(v) ?? 0) + 1);
  return (node) => {
    for (const v of node.inputs) {
      if (!v || readers.get(v) !== 1 || isMeaningless(v.name)) continue;
      const module = v.name.replace(parameter, "").replace(/^\//, "");
      if (module !== v.name && !module.includes(".")) return [...module.split("/"), shortName(node.op)];
      const op = shortName(node.op);
      if (module !== v.name) return [...module.split("."), op];
      if (module.includes(".")) return [...module.split(".").with(-1, op), op];
    }
    return undefined;
  };
}

/** `squeezenet0_relu5_fwd` → `squeezenet0_relu5`, dots as in module names. */
function plainPath(node: SourceNode): LayerPath | undefined {
  const name = [node.name, node.outputs[0]?.name ?? ""].find((n) => !n.includes("/") && !isMeaningless(n));
  return name
    ?.replace(/:\d+$/, "")
    .replace(/_(fwd|output(_\d+)?)$/, "")
    .split(".");
}

/**
 * Leaves out families such as Conv_1, Conv_4, Conv_7, whose numbers run far beyond their count, and all families if no two
 * share a number: they then count the nodes of the file.
 */
function withoutJumps(paths: Map<SourceNode, LayerPath>): Map<SourceNode, LayerPath> {
  const families = new Map<string, Set<number>>();
  const family = (path: LayerPath): readonly [string, number] | undefined => {
    const name = isSingle(path) ? path[0]! : undefined;
    const [, base, digits] = name?.match(/^(.*?)_?(\d+)$/) ?? [];
    return base === undefined ? undefined : [base, Number(digits)];
  };
  for (const path of paths.values()) {
    const [base, number] = family(path) ?? [];
    if (base === undefined || number === undefined) continue;
    const numbers = families.get(base) ?? new Set();
    families.set(base, numbers.add(number));
  }
  const all = [...families.values()].flatMap((numbers) => [...numbers]);
  const countNodes = families.size > 1 && all.length > families.size && new Set(all).size === all.length;
  const largest = (numbers: ReadonlySet<number>): number => [...numbers].reduce((a, b) => Math.max(a, b), 0);
  const jumping = new Set([...families].flatMap(([base, n]) => (countNodes || largest(n) - n.size > 2 ? [base] : [])));
  return new Map([...paths].filter(([, path]) => !jumping.has(family(path)?.[0] ?? "")));
}

/** No scopes: a name alone, or a name and its operator. */
const isSingle = (path: LayerPath): boolean => path.length <= 2;

/** Drops what all names begin with: outer modules, or `resnetv15_` of plain names. */
function withoutCommon(paths: Map<SourceNode, LayerPath>): Map<SourceNode, LayerPath> {
  let all = [...paths.values()];
  if (all.length < 2) return paths;
  while (all.every((path) => path.length > 2 && path[0] === all[0]![0])) all = all.map((path) => path.slice(1));
  const prefix = all[0]![0]!.match(/^[^_]+_/)?.[0];
  if (prefix && all.every((path) => path[0]!.startsWith(prefix) && path[0]!.length > prefix.length))
    all = all.map((path) => [path[0]!.slice(prefix.length), ...path.slice(1)]);
  return new Map([...paths.keys()].map((node, i) => [node, all[i]!]));
}

/**
 * The innermost module that holds both what a node reads and what reads it, over nodes that are as nameless: exporters lose
 * the names of nodes they fuse.
 */
function between(
  node: SourceNode,
  producer: ReadonlyMap<SourceValue, SourceNode>,
  users: ReadonlyMap<SourceValue, readonly SourceNode[]>,
  placed: ReadonlyMap<SourceNode, LayerPath>,
): LayerPath | undefined {
  const before = node.inputs.map((v) => v && placed.get(producer.get(v)!)).filter((path) => path != null);
  if (before.length === 0) return undefined;
  const after = new Set<LayerPath>();
  const seen = new Set<SourceNode>();
  const waiting = [node];
  for (let n = waiting.pop(); n; n = waiting.pop()) {
    for (const user of n.outputs.flatMap((v) => (v && users.get(v)) ?? [])) {
      const path = placed.get(user);
      if (path) after.add(path);
      else if (!seen.has(user)) waiting.push(user);
      seen.add(user);
    }
  }
  if (after.size === 0) return undefined;
  const module = before[0]!.slice(0, -1);
  const apart = module.findIndex((part, i) =>
    [...before, ...after].some((path) => i + 1 >= path.length || path[i] !== part),
  );
  const shared = apart < 0 ? module : module.slice(0, apart);
  return shared.length > 0 ? [...shared, shortName(node.op)] : undefined;
}

/** The module of the latest of a node's inputs, with the number of the layer before it: `bn1` → `relu1`. */
function joined(
  node: SourceNode,
  producer: ReadonlyMap<SourceValue, SourceNode>,
  rank: ReadonlyMap<SourceNode, number>,
  paths: ReadonlyMap<SourceNode, LayerPath>,
  named: ReadonlyMap<SourceNode, LayerPath>,
): LayerPath | undefined {
  if (!joining.includes(node.op)) return undefined;
  const inputs = node.inputs.flatMap((v) => (v && producer.get(v)) ?? []);
  const before = inputs.reduce<SourceNode | undefined>((a, b) => (a && rank.get(a)! > rank.get(b)! ? a : b), undefined);
  const path = before && paths.get(before);
  if (!path) return undefined;
  const module = named.has(before) ? path.slice(0, -2) : path.slice(0, -1);
  const number = !sums.includes(node.op) && named.has(before) ? path.at(-2)?.match(/[a-z]_?(\d+)$/i)?.[1] : undefined;
  if (module.length === 0 && number === undefined) return undefined;
  return [...module, `${shortName(node.op)}${number ?? ""}`];
}

function counted(node: SourceNode, counts: Map<string, number>, taken: ReadonlySet<string>): string {
  const base = shortName(node.op);
  let n = counts.get(base) ?? 0;
  do n++;
  while (taken.has(`${base}${n}`));
  counts.set(base, n);
  return `${base}${n}`;
}
