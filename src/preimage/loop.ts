/** @file The loop over the steps of one batch of pictures: state in and state out, streamed step by step. */

import { InputError } from "../error.ts";
import type { Graph } from "../graph/graph.ts";
import { type CompileOptions, compile, type Program } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { meanInterval } from "../tensor/statistics.ts";
import { fromNumbers, type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import type { Objective, Recipe, Subject } from "./axes.ts";
import { BatchError } from "./batches.ts";
import { type Course, checkSilent, courseOf, noted, notesOf, type StepRun, wake } from "./course.ts";
import { leakAt } from "./leak.ts";
import { expectFits, type PictureState, PULLS, stack, startTensors, unstack } from "./run-state.ts";
import { lookGraph, stepGraph, viewGraph } from "./step-graph.ts";
import type { Picture, Progress, Spread } from "./technique.ts";
import { opacityFrom, withOpacity, withoutOpacity } from "./transparency.ts";

export interface LoopOptions extends CompileOptions {
  readonly signal?: AbortSignal;
  readonly imageEvery?: number;
  /** Draws of the transforms under which the finished pictures are measured, too; none by default. */
  readonly views?: number;
  /** Height and width of the finished picture, cut from the middle of what was optimised. */
  readonly window: readonly [number, number];
  /** Measured on the plain pictures at the start and at the end; their objectives by default. */
  readonly measure?: Objective;
}

/** A finished picture, before it is said which preset and seed made it. */
export interface Run extends Omit<Picture, "preset" | "seed" | "restarts" | "spread" | "states"> {
  /** Where it stands: a run from here goes on as if it had never stopped. */
  readonly state: PictureState;
}

/**
 * Optimises pictures together until the recipe's steps are done or the signal aborts, yielding after every step. What is drawn
 * for a picture at a step depends on its seed and the step's number alone.
 *
 * @param saved Where the pictures stand, all after the same number of steps; at their start by default.
 */
export async function* loop(
  recipe: Recipe,
  subjects: readonly Subject[],
  options: LoopOptions,
  saved?: readonly PictureState[],
): AsyncGenerator<Progress, Run[]> {
  const { steps } = recipe;
  const count = subjects.length;
  if (saved) expectFits(recipe, saved, count);
  const open = new Map<string, Program>();
  const program = async (name: string, graph: () => Graph): Promise<Program> => {
    const known = open.get(name) ?? (await compile(graph(), options));
    open.set(name, known);
    return known;
  };
  try {
    const measures = subjects.map((s) => s.measure ?? options.measure ?? s.objective ?? recipe.objective);
    const look = await program("look", () => lookGraph(recipe, options.window, measures));
    let tensors = stack(saved?.map((s) => s.tensors) ?? subjects.map((s) => startTensors(recipe, s)));
    let done = saved?.[0]?.step ?? 0;
    const courses =
      saved?.map((s): Course => ({ ...s.history })) ?? (await seen(look, tensors.theta!)).activations.map(courseOf);

    const streams = subjects.map(({ seed }) => rng(seed).fork("transforms"));
    /** Objectives may change at the start, and rectifiers leak for some steps: each needs a program of its own. */
    const run: StepRun = async (plain = false) => {
      const leak = courses.some((c) => c.leaking > 0);
      const replaced = courses.map((c) => c.instead);
      const objectives = subjects.map(
        (s, i) => (replaced[i] && s.instead?.objective) || s.objective || recipe.objective,
      );
      const step = await program(`step ${replaced} ${leak}`, () => stepGraph(recipe, { objectives, leak }));
      const leaks = fromNumbers(
        "float32",
        courses.map((c) => leakAt(c.leaking)),
      );
      const { theta, ...state } = tensors;
      return step.run({
        theta: theta!,
        ...prefixed("state", state),
        ...stepInputs(recipe, done, streams, plain),
        leak: leaks,
      });
    };

    if (!saved && steps > 0 && !options.signal?.aborted) await wake(courses, subjects, run);
    const began = performance.now();
    while (done < steps && !options.signal?.aborted) {
      const out = await run();
      const objectives = toNumbers(out.objective!);
      const signals = toNumbers(out.signal!);
      const loss = toNumbers(out.loss!)[0]! / count;
      if (!Number.isFinite(loss))
        throw new InputError(
          `the energy is ${loss} at step ${done + 1}: the net overflows on what it is shown; check its preprocessing, or take another seed or preset`,
        );
      tensors = Object.fromEntries(Object.keys(tensors).map((name) => [name, out[`next.${name}`]!]));
      for (const [i, course] of courses.entries()) noted(course, objectives[i]!, signals[i]!);
      done++;
      await checkSilent(courses, run);
      const shown =
        options.imageEvery &&
        done % options.imageEvery === 0 &&
        (await seen(look, tensors.theta!)).images.map((image, i) => {
          const pulls = recipe.transparent && unstack(tensors, i, count)[PULLS];
          return pulls ? withOpacity(image, opacityFrom(pulls, options.window)) : image;
        });
      yield {
        step: done,
        steps,
        each: done,
        loss,
        objective: mean(objectives),
        objectives,
        ...(shown && { image: shown[0]!, images: shown }),
      };
    }
    const ms = (performance.now() - began) / count;
    const after = await seen(look, tensors.theta!);
    const views: number[][] = [];
    // Stopped runs end at once.
    if (recipe.transforms.length > 0 && !options.signal?.aborted)
      while (views.length < (options.views ?? 0)) {
        const view = await program("view", () => viewGraph(recipe, measures));
        const random = streams.map((stream) => stream.fork(`view ${views.length}`));
        const draws = stepInputs({ ...recipe, still: () => false }, Math.max(0, done - 1), random, false);
        views.push(toNumbers((await view.run({ theta: tensors.theta!, ...draws })).activation!));
      }
    const ends = courses.map((_, i) => unstack(tensors, i, count));
    return courses.map((course, i) => ({
      ...finished(recipe, after.images[i]!),
      ...(recipe.transparent && { opacity: opacityFrom(ends[i]![PULLS]!, options.window) }),
      objective: course.objective ?? { start: Number.NaN, end: Number.NaN },
      activation: { start: course.activation, end: after.activations[i]! },
      ...(views.length > 0 && { transformed: spreadOf(views.map((all) => all[i]!)) }),
      steps: done,
      ms,
      device: look.device,
      provider: look.provider,
      batch: count,
      notes: notesOf(course, subjects[i]!, after.activations[i]! === 0),
      state: { step: done, tensors: ends[i]!, history: { ...course } },
    }));
  } catch (error) {
    if (!isAllocation(error)) throw error;
    throw count === 1
      ? new InputError("the picture does not fit in memory: take a smaller size")
      : new BatchError(`${count} pictures at once do not fit in memory: take a batch of ${count >> 1}`);
  } finally {
    for (const each of open.values()) await each.dispose();
  }
}

/** The colours of a picture, and its opacity where it is a channel of its own. */
const finished = ({ fade }: Recipe, image: Image): Pick<Run, "image" | "opacity"> =>
  fade === undefined ? { image } : withoutOpacity(image);

/** Scalars of the schedule and the random draws of a step, one stream a picture; `plain` lets transforms stand still. */
function stepInputs(
  { optimiser, transforms, still }: Recipe,
  step: number,
  streams: readonly Rng[],
  plain: boolean,
): Record<string, Tensor> {
  const scalars = Object.entries(optimiser.scalars(step)).map(([name, x]) => [name, fromNumbers("float32", [x], [])]);
  const draws = transforms.map((t, i) => {
    const stands = plain || still?.(step);
    const drawn = streams.map((random) => (stands ? t.neutral() : t.draw(random.fork(`${step}.${i}`), step)));
    return prefixed(`draw.${i}`, stack(drawn));
  });
  return Object.assign({}, prefixed("scalar", Object.fromEntries(scalars)), ...draws);
}

const prefixed = <T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, x]) => [`${prefix}.${name}`, x]));

/** The pictures, [C,H,W] each, and their measures. */
async function seen(look: Program, theta: Tensor): Promise<{ images: Image[]; activations: number[] }> {
  const { image, activation } = await look.run({ theta });
  const [count, ...dims] = image!.dims as [number, ...number[]];
  const { data } = image as Image;
  const size = data.length / count;
  const images = Array.from({ length: count }, (_, i) => tensor("float32", dims, data.slice(i * size, (i + 1) * size)));
  return { images, activations: toNumbers(activation!) };
}

/** Mean, interval and ends of several measurements. */
export const spreadOf = (values: readonly number[]): Spread => ({
  ...meanInterval(values),
  smallest: Math.min(...values),
  largest: Math.max(...values),
});

const mean = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0) / xs.length;

/** What ONNX Runtime says when memory runs out. */
const isAllocation = (error: unknown): boolean =>
  error instanceof Error && /bad.?alloc|failed to allocate|out of memory|allocation fail/i.test(error.message);
