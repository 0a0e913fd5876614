/** @file Where pictures stand between two steps: what a run goes on from, bit for bit. */

import { expect } from "../error.ts";
import type { SourceValue } from "../graph/graph.ts";
import { initialState } from "../optimise/optimiser.ts";
import { rng } from "../tensor/rng.ts";
import { type Shape, Tensor, zeros } from "../tensor/tensor.ts";
import type { Recipe, Subject } from "./axes.ts";

/** One picture between two steps. */
export interface PictureState {
  /** Steps done. */
  readonly step: number;
  /** "theta", and what the optimiser keeps beside it; first axis 1. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly history: History;
}

/** What is told of a picture in the end. JSON. */
export interface History {
  /** As the first and the last step saw it, transforms included; none without steps. */
  readonly objective?: { readonly start: number; readonly end: number };
  /** Of the plain picture before the first step. */
  readonly activation: number;
  /** Whether the subject's other objective took over. */
  readonly instead: boolean;
  /** Steps left in which gradients are let through rectifiers. */
  readonly leaking: number;
  /** Steps in which they were. */
  readonly leaked: number;
  /** Steps in a row, the last among them, in which nothing drew the picture anywhere. */
  readonly silent: number;
}

/** Where the objective has pulled at a picture so far, [N, 1, H, W]: part of the state of what becomes transparent. */
export const PULLS = "pulls";

/** All layers that a recipe reads: its objective's first. */
export const readBy = ({ layers, penalties = [] }: Recipe): readonly SourceValue[] => [
  ...layers,
  ...new Set(penalties.flatMap((p) => p.layers).filter((layer) => !layers.includes(layer))),
];

/** What is kept beside θ, before the first step. */
const keptBeside = ({ parametrisation, optimiser, transparent }: Recipe): Record<string, Tensor> => ({
  ...initialState(optimiser, parametrisation.shape),
  ...(transparent && { [PULLS]: zeros("float32", [1, 1, ...parametrisation.size]) }),
});

/** θ and what is kept beside it before the first step. */
export function startTensors(recipe: Recipe, { seed, theta }: Subject): Record<string, Tensor> {
  const { parametrisation } = recipe;
  const start = theta ?? parametrisation.init(rng(seed).fork("start"));
  expect(
    start.dims.join() === parametrisation.shape.join(),
    () =>
      `the picture to start from is kept as [${start.dims}], expected [${parametrisation.shape}]: take one of the same size and parametrisation, or start from its PNG`,
  );
  return { theta: start, ...keptBeside(recipe) };
}

/** Throws an `InputError` unless there are states for at least one of so many pictures, and for no others. */
export const expectCount = ({ length }: readonly PictureState[], pictures: number): void =>
  expect(
    length > 0 && length <= pictures,
    () =>
      `the state holds ${length} saved picture${length === 1 ? "" : "s"}, expected ${pictures}: go on with the settings it was made with`,
  );

/** Throws an `InputError` unless the states are those of a whole batch of the recipe's pictures. */
export function expectFits(recipe: Recipe, states: readonly PictureState[], pictures: number): void {
  const { parametrisation, steps } = recipe;
  const shapes = (of: Readonly<Record<string, Shape>>): string =>
    Object.keys(of)
      .sort()
      .map((name) => `${name}[${of[name]}]`)
      .join(" ");
  const wanted = shapes({ theta: parametrisation.shape, ...dimsOf(keptBeside(recipe)) });
  const { step } = states[0]!;
  for (const { tensors } of states) {
    const got = shapes(dimsOf(tensors));
    expect(
      wanted === got,
      () =>
        `the saved state is of another picture (${got}, expected ${wanted}): go on with the settings it was made with`,
    );
  }
  expect(
    states.length === pictures && states.every((s) => s.step === step),
    () => `the saved pictures were made in other batches: go on with the batch size they were made with`,
  );
  expect(step <= steps, () => `the saved picture has ${step} steps already: expected at least as many, got ${steps}`);
}

const dimsOf = (tensors: Readonly<Record<string, Tensor>>): Record<string, Shape> =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.dims]));

/** Tensors of several pictures as one each, along the first axis. */
export function stack(pictures: readonly Readonly<Record<string, Tensor>>[]): Record<string, Tensor> {
  const [first] = pictures;
  if (!first || pictures.length === 1) return { ...first };
  return Object.fromEntries(Object.keys(first).map((name) => [name, concat(pictures.map((p) => p[name]!))]));
}

function concat(parts: readonly Tensor[]): Tensor {
  const { dtype, dims } = parts[0]!;
  const bytes = new Uint8Array(parts.reduce((n, t) => n + t.bytes.byteLength, 0));
  let at = 0;
  for (const t of parts) {
    bytes.set(t.bytes, at);
    at += t.bytes.byteLength;
  }
  return new Tensor(dtype, [parts.reduce((n, t) => n + t.dims[0]!, 0), ...dims.slice(1)], bytes);
}

/** The tensors of the i-th of `count` pictures, copied. */
export function unstack(tensors: Readonly<Record<string, Tensor>>, i: number, count: number): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => {
      const length = t.bytes.byteLength / count;
      const dims = [t.dims[0]! / count, ...t.dims.slice(1)];
      return [name, new Tensor(t.dtype, dims, t.bytes.slice(i * length, (i + 1) * length))];
    }),
  );
}
