/** @file The levels of a top-down net: what each is, the net with fine ones closed, and the net seen through one alone. */

import { expect } from "../error.ts";
import type { SourceNode, SourceValue } from "../graph/graph.ts";
import { levelName } from "../nets/pyramid.ts";
import { hasGradient } from "../ops/table.ts";
import { needed } from "../passes/needed.ts";
import { contentHash } from "../runtime/compile.ts";
import { fromNumbers, isFloat, type Tensor, zeros } from "../tensor/tensor.ts";
import { type Layer, layersOf } from "./layers.ts";
import type { Model } from "./model.ts";
import { modelAt, type SizeOptions, spatialAxes } from "./size.ts";

/** The picture at one size, as a layer of a top-down net. */
export interface Level {
  /** `level1`, the coarsest, … `levelN`, the picture as it is; an address. */
  readonly name: string;
  /** [N, C, H, W] in the net's own numbers. */
  readonly value: SourceValue;
  readonly size: readonly [height: number, width: number];
}

/**
 * The levels of a top-down net, coarse to fine; none for other nets. They are the layers `level1` … `levelN`, N ≥ 2, that
 * are made of the picture without any weights.
 *
 * Throws an `InputError` where the net does not take the size.
 */
export function levelsOf(model: Model, options: SizeOptions = {}): Level[] {
  const found = levelValues(model);
  if (found.length === 0) return [];
  const { values } = modelAt(model, { ...options, outputs: found });
  const [y, x] = spatialAxes(model);
  return found.map((value) => {
    const { shape } = values.get(value)!;
    return { name: value.name, value, size: [shape[y]!, shape[x]!] };
  });
}

/**
 * The net as it sees a picture when only levels 1 … `open` are open: finer ones get what level `open` holds, enlarged
 * linearly. All open, it is the net itself.
 *
 * Throws an `InputError` for a net without levels, or a level that it has not.
 */
export function openLevels(model: Model, open: number): Model {
  const { source } = model;
  const levels = expectLevel(model, open);
  const coarse = levels[open - 1]!;
  const constants = new Map(source.constants);
  const enlarging = levels.slice(open).map((fine, i): SourceNode => {
    const factor = 2 ** (i + 1);
    const scales: SourceValue = { name: `${fine.name}.scales`, dtype: "float32", shape: [4] };
    constants.set(scales, fromNumbers("float32", [1, 1, factor, factor]));
    return {
      op: "Resize",
      name: fine.name,
      inputs: [coarse, null, scales],
      outputs: [fine],
      attributes: { mode: "linear", coordinate_transformation_mode: "half_pixel" },
    };
  });
  return withLevels(model, [...needed(source, [coarse]), ...enlarging], constants, async () => `open ${open}`);
}

/**
 * The net as a function of one level alone: the picture reaches it through level `level`, all other levels hold another
 * picture, [1, C, H, W] in the net's own numbers; the mean colour (zeros) by default. So a gradient, a maximization or an
 * inversion acts on that level only.
 *
 * Throws an `InputError` for a net without levels, or a level that it has not.
 */
export function throughLevel(model: Model, level: number, held: Tensor = zeros("float32", [1, 1, 1, 1])): Model {
  const { source, input } = model;
  const levels = expectLevel(model, level);
  const seeing = levels[level - 1]!;
  const others = levels.filter((v) => v !== seeing);
  const picture: SourceValue = { name: "held", dtype: held.dtype, shape: held.dims };
  const shape: SourceValue = { name: "held.shape", dtype: "int64" };
  const batch: SourceValue = { name: "held.batch", dtype: held.dtype };
  const asMany: SourceNode[] = [
    { op: "Shape", name: shape.name, inputs: [input], outputs: [shape], attributes: {} },
    { op: "Expand", name: batch.name, inputs: [picture, shape], outputs: [batch], attributes: {} },
  ];
  // The way to each other level, a second time from the held picture on.
  const instead = new Map<SourceValue, SourceValue>([[input, batch], ...others.map((v) => [v, v] as const)]);
  const way = needed(source, levels);
  const copies = needed(source, others).flatMap((node): SourceNode[] => {
    if (!node.inputs.some((v) => v && instead.has(v))) return [];
    for (const v of node.outputs) if (v && !instead.has(v)) instead.set(v, { ...v, name: `${v.name}.held` });
    const now = (v: SourceValue | null): SourceValue | null => (v && instead.get(v)) ?? v;
    const outputs = node.outputs.map(now);
    return [
      {
        ...node,
        name: others.includes(outputs[0]!) ? node.name : `${node.name}.held`,
        inputs: node.inputs.map(now),
        outputs,
      },
    ];
  });
  const kept = way.filter((node) => !node.outputs.some((v) => v && others.includes(v)));
  const constants = new Map([...source.constants, [picture, held]]);
  const what = async () => `through ${level}, others ${held.dtype}[${held.dims}] ${await contentHash(held.bytes)}`;
  return withLevels(model, [...kept, ...asMany, ...copies], constants, what);
}

/**
 * The model with these nodes in front, in place of those that made the levels.
 *
 * @param what Tells the changed net from others; its hash is of the file's and this.
 */
function withLevels(
  model: Model,
  front: readonly SourceNode[],
  constants: Map<SourceValue, Tensor>,
  what: () => Promise<string>,
): Model {
  const { source } = model;
  const made = new Set(front.flatMap((node) => node.outputs));
  const rest = source.nodes.filter((node) => !node.outputs.some((v) => made.has(v)));
  const whole = { ...source, constants, nodes: [...front, ...rest] };
  const nodes: SourceNode[] = needed(whole, source.outputs);
  const next = { ...whole, nodes };
  const hash = async (): Promise<string> =>
    contentHash(new TextEncoder().encode(`${await model.hash()} ${await what()}`));
  return { ...model, source: next, layers: sameAddresses(model.layers, layersOf(next)), hash };
}

/** The layers of a changed net under the names that they have in the whole one; a new layer that has such a name is called as its value. */
function sameAddresses(whole: readonly Layer[], layers: readonly Layer[]): Layer[] {
  const known = new Map(whole.map((layer) => [layer.value, layer]));
  const taken = new Set(whole.map(({ address }) => address));
  const renamed = new Map<Layer, Layer>();
  for (const layer of layers) {
    const { address, aliases } = known.get(layer.value) ?? {
      address: taken.has(layer.address) ? layer.value.name : layer.address,
      aliases: [],
    };
    const preActivation = layer.preActivation && renamed.get(layer.preActivation);
    renamed.set(layer, { ...layer, address, aliases, preActivation });
  }
  return [...renamed.values()];
}

function expectLevel(model: Model, level: number): SourceValue[] {
  const levels = levelValues(model);
  expect(
    levels.length > 0,
    () => `${model.name} is no top-down net: it has no layers level1, level2 … that hold the picture at several sizes`,
  );
  expect(
    Number.isInteger(level) && level >= 1 && level <= levels.length,
    () => `expected a level from 1 (the coarsest) to ${levels.length}, got ${level}`,
  );
  return levels;
}

/** The values of the levels, coarse to fine. */
export function levelValues({ source, input }: Pick<Model, "source" | "input">): SourceValue[] {
  const made = new Map(source.nodes.flatMap((node) => node.outputs.map((v) => [v?.name, v] as const)));
  const found: SourceValue[] = [];
  for (let v = made.get(levelName(1)); v; v = made.get(levelName(found.length + 1))) found.push(v);
  const way = needed(source, found);
  const isWeight = (node: SourceNode): boolean =>
    node.inputs.some((v, i) => {
      const t = v && source.constants.get(v);
      return t && isFloat(t.dtype) && t.size > 1 && hasGradient(node.op, i);
    });
  const fromPicture = way.some((node) => node.inputs.includes(input));
  return found.length > 1 && fromPicture && !way.some(isWeight) ? found : [];
}
