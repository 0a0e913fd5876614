/** @file Checks a whole net's gradient against central differences along a few directions. */

import { gradient } from "../autodiff/gradient.ts";
import { InputError } from "../error.ts";
import type { Graph } from "../graph/graph.ts";
import { needed } from "../passes/needed.ts";
import { type CompileOptions, compile, type Program } from "../runtime/compile.ts";
import { makeImage } from "../tensor/image.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { cast, fromNumbers, sizeOf, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { type Address, addressText, parseAddress } from "./address.ts";
import { withDoubleKernels } from "./doubles.ts";
import type { Model } from "./model.ts";
import { prepare } from "./preprocessing.ts";
import { inputShape, modelAt, type SizeOptions, spatialAxes } from "./size.ts";
import { expectOneInput, unitGraph } from "./unit.ts";

export interface GradcheckOptions extends SizeOptions, CompileOptions {
  /** Default 4. */
  readonly directions?: number;
  /** For the picture and the directions; default 1. */
  readonly seed?: number;
}

export interface DirectionCheck {
  /** ⟨gradient, direction⟩. */
  readonly analytic: number;
  /** (f(x + h d) − f(x − h d)) / 2h at the best of the steps. */
  readonly numeric: number;
  /** |analytic − numeric| / max(|analytic|, |numeric|). */
  readonly relativeError: number;
  /** h, for a direction of length 1. */
  readonly step: number;
}

export interface Gradcheck {
  readonly address: string;
  readonly directions: readonly DirectionCheck[];
  readonly passed: boolean;
  /** Of the differences; the gradient itself is the float32 one that pictures are made with. */
  readonly precision: "float64" | "float32";
  /** Largest relative error that passes. */
  readonly tolerance: number;
  /** The first layer on the way whose gradient is already wrong, if the check failed. */
  readonly firstDisagreement?: string | undefined;
}

/**
 * Steps relative to the length of the input, and the relative error that passes. A Relu or maximum that flips between
 * float32 and float64 moves a large net's gradient by some 1e-3; differences in float32 lose as much to rounding.
 */
const settings = {
  float64: { steps: [1e-6, 1e-5, 1e-4, 1e-7], tolerance: 2e-3 },
  float32: { steps: [1e-2, 3e-2, 3e-3, 1e-3], tolerance: 3e-2 },
};

/**
 * Compares the gradient of a unit for the net's input with central differences, at a random picture. Each direction
 * is half the gradient itself and half random noise, so that the derivative along it is large and a wrong length as well as
 * a wrong direction shows. The best of several steps counts, since kinks spoil large and rounding small ones.
 * Differences are taken on the CPU, whatever device the gradient is computed on.
 *
 * Differences are taken in float64 where ONNX Runtime has kernels for all operators, else in float32.
 */
export async function gradcheck(model: Model, address: string, options: GradcheckOptions = {}): Promise<Gradcheck> {
  expectOneInput(model);
  const parsed = parseAddress(model, address);
  modelAt(model, { size: options.size, batch: options.batch, outputs: [parsed.layer.value] });
  const x = randomInput(model, options);
  const result = await check(model, parsed, x, options);
  if (result.passed) return result;
  return { ...result, firstDisagreement: await firstDisagreement(model, parsed, x, options) };
}

async function check(model: Model, address: Address, x: Tensor, options: GradcheckOptions): Promise<Gradcheck> {
  const slope = await gradientAt(model, address, x, options);
  const f = await differences(model, address, x);
  const random = rng(options.seed ?? 1).fork("directions");
  const at = toNumbers(x);
  const length = norm(at) || 1;
  const { steps, tolerance } = settings[f.precision];
  const directions: DirectionCheck[] = [];
  try {
    for (let k = 0; k < (options.directions ?? 4); k++) {
      const direction = unit(mixed(slope, random));
      const analytic = dot(slope, direction);
      const tries: DirectionCheck[] = [];
      for (const relative of steps) {
        const step = relative * length;
        const moved = (h: number): number[] => at.map((v, i) => v + h * direction[i]!);
        const numeric = ((await f.at(moved(step))) - (await f.at(moved(-step)))) / (2 * step);
        const size = Math.max(Math.abs(analytic), Math.abs(numeric));
        const relativeError = size === 0 ? 0 : Math.abs(analytic - numeric) / size;
        tries.push({ analytic, numeric, step, relativeError });
        if (relativeError < tolerance / 20) break;
      }
      directions.push(tries.reduce((a, b) => (b.relativeError < a.relativeError ? b : a)));
    }
  } finally {
    await f.dispose();
  }
  const passed = directions.every((d) => d.relativeError <= tolerance);
  return { address: addressText(address), directions, passed, precision: f.precision, tolerance };
}

/** In the units of the net's input. Without it, neighbours in flat places and beyond the picture's border tie in a maximum. */
const GRAIN = 0.05;

/** A smooth random picture with some grain as the net wants it; plain noise for inputs that are no pictures. */
function randomInput(model: Model, options: GradcheckOptions): Tensor {
  const shape = inputShape(model, options);
  const random = rng(options.seed ?? 1).fork("input");
  if (shape.length !== 4)
    return fromNumbers(
      "float32",
      Array.from({ length: sizeOf(shape) }, () => random.normal()),
      shape,
    );
  const [y, x] = spatialAxes(model).map((axis) => shape[axis]!) as [number, number];
  const pictures = Array.from({ length: shape[0]! }, () => {
    const coarse = makeImage(3, Math.max(1, Math.ceil(y / 8)), Math.max(1, Math.ceil(x / 8)), () => random.uniform());
    return toNumbers(prepare(coarse, model.preprocessing, [y, x])).map((v) => v + GRAIN * random.normal());
  });
  return fromNumbers("float32", pictures.flat(), shape);
}

async function gradientAt(model: Model, address: Address, x: Tensor, options: CompileOptions): Promise<number[]> {
  const { g, input, value } = unitGraph(model, address, x.dims);
  g.output(gradient(g, value, [input])[0]!, "fovea_gradient");
  const program = await compile(g.graph, options);
  try {
    return toNumbers((await program.run({ [input.name]: cast(x, input.dtype) })).fovea_gradient!);
  } finally {
    await program.dispose();
  }
}

interface Differences {
  readonly precision: "float64" | "float32";
  at(x: readonly number[]): Promise<number>;
  dispose(): Promise<void>;
}

/** The unit's activation as a function of the input, as precisely as it can be had. */
async function differences(model: Model, address: Address, x: Tensor): Promise<Differences> {
  const forward = (precision: "float64" | "float32"): { graph: Graph; input: string } => {
    const { g, input, value } = unitGraph(model, address, x.dims, precision);
    g.output(value, "fovea_value");
    const graph = { ...g.graph, nodes: needed(g.graph, g.graph.outputs) };
    return { graph: precision === "float64" ? withDoubleKernels(graph) : graph, input: input.name };
  };
  const open = async (precision: "float64" | "float32"): Promise<Differences> => {
    const { graph, input } = forward(precision);
    const program: Program = await compile(graph, { device: "cpu" });
    return {
      precision,
      at: async (values) =>
        toNumbers((await program.run({ [input]: fromNumbers(precision, values, x.dims) })).fovea_value!)[0]!,
      dispose: () => program.dispose(),
    };
  };
  try {
    return await open("float64");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return open("float32");
  }
}

/** Halves the way to the unit until the first layer with a wrong gradient is found, taking all before it to be right. */
async function firstDisagreement(
  model: Model,
  address: Address,
  x: Tensor,
  options: GradcheckOptions,
): Promise<string> {
  const nodes = new Set(needed(model.source, [address.layer.value]));
  const layers = model.layers.filter((l) => nodes.has(l.node) && l.value === l.node.outputs[0]);
  let low = 0;
  let high = layers.length - 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { passed } = await check(model, { layer: layers[middle]! }, x, { ...options, directions: 1 });
    if (passed) low = middle + 1;
    else high = middle;
  }
  return layers[low]!.address;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const norm = (a: readonly number[]): number => Math.sqrt(dot(a, a));

function unit(a: readonly number[]): number[] {
  const length = norm(a) || 1;
  return a.map((x) => x / length);
}

function mixed(slope: readonly number[], random: Rng): number[] {
  const noise = unit(slope.map(() => random.normal()));
  return unit(slope).map((x, i) => x + noise[i]!);
}
