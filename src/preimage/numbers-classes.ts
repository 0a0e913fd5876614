/** @file What a net and its judge say of a finished picture: the class it was made for, first answers, the photo's class. */

import { InputError } from "../error.ts";
import type { Layer } from "../model/layers.ts";
import type { Model } from "../model/model.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import {
  agreement,
  classProbabilities,
  judge,
  type Probabilities,
  type Standing,
  standing,
} from "./measure-classes.ts";
import { netAt } from "./net.ts";

/** A class and how probable it is, 0…1. */
export interface Answer {
  readonly class: number;
  /** Its name, or its number where the classes have none. */
  readonly label: string;
  readonly probability: number;
}

/** What one net says. */
export interface NetAnswers {
  readonly net: string;
  /** The first answers for the picture, most probable first; at most five. */
  readonly top: readonly Answer[];
  /** The class that the picture was made for: its probability and its rank, 1 for the first answer. */
  readonly target?: Answer & Standing;
  /** The photo that the picture was made from. */
  readonly photo?: {
    readonly top: readonly Answer[];
    /** Whether photo and picture have the same first answer (IJCV 2016). */
    readonly agrees: boolean;
    /** Probability that the picture has of the photo's first answer. */
    readonly probability: number;
  };
}

export interface ClassNumbers {
  readonly net: NetAnswers;
  /** The same from an independent net, in the order and with the names of the net's own classes. */
  readonly judge?: NetAnswers;
}

export interface ClassNumbersOptions extends CompileOptions {
  /** Number of the class that the picture was made for. */
  readonly target?: number | undefined;
  /** The photo that the picture was made from. */
  readonly photo?: Image | undefined;
  /** An independent net with the same classes. */
  readonly judge?: Model | undefined;
}

/** Whether the net's output answers "which class": its classes have names, or it is one number for each of two or more. */
export function isClassifier(model: Model): boolean {
  const { labels, layers } = model;
  const output = layers.find(({ address }) => address === "logits" || address === "probabilities");
  if (!output) return false;
  if (labels) return true;
  const shape = (output.value.shape ?? sizedShape(model, output)).slice(1);
  return shape.length > 0 && shape.filter((n) => n !== 1).length <= 1 && shape.some((n) => n !== 1);
}

/** The shape that a file does not state; none where the net cannot be computed. */
function sizedShape(model: Model, { value }: Layer): readonly number[] {
  try {
    return netAt(model, [value]).layers[0]!.value.shape;
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

/**
 * Probabilities for a picture, of any size, on the net and on the judge.
 *
 * Throws an `InputError` for a net without classes and a judge with others.
 */
export async function classNumbers(
  model: Model,
  picture: Image,
  { target, photo, judge: independent, ...options }: ClassNumbersOptions = {},
): Promise<ClassNumbers> {
  const images = photo ? [picture, photo] : [picture];
  const answers = (net: Model, all: readonly Probabilities[]): NetAnswers => {
    const [own, photos] = all as [Probabilities, Probabilities?];
    const same = photos && agreement(photos, own);
    return {
      net: net.name,
      top: firstOf(model, own),
      ...(target !== undefined && { target: { ...answer(model, own, target), ...standing(own, target) } }),
      ...(same && { photo: { top: firstOf(model, photos), agrees: same.agrees, probability: same.picture } }),
    };
  };
  return {
    net: answers(model, await classProbabilities(model, images, options)),
    ...(independent && { judge: answers(independent, await judge(model, independent, images, options)) }),
  };
}

const answer = ({ labels }: Model, all: Probabilities, i: number): Answer => ({
  class: i,
  label: labels?.names[i] ?? String(i),
  probability: all[i]!,
});

const firstOf = (model: Model, all: Probabilities, count = 5): Answer[] =>
  all
    .map((_, i) => answer(model, all, i))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
