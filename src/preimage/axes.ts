/**
 * @file The axes of a pre-image: objective × parametrisation × transform × regulariser, each a small function that adds nodes.
 *
 * A graph holds N pictures along the first axis of everything. What is described here is one picture, first axis 1 (or k, where
 * a picture is shown k times); the loop draws for each picture from a stream of its own and stacks what was drawn. What the
 * functions add works for any N and mixes no pictures, unless that is its purpose (diversity).
 */

import type { Builder } from "../graph/builder.ts";
import type { SourceValue, Value } from "../graph/graph.ts";
import type { Optimiser } from "../optimise/optimiser.ts";
import type { Rng } from "../tensor/rng.ts";
import type { Shape, Tensor } from "../tensor/tensor.ts";

/**
 * What is maximised: activations of the wanted layers → one number per picture shown, [N] (or [N·k], k views of each in a row).
 * `views` is k, 1 by default; only what compares pictures needs it.
 */
export type Objective = (g: Builder, activations: readonly Value[], views?: number) => Value;

/** From free numbers θ to pictures [N,C,H,W], nominally in 0…1. */
export interface Parametrisation {
  /** Of θ for one picture: [1, …]. */
  readonly shape: Shape;
  /** Height and width of the pictures. */
  readonly size: readonly [number, number];
  /** θ of one picture. */
  readonly init: (random: Rng) => Tensor;
  /** θ [N, …] → [N,C,H,W]. */
  readonly decode: (g: Builder, theta: Value) => Value;
}

/** A random change of what the net sees; the random numbers come from the host at each step. */
export interface Transform {
  /** Shapes of the random inputs of one picture, by name: [1, …], or [k, …] for k views of it. */
  readonly draws: Readonly<Record<string, Shape>>;
  /** The random inputs of one picture at a step; 0, the first, by default. */
  readonly draw: (random: Rng, step?: number) => Readonly<Record<string, Tensor>>;
  /** Draws under which nothing moves. */
  readonly neutral: () => Readonly<Record<string, Tensor>>;
  /** [N,C,H,W] with draws [N, …] → [N,C,H',W'] (or [N·k, …], the k views of a picture in a row). */
  readonly apply: (g: Builder, image: Value, drawn: Readonly<Record<string, Value>>) => Value;
}

/** A penalty on pictures [N,C,H,W] in 0…1: one number for the batch, its weight included. */
export type Regulariser = (g: Builder, image: Value) => Value;

/** A net, seen from a picture. */
export interface Net {
  /** Adds the net behind pictures [N,C,H,W] in 0…1 and returns the activations of layers. */
  readonly emit: (g: Builder, image: Value, layers: readonly SourceValue[]) => readonly Value[];
  /** Whether these layers can be computed for several pictures at once; true by default. */
  readonly takesMany?: (layers: readonly SourceValue[]) => boolean;
}

/**
 * Draws a picture back to the photo it starts from: ‖x − x₀‖, or ‖Φ(x) − Φ(x₀)‖ at a layer under the same transforms, weighed at
 * each step so that its gradient is `ratio` times as large as the objective's (Σ|∂|).
 */
export interface Anchor {
  /** [1,C,H,W] in 0…1, of the parametrisation's size. */
  readonly photo: Tensor;
  readonly layer?: SourceValue;
  readonly ratio: number;
}

/** What may differ between the pictures of a batch. */
export interface Subject {
  /** Of the picture's own random numbers: with it, the picture is what a run of its own would give. */
  readonly seed: number;
  /** In place of the recipe's. */
  readonly objective?: Objective;
  /** Measured on the plain picture; the objective by default. */
  readonly measure?: Objective;
  /** What is maximised where the objective has no gradient at the start, and what is then said. */
  readonly instead?: { readonly objective: Objective; readonly note: string };
  /** θ to start from, in place of the parametrisation's own start. */
  readonly theta?: Tensor;
}

/** What layers should not do, over the whole batch: subtracted from the objective. */
export interface Penalty {
  readonly layers: readonly SourceValue[];
  /** Of the activations of these layers, its weight included. */
  readonly objective: Objective;
}

/** A choice along the axes. */
export interface Recipe {
  readonly net: Net;
  readonly layers: readonly SourceValue[];
  readonly objective: Objective;
  readonly parametrisation: Parametrisation;
  readonly transforms: readonly Transform[];
  readonly regularisers: readonly Regulariser[];
  readonly penalties?: readonly Penalty[];
  readonly anchor?: Anchor;
  /**
   * Pictures have opacity as one more channel, which is drawn down everywhere by so many times the mean pull of the objective
   * on it: what matters less than that fades.
   */
  readonly fade?: number;
  /** Finished pictures get opacity from where the objective pulled at them, Σ|∂objective/∂image| over the steps. */
  readonly transparent?: boolean;
  /** Hard constraint on θ after each step. */
  readonly project?: (g: Builder, theta: Value) => Value;
  readonly optimiser: Optimiser;
  readonly steps: number;
  /** Steps in which transforms stand still; none by default. */
  readonly still?: (step: number) => boolean;
}
