/** @file The graphs of a run: one step, from θ to the next θ, and a look at the pictures as they are, or as transforms show them. */

import { type GradientOptions, gradient } from "../autodiff/gradient.ts";
import type { Builder } from "../graph/builder.ts";
import { emptyGraph, type Graph, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import type { Shape } from "../tensor/tensor.ts";
import type { Anchor, Objective, Recipe, Transform } from "./axes.ts";
import { leaky } from "./leak.ts";
import { PULLS, readBy } from "./run-state.ts";

export interface StepGraphOptions {
  /** One for each picture; a single picture with the recipe's by default. */
  readonly objectives?: readonly Objective[];
  /** Adds the input "leak" [N]: the part of the gradient that passes closed rectifiers. */
  readonly leak?: boolean;
}

/**
 * decode → transforms → net → objective → loss → gradient → update, all in one graph for N pictures.
 *
 * Inputs: "theta" [N, …], "state.*", "scalar.*", "draw.i.*". Outputs: "next.*", "loss" (of all pictures together), "objective"
 * [N], and "signal" [N], Σ|∂objective/∂image|: where it is 0, nothing draws the picture anywhere. A transparent recipe's state
 * has these |∂|, added up, the mean over channels [N, 1, H, W].
 */
export function stepGraph(
  recipe: Recipe,
  { objectives = [recipe.objective], leak = false }: StepGraphOptions = {},
): Graph {
  const { parametrisation, optimiser } = recipe;
  const pictures = objectives.length;
  const g = builderOf(emptyGraph("step"));
  const theta = g.input("theta", "float32", times(pictures, parametrisation.shape));
  const state = named(optimiser.state, (name) => g.input(`state.${name}`, "float32", theta.shape));
  const scalars = named(Object.keys(optimiser.scalars(0)), (name) => g.input(`scalar.${name}`, "float32", []));
  const draws = recipe.transforms.map((t, i) => drawInputs(g, t, pictures, i));
  const show = (image: Value): Value => recipe.transforms.reduce((v, t, i) => t.apply(g, v, draws[i]!), image);
  const options: GradientOptions = leak ? { rules: leaky(g.input("leak", "float32", [pictures])) } : {};

  const image = parametrisation.decode(g, theta);
  const wanted = readBy(recipe);
  const activations = recipe.net.emit(g, show(image), wanted);
  const own = recipe.penalties ? activations.slice(0, recipe.layers.length) : activations;
  const objective = perPicture(g, objectives, own);
  const penalties = [
    ...recipe.regularisers.map((r) => r(g, image)),
    ...(recipe.penalties ?? []).map((p) => {
      const read = p.layers.map((layer) => activations[wanted.indexOf(layer)]!);
      return g.sum(perPicture(g, new Array<Objective>(pictures).fill(p.objective), read), undefined, false);
    }),
  ];
  const loss = penalties.reduce((sum, r) => g.add(sum, r), g.neg(g.sum(objective, undefined, false)));

  // The objective's pull on the pictures is taken alone, so that it can be seen to be there.
  const [pull] = gradient(g, g.neg(g.sum(objective, undefined, false)), [image], options);
  const signal = size(g, pull!);
  const drags = penalties.map((r) => gradient(g, r, [image])[0]!);
  if (recipe.anchor) drags.push(drag(g, recipe, recipe.anchor, { image, show, signal }));
  if (recipe.fade) drags.push(fading(g, pull!, recipe.fade));
  const seed = drags.reduce((sum, d) => g.add(sum, d), pull!);
  const [slope] = gradient(g, image, [theta], { seed });

  const next = optimiser.update(g, theta, slope!, state, scalars);
  g.output(recipe.project ? recipe.project(g, next.parameter) : next.parameter, "next.theta");
  for (const name of optimiser.state) g.output(next.state[name]!, `next.${name}`);
  if (recipe.transparent) {
    const pulls = g.mean(g.op("Abs", [pull!]), [1]);
    g.output(g.add(g.input(`state.${PULLS}`, "float32", pulls.shape), pulls), `next.${PULLS}`);
  }
  g.output(loss, "loss");
  g.output(objective, "objective");
  g.output(signal, "signal");
  return g.graph;
}

/** The finished pictures, their window in 0…1, and the measure on them as the net sees them without transforms. */
export function lookGraph(
  recipe: Recipe,
  window: readonly [number, number],
  measures: readonly Objective[] = [recipe.objective],
): Graph {
  const g = builderOf(emptyGraph("look"));
  const theta = g.input("theta", "float32", times(measures.length, recipe.parametrisation.shape));
  const image = g.op("Clip", [middle(g, recipe.parametrisation.decode(g, theta), window), 0, 1]);
  g.output(image, "image");
  g.output(perPicture(g, measures, recipe.net.emit(g, image, recipe.layers)), "activation");
  return g.graph;
}

/** The measure under the recipe's transforms: inputs "theta" and "draw.i.*", output "activation" [N]. */
export function viewGraph(recipe: Recipe, measures: readonly Objective[]): Graph {
  const g = builderOf(emptyGraph("view"));
  const theta = g.input("theta", "float32", times(measures.length, recipe.parametrisation.shape));
  const seen = recipe.transforms.reduce(
    (v, t, i) => t.apply(g, v, drawInputs(g, t, measures.length, i)),
    recipe.parametrisation.decode(g, theta),
  );
  g.output(perPicture(g, measures, recipe.net.emit(g, seen, recipe.layers)), "activation");
  return g.graph;
}

const drawInputs = (g: Builder, { draws }: Transform, pictures: number, i: number): Record<string, Value> =>
  named(Object.keys(draws), (name) => g.input(`draw.${i}.${name}`, "float32", times(pictures, draws[name]!)));

/** One number a picture, [N], of activations of N·k views: each picture by its own objective, the mean over its views. */
function perPicture(g: Builder, objectives: readonly Objective[], activations: readonly Value[]): Value {
  const pictures = objectives.length;
  const groups = objectives.reduce<{ objective: Objective; count: number }[]>((done, objective) => {
    const last = done.at(-1);
    if (last?.objective === objective) last.count++;
    else done.push({ objective, count: 1 });
    return done;
  }, []);
  const views = (activations[0]?.shape[0] ?? pictures) / pictures;
  const parts = activations.map((a) =>
    groups.length === 1
      ? [a]
      : g.ops("Split", [a, g.ints(groups.map(({ count }) => count * views))], { axis: 0 }, groups.length),
  );
  const values = groups.map(({ objective, count }, i) => {
    const own = parts.map((p) => p[i]!);
    const each = objective(g, own, views);
    return views === 1 ? g.reshape(each, [count]) : g.mean(g.reshape(each, [count, views]), [1], false);
  });
  return values.length === 1 ? values[0]! : g.concat(values, 0);
}

/** Gradient of the distance to the photo, scaled against the objective's; see `Anchor`. */
function drag(
  g: Builder,
  { net }: Recipe,
  { photo, layer, ratio }: Anchor,
  { image, show, signal }: { image: Value; show: (image: Value) => Value; signal: Value },
): Value {
  const [pictures] = image.shape as [number];
  const origin = g.expand(g.constant(photo), image.shape);
  const seen = (v: Value): Value => (layer ? net.emit(g, show(v), [layer])[0]! : v);
  const difference = g.sub(seen(image), seen(origin));
  const views = g.reshape(difference, [pictures, -1]);
  const distance = g.sqrt(g.add(g.sum(g.square(views), [1], false), 1e-12));
  const [away] = gradient(g, g.sum(distance, undefined, false), [image]);
  const scale = g.div(g.mul(signal, ratio), g.add(size(g, away!), 1e-12));
  return g.mul(away!, g.reshape(scale, [pictures, 1, 1, 1]));
}

/** The slope that takes opacity, the last channel, down by `fade` · mean |∂objective/∂opacity| at each pixel. */
function fading(g: Builder, pull: Value, fade: number): Value {
  const [n, channels, h, w] = pull.shape as [number, number, number, number];
  const own = g.slice(pull, [1], [channels - 1], [channels]);
  const down = g.mul(g.mean(g.op("Abs", [own]), [1, 2, 3]), fade);
  return g.op("Pad", [g.expand(down, [n, 1, h, w]), g.ints([0, channels - 1, 0, 0, 0, 0, 0, 0])]);
}

/** Σ|x| of each picture, [N]. */
const size = (g: Builder, x: Value): Value =>
  g.sum(
    g.op("Abs", [x]),
    x.shape.slice(1).map((_, i) => i + 1),
    false,
  );

/** A window out of the middle of pictures [N,C,H,W]. */
function middle(g: Builder, image: Value, [height, width]: readonly [number, number]): Value {
  const [, , h, w] = image.shape as [number, number, number, number];
  if (h === height && w === width) return image;
  const [top, left] = [Math.floor((h - height) / 2), Math.floor((w - width) / 2)];
  return g.slice(image, [2, 3], [top, left], [top + height, left + width]);
}

/** The shape of so many, stacked along the first axis. */
export const times = (pictures: number, [first = 1, ...rest]: Shape): Shape => [pictures * first, ...rest];

const named = <T>(names: readonly string[], of: (name: string) => T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, of(name)]));
