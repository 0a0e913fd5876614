/** @file Fixes a model's input size, which the file may leave open, and everything that follows from it. */

import { expect, InputError } from "../error.ts";
import { typeText } from "../graph/graph.ts";
import { type Specialised, type SpecialiseOptions, specialise } from "../passes/specialise.ts";
import type { Shape } from "../tensor/tensor.ts";
import type { Model } from "./model.ts";
import { channelsOf } from "./preprocessing.ts";

export interface SizeOptions {
  /** Pixels of a side, or [height, width]; by default the file's own, or 224 where it leaves them open. */
  readonly size?: number | readonly [height: number, width: number] | undefined;
  /** Pictures at a time; by default the file's own, or 1. */
  readonly batch?: number | undefined;
}

/** What open sides become unless told otherwise: the size of most ImageNet nets. */
const usualSize = 224;
const largestTried = 512;

/** [y axis, x axis] of the model's input. */
export const spatialAxes = (model: Model): readonly [number, number] =>
  model.preprocessing.layout === "NHWC" ? [1, 2] : [2, 3];

/**
 * Shape of the model's input. What is asked for wins over the file, since exporters write the size that they happened to
 * trace. Throws an `InputError` for sizes that are none, and where open dimensions are no picture's.
 */
export function inputShape(model: Model, { size, batch }: SizeOptions = {}): Shape {
  const { input, preprocessing } = model;
  const declared = input.shape ?? [null, null, null, null];
  const isPicture = declared.length === 4;
  const sides = typeof size === "number" ? [size, size] : size;
  const axes = spatialAxes(model);
  for (const n of [...(sides ?? []), batch ?? 1])
    expect(Number.isSafeInteger(n) && n > 0, () => `size: expected whole numbers above 0, got ${n}`);
  return declared.map((d, axis) => {
    const known = typeof d === "number" ? d : undefined;
    if (axis === 0) return batch ?? known ?? 1;
    const side = isPicture ? axes.indexOf(axis) : -1;
    if (side >= 0) return sides?.[side] ?? known ?? usualSize;
    if (known !== undefined) return known;
    if (isPicture) return channelsOf(preprocessing);
    throw new InputError(
      `the model's input "${input.name}" is ${typeText(input)}: expected a batch of pictures with four dimensions`,
    );
  });
}

/** Height and width of the pictures that go in. Throws an `InputError` where the input is no batch of pictures. */
export function pictureSize(model: Model, options: SizeOptions = {}): readonly [height: number, width: number] {
  const shape = inputShape(model, options);
  expect(
    shape.length === 4,
    () =>
      `the model's input "${model.input.name}" is ${typeText(model.input)}: expected a batch of pictures with four dimensions`,
  );
  const [y, x] = spatialAxes(model);
  return [shape[y]!, shape[x]!];
}

/**
 * The model with all shapes fixed. Throws an `InputError` where the net does not work; if that is for its size, with a
 * size that does work.
 */
export function modelAt(
  model: Model,
  { size, batch, ...options }: SizeOptions & Omit<SpecialiseOptions, "shapes"> = {},
): Specialised {
  const at = (asked: SizeOptions): Specialised =>
    specialise(model.source, { ...options, shapes: { [model.input.name]: inputShape(model, asked) } });
  try {
    return at({ size, batch });
  } catch (error) {
    if (!(error instanceof InputError) || options.lenient) throw error;
    const works = workingSize(model, { size, batch }, at);
    if (!works) throw error;
    throw new InputError(
      `this net does not work at ${sizeText(inputShape(model, { size, batch }))} (${error.message}): ${works} works`,
    );
  }
}

const sizeText = (shape: Shape): string => shape.join("×");

/** The file's own size, else the first that works among the doubles of the one that does not, in words. */
function workingSize(
  model: Model,
  { size, batch }: SizeOptions,
  at: (asked: SizeOptions) => unknown,
): string | undefined {
  const asked = inputShape(model, { size, batch });
  const smaller = Math.min(...spatialAxes(model).map((axis) => asked[axis] ?? 1));
  const doubles: SizeOptions[] = [];
  for (let larger = 2 * smaller; larger <= largestTried; larger *= 2) doubles.push({ size: larger, batch });
  for (const other of [{}, ...doubles]) {
    const shape = inputShape(model, other);
    if (sizeText(shape) === sizeText(asked)) continue;
    try {
      at(other);
      return sizeText(shape);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return undefined;
}

/** Throws an `InputError` where an array cannot be the model's input: another number of axes or channels. */
export function expectFits(model: Model, dims: Shape): void {
  const declared = model.input.shape;
  const axis = model.preprocessing.layout === "NHWC" ? 3 : 1;
  const channels = declared?.[axis];
  const fits =
    !declared || (dims.length === declared.length && (typeof channels !== "number" || channels === dims[axis]));
  expect(fits, () => `the input is [${dims}], but the net takes ${typeText(model.input)}: give an array of that shape`);
}
