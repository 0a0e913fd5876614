/** @file A unit's activation as a value of the graph, and its gradient for the net's raw input. */

import { gradient } from "../autodiff/gradient.ts";
import { expect, InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import { typeText, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { specialise } from "../passes/specialise.ts";
import type { DeviceName } from "../runtime/backend.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import { cast, isFloat, type Shape, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { type Address, addressText, parseAddress } from "./address.ts";
import { channelAxes } from "./channels.ts";
import type { Model } from "./model.ts";
import { remarks } from "./remarks.ts";
import { expectFits } from "./size.ts";
import { expectGoodWeights } from "./weights.ts";

/** A unit in a net whose shapes are known: one index for each axis that is picked from. */
export interface Unit {
  readonly address: Address;
  /** Axis → index. */
  readonly indices: ReadonlyMap<number, number>;
  /** Axes of which a part is left, from its first index to the end: a channel of tokens leaves the class token out. */
  readonly from?: ReadonlyMap<number, number>;
}

/** The input's own channel axis. */
export const inputAxis = (model: Model): number => (model.preprocessing.layout === "NHWC" ? 3 : 1);

/** Channel axis of the layer `value` in a graph that the net was added to at `input`. */
export function channelAxisOf(g: Builder, input: Value, axis: number, value: Value): number | undefined {
  return channelAxes(g.graph, [[input, axis]]).get(value);
}

/**
 * Checks an address against the layer's shape.
 *
 * Throws an `InputError` that says the range where the channel or position is outside, or the layer has none.
 *
 * @param axis Channel axis of `value`, from `channelAxes`.
 */
export function placeUnit(address: Address, value: Value, axis: number | undefined): Unit {
  const indices = new Map<number, number>();
  const from = new Map<number, number>();
  const { shape } = value;
  const name = address.layer.address;
  const { channel, position } = address;
  const places = shape.flatMap((d, i) => (i !== axis && !(i === 0 && d === 1) ? [i] : []));
  const extents = places.map((i) => shape[i]!);
  // Tokens stand in sequences: [N, T, C].
  const grid = extents.length === 1 && shape.length === 3 ? tokenGrid(extents[0]!) : undefined;
  if (channel !== undefined) {
    if (axis === undefined)
      throw new InputError(`${name} is ${typeText(value)}, a single number without channels: leave ":${channel}" out`);
    indices.set(axis, inRange(channel, shape[axis]!, `${name} has no channel ${channel}`));
  }
  if (position === "cls") {
    if (!grid || grid.before === 0)
      throw new InputError(`${name} is ${typeText(value)} and has no class token: leave "@cls" out, or write @y,x`);
    indices.set(places[0]!, 0);
  } else if (position) {
    const where = onAxes(position, extents);
    if (!where)
      throw new InputError(
        places.length === 0
          ? `${name} is ${typeText(value)} and has no positions: leave "@${position.join(",")}" out`
          : `${name} is ${typeText(value)}: "@${position.join(",")}" does not fit, expected ${places.length === 1 ? "one number" : `${places.length} numbers`}`,
      );
    where.forEach((at, k) => {
      indices.set(places[k]!, inRange(at, shape[places[k]!]!, `${name} has no position ${position.join(",")}`));
    });
  } else if (grid && grid.before > 0 && channel !== undefined) from.set(places[0]!, grid.before);
  return { address, indices, ...(from.size > 0 && { from }) };
}

function inRange(index: number, extent: number, what: string): number {
  expect(index >= 0 && index < extent, () => `${what}: expected 0 to ${extent - 1}`);
  return index;
}

/** A position on the axes it is for; [y, x] on the grid of a sequence of tokens becomes one number. */
function onAxes(position: readonly number[], extents: readonly number[]): readonly number[] | undefined {
  if (position.length === extents.length) return position;
  const [tokens] = extents;
  const [y, x] = position;
  const grid = tokens === undefined || extents.length !== 1 ? undefined : tokenGrid(tokens);
  if (!grid || y === undefined || x === undefined || position.length !== 2) return undefined;
  const { before, side } = grid;
  expect(
    y >= 0 && x >= 0 && y < side && x < side,
    () => `there is no position ${y},${x}: expected 0 to ${side - 1} in both directions`,
  );
  return [before + y * side + x];
}

/** Tokens that may stand in front of a picture's: a class token, one more that distils, or four registers behind it. */
const LEADING = [0, 1, 2, 5];

/**
 * The square that tokens stand for: s² of them, or s² + 1 with the class token first; + 2 as in DeiT, + 5 as in nets with
 * registers (Darcet et al. 2024). Of several readings, the one with the fewest in front.
 */
export function tokenGrid(tokens: number): { readonly before: number; readonly side: number } | undefined {
  const before = LEADING.find((n) => tokens > n && Number.isInteger(Math.sqrt(tokens - n)));
  return before === undefined ? undefined : { before, side: Math.sqrt(tokens - before) };
}

/** What the unit is of its layer's value: the same number of axes, those that are picked from cut to 1 or to what is left. */
export function unitSlice(g: Builder, value: Value, { indices, from = new Map() }: Unit): Value {
  const axes = [...indices.keys(), ...from.keys()];
  if (axes.length === 0) return value;
  const starts = [...indices.values(), ...from.values()];
  const ends = [
    ...Array.from(indices.values(), (i) => i + 1),
    ...Array.from(from.keys(), (axis) => value.shape[axis]!),
  ];
  return g.slice(value, axes, starts, ends);
}

/** What is left of a layer's shape. */
export const unitShape = (shape: Shape, { indices, from = new Map() }: Unit): number[] =>
  shape.map((d, axis) => (indices.has(axis) ? 1 : d - (from.get(axis) ?? 0)));

/** The unit's activation as a scalar: the sum over all that its address leaves open, and over the batch. */
const unitActivation = (g: Builder, value: Value, unit: Unit): Value =>
  g.sum(unitSlice(g, value, unit), undefined, false);

/**
 * The unit's activations for the net's raw input: its layer's value, cut to 1 along the axes that the address picks from.
 *
 * Throws an `InputError` as `inputGradient` does.
 */
export async function activation(
  model: Model,
  address: string,
  input: Tensor,
  options: CompileOptions = {},
): Promise<Tensor> {
  expectOneInput(model);
  expectFits(model, input.dims);
  const { g, input: x, slice } = unitGraph(model, parseAddress(model, address), input.dims);
  g.output(slice, "fovea_activation");
  const program = await compile(g.graph, options);
  try {
    return (await program.run({ [x.name]: cast(input, x.dtype) })).fovea_activation!;
  } finally {
    await program.dispose();
  }
}

export interface InputGradient {
  /** float32, of the input's shape. */
  readonly gradient: Tensor<"float32">;
  /** The unit's activation. */
  readonly value: number;
  /** The address with the layer's own name. */
  readonly address: string;
  readonly device: DeviceName;
  /** What must be known of this gradient, such as that rounding was taken for the identity. */
  readonly notes: readonly string[];
}

/** The part of the net up to a unit: the activations that its address picks, and their sum. */
export function unitGraph(
  model: Model,
  address: Address,
  shape: readonly number[],
  float?: "float32" | "float64",
): { readonly g: Builder; readonly input: Value; readonly slice: Value; readonly value: Value } {
  const { graph, values } = specialise(model.source, {
    shapes: { [model.input.name]: shape },
    outputs: [address.layer.value],
    ...(float && { float }),
  });
  expectGoodWeights(graph.constants);
  const input = values.get(model.input)!;
  const layer = values.get(address.layer.value)!;
  const g = builderOf({ ...graph, outputs: [] });
  const unit = placeUnit(address, layer, channelAxisOf(g, input, inputAxis(model), layer));
  if (!isFloat(layer.dtype) || !isFloat(input.dtype))
    throw new InputError(
      `${address.layer.address} is ${typeText(layer)} and the input ${typeText(input)}: gradients need floating-point numbers`,
    );
  return { g, input, slice: unitSlice(g, layer, unit), value: unitActivation(g, layer, unit) };
}

/**
 * Gradient of a unit's activation for the net's raw input; nothing is normalised. Only the part of the net that leads to
 * the unit is run.
 *
 * Throws an `InputError` for an unknown address, an input that does not fit the net, or weights that are NaN.
 */
export async function inputGradient(
  model: Model,
  address: string,
  input: Tensor,
  options: CompileOptions = {},
): Promise<InputGradient> {
  expectOneInput(model);
  expectFits(model, input.dims);
  const parsed = parseAddress(model, address);
  const { g, input: x, value } = unitGraph(model, parsed, input.dims);
  const [dx] = gradient(g, value, [x]);
  g.output(value, "fovea_value");
  g.output(dx!, "fovea_gradient");
  const program = await compile(g.graph, options);
  try {
    const out = await program.run({ [x.name]: cast(input, x.dtype) });
    return {
      gradient: cast(out.fovea_gradient!, "float32"),
      value: toNumbers(out.fovea_value!)[0]!,
      address: addressText(parsed),
      device: program.device,
      notes: remarks(model.source, [parsed.layer.value]),
    };
  } finally {
    await program.dispose();
  }
}

/** Throws an `InputError` for a net that needs more than a picture. */
export function expectOneInput(model: Model): void {
  expect(
    model.source.inputs.length === 1,
    () =>
      `the model has ${model.source.inputs.length} inputs (${model.source.inputs.map((v) => v.name).join(", ")}): expected one, the picture`,
  );
}
