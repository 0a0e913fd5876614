/** @file An attack, what it is told of a picture, and what it answers. */

import type { Rng } from "../tensor/rng.ts";
import type { Classifier } from "./classifier.ts";
import { type Course, classOf } from "./course.ts";
import type { Norm } from "./norms.ts";

/** A picture to attack. */
export interface Picture {
  /** Its number in the data; names its random numbers. */
  readonly item: number;
  /** [C,H,W] in 0…1. */
  readonly image: Float32Array;
  readonly label: number;
  /** The class that the net is to answer; any but the label by default. */
  readonly target?: number | undefined;
}

/** A picture as an attack gets it: the net is right about it (or not at the target yet). */
export interface Subject extends Picture {
  readonly net: Classifier;
  /** Of the untouched picture. */
  readonly logits: Float32Array;
  /** The picture's own random numbers for this attack. */
  readonly random: Rng;
  /** The criterion: whether an answer is the wished mistake. */
  readonly fooled: (logits: Float32Array) => boolean;
}

/** What came of it: the adversarial picture, or the best try. */
export interface Finding {
  readonly picture: Float32Array;
}

export interface Attack {
  readonly name: string;
  /** Where it was published. */
  readonly source: string;
  readonly norm: Norm;
  /** Largest change that counts as a success; without it, any does and the smallest is sought. */
  readonly eps?: number | undefined;
  /** Classes that the net must have; 2 by default. */
  readonly classes?: number;
  /** Whether it asks for gradients: false for black-box attacks. */
  readonly gradients: boolean;
  /** Whether the net's logits are read; false where only its answer is (decision-based). */
  readonly scores?: boolean;
  /** Rows that it mostly asks for at once; 1 by default. */
  readonly rows?: number;
  readonly perturb: (subject: Subject) => Course<Finding>;
}

/** What an attack did to a picture. There is one for every picture, fooled or not. */
export interface Outcome {
  readonly item: number;
  readonly label: number;
  readonly target?: number | undefined;
  readonly attack: string;
  /** The net's answer to the untouched picture, and to `picture`. */
  readonly before: number;
  readonly answer: number;
  /** The criterion is met by `picture`, looked at once more, and it is within the budget. */
  readonly success: boolean;
  /** ‖picture − untouched‖ in the attack's norm; 0 where the net was wrong from the start. */
  readonly distance: number;
  /** Places of the picture where any channel differs. */
  readonly pixels: number;
  /** Forward and backward passes of this picture, the first look included and the last, which only verifies, not. */
  readonly queries: number;
  readonly gradients: number;
  /** Of the gradients, those that were 0 in every pixel. */
  readonly zeroGradients: number;
  /** Of the queries, those answered with the first class so sure that float32 softmax gives it 1 and the others no slope. */
  readonly saturated: number;
  /** The adversarial picture, or the best try. */
  readonly picture: Float32Array;
  readonly untouched: Float32Array;
}

/** The criterion: the target is answered, or without one anything but the label. */
export const fooledBy =
  ({ label, target }: Pick<Picture, "label" | "target">): Subject["fooled"] =>
  (logits) =>
    target === undefined ? classOf(logits) !== label : classOf(logits) === target;
