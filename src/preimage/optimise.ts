/** @file Runs a recipe: one graph a step, state in and state out, streamed step by step. */

import { type GradientOptions, gradient } from "../autodiff/gradient.ts";
import { expect, InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import { emptyGraph, type Graph, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { initialState } from "../optimise/optimiser.ts";
import { type CompileOptions, compile, type Program } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { fromNumbers, type Tensor, tensor } from "../tensor/tensor.ts";
import type { Objective, Recipe } from "./axes.ts";
import type { Picture, Progress, StartEnd } from "./technique.ts";

export interface RunOptions extends CompileOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly imageEvery?: number;
  /** Side of the finished picture, cut from the middle of what was optimised. */
  readonly window: readonly [number, number];
  /** Measured on the plain picture at the start and at the end; the recipe's objective by default. */
  readonly measure?: Objective;
}

/** A finished picture, before it is said which preset and seed made it. */
export type Run = Omit<Picture, "preset" | "seed">;

/**
 * Optimises until the recipe's steps are done or the signal aborts, yielding after every step. The random numbers of a
 * step depend on the seed and the step's number alone.
 *
 * Throws `InputError` for steps that are no whole number, and when the energy stops being a number.
 *
 * While the objective is exactly zero, as behind a rectifier that is off everywhere, steps let gradients pass rectifiers
 * unchanged: the picture would otherwise stay as it is for ever.
 */
export async function* optimise(recipe: Recipe, options: RunOptions): AsyncGenerator<Progress, Run> {
  const { steps } = recipe;
  expect(Number.isSafeInteger(steps) && steps >= 0, () => `steps: expected a whole number from 0 up, got ${steps}`);
  const programs: Program[] = [];
  const compiled = async (graph: Graph): Promise<Program> => {
    const program = await compile(graph, options);
    programs.push(program);
    return program;
  };
  try {
    const look = await compiled(lookGraph(recipe, options.window, options.measure ?? recipe.objective));
    const step = await compiled(stepGraph(recipe));
    let through: Program | undefined;
    return yield* loop(recipe, options, look, async (silent) => {
      if (!silent) return step;
      through ??= await compiled(stepGraph(recipe, passRectifiers));
      return through;
    });
  } finally {
    for (const program of programs) await program.dispose();
  }
}

/** Rectifiers' inputs get the cotangent as it is. */
const passRectifiers: Exclude<GradientOptions["rules"], undefined> = ({ op }) =>
  op === "Relu" ? { X: ({ dy }) => dy } : op === "Clip" ? { input: ({ dy }) => dy } : undefined;

const startOf = ({ parametrisation }: Recipe, seed: number): Tensor => parametrisation.init(rng(seed).fork("start"));

async function* loop(
  recipe: Recipe,
  options: RunOptions,
  look: Program,
  programFor: (silent: boolean) => Promise<Program>,
): AsyncGenerator<Progress, Run> {
  const { parametrisation, optimiser, steps } = recipe;
  const transforms = rng(options.seed).fork("transforms");
  let theta = startOf(recipe, options.seed);
  let state: Record<string, Tensor> = initialState(optimiser, parametrisation.shape);
  const before = await seen(look, theta);
  let objective: StartEnd | undefined;
  let done = 0;
  let silent = before.activation === 0;
  let silentSteps = 0;
  const began = performance.now();
  while (done < steps && !options.signal?.aborted) {
    const inputs = { theta, ...prefixed("state", state), ...stepInputs(recipe, done, transforms) };
    if (silent) silentSteps++;
    const out = await (await programFor(silent)).run(inputs);
    const [now, loss] = [mean(out.objective!), mean(out.loss!)];
    if (!Number.isFinite(loss))
      throw new InputError(
        `the energy is ${loss} at step ${done + 1}: the net overflows on what it is shown; check its preprocessing, or take another seed or preset`,
      );
    theta = out["next.theta"]!;
    state = named(optimiser.state, (name) => out[`next.${name}`]!);
    objective = { start: objective?.start ?? now, end: now };
    silent = now === 0;
    done++;
    const picture = options.imageEvery && done % options.imageEvery === 0 && (await seen(look, theta)).image;
    yield { step: done, steps, loss, objective: now, ...(picture && { image: picture }) };
  }
  const ms = performance.now() - began;
  const after = await seen(look, theta);
  return {
    image: after.image,
    objective: objective ?? { start: Number.NaN, end: Number.NaN },
    activation: { start: before.activation, end: after.activation },
    steps: done,
    ms,
    device: look.device,
    provider: look.provider,
    notes: silentSteps ? [silence(silentSteps, after.activation === 0)] : [],
  };
}

const silence = (steps: number, still: boolean): string =>
  `the objective was exactly zero, which has no gradient; for ${steps === 1 ? "one step" : `${steps} steps`} gradients were let through the rectifiers${still ? ", and it still is" : ""}`;

/** Scalars of the schedule and random draws of a step. */
function stepInputs({ optimiser, transforms, still }: Recipe, step: number, random: Rng): Record<string, Tensor> {
  const scalars = Object.entries(optimiser.scalars(step)).map(([name, x]) => [name, fromNumbers("float32", [x], [])]);
  const draws = transforms.map((t, i) => {
    const drawn = still?.(step) ? t.neutral() : t.draw(random.fork(`${step}.${i}`));
    return prefixed(`draw.${i}`, drawn);
  });
  return Object.assign({}, prefixed("scalar", Object.fromEntries(scalars)), ...draws);
}

const prefixed = <T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, x]) => [`${prefix}.${name}`, x]));

/** decode → transforms → net → objective → loss → gradient → update, all in one graph. */
export function stepGraph(recipe: Recipe, rules?: GradientOptions["rules"]): Graph {
  const { parametrisation, optimiser } = recipe;
  const g = builderOf(emptyGraph("step"));
  const theta = g.input("theta", "float32", parametrisation.shape);
  const state = named(optimiser.state, (name) => g.input(`state.${name}`, "float32", parametrisation.shape));
  const scalars = named(Object.keys(optimiser.scalars(0)), (name) => g.input(`scalar.${name}`, "float32", []));
  const image = parametrisation.decode(g, theta);
  const shown = recipe.transforms.reduce((v, t, i) => {
    const drawn = named(Object.keys(t.draws), (name) => g.input(`draw.${i}.${name}`, "float32", t.draws[name]!));
    return t.apply(g, v, drawn);
  }, image);
  const objective = recipe.objective(g, recipe.net.emit(g, shown, recipe.layers));
  const penalty = recipe.regularisers.map((r) => r(g, image));
  const loss = penalty.reduce((sum, r) => g.add(sum, r), g.neg(g.sum(objective, undefined, false)));
  const [slope] = gradient(g, loss, [theta], rules ? { rules } : {});
  const next = optimiser.update(g, theta, slope!, state, scalars);
  g.output(recipe.project ? recipe.project(g, next.parameter) : next.parameter, "next.theta");
  for (const name of optimiser.state) g.output(next.state[name]!, `next.${name}`);
  g.output(loss, "loss");
  g.output(objective, "objective");
  return g.graph;
}

/** The finished picture, its window in 0…1, and the measure on it as the net sees it without transforms. */
function lookGraph(recipe: Recipe, window: readonly [number, number], measure: Objective): Graph {
  const g = builderOf(emptyGraph("look"));
  const theta = g.input("theta", "float32", recipe.parametrisation.shape);
  const image = g.op("Clip", [middle(g, recipe.parametrisation.decode(g, theta), window), 0, 1]);
  g.output(image, "image");
  g.output(measure(g, recipe.net.emit(g, image, recipe.layers)), "activation");
  return g.graph;
}

/** A window out of the middle of pictures [N,C,H,W]. */
function middle(g: Builder, image: Value, [height, width]: readonly [number, number]): Value {
  const [, , h, w] = image.shape as [number, number, number, number];
  if (h === height && w === width) return image;
  const [top, left] = [Math.floor((h - height) / 2), Math.floor((w - width) / 2)];
  return g.slice(image, [2, 3], [top, left], [top + height, left + width]);
}

async function seen(look: Program, theta: Tensor): Promise<{ image: Image; activation: number }> {
  const { image, activation } = await look.run({ theta });
  const [, ...dims] = image!.dims;
  const data = (image as Image).data.slice(
    0,
    dims.reduce((n, d) => n * d, 1),
  );
  return { image: tensor("float32", dims, data), activation: mean(activation!) };
}

const named = <T>(names: readonly string[], of: (name: string) => T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, of(name)]));

const mean = (t: Tensor): number => {
  const data = (t as Tensor<"float32">).data;
  return data.reduce((s, x) => s + x, 0) / data.length;
};
