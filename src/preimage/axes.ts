/** @file The axes of a pre-image: objective × parametrisation × transform × regulariser, each a small function that adds nodes. */

import type { Builder } from "../graph/builder.ts";
import type { SourceValue, Value } from "../graph/graph.ts";
import type { Optimiser } from "../optimise/optimiser.ts";
import type { Rng } from "../tensor/rng.ts";
import type { Shape, Tensor } from "../tensor/tensor.ts";

/** What is maximised: activations of the wanted layers → one number per picture, [N]. */
export type Objective = (g: Builder, activations: readonly Value[]) => Value;

/** From free numbers θ to pictures [N,C,H,W], nominally in 0…1. */
export interface Parametrisation {
  /** Of θ. */
  readonly shape: Shape;
  /** Height and width of the pictures. */
  readonly size: readonly [number, number];
  readonly init: (random: Rng) => Tensor;
  readonly decode: (g: Builder, theta: Value) => Value;
}

/** A random change of what the net sees; the random numbers come from the host at each step. */
export interface Transform {
  /** Shapes of the random inputs, by name. */
  readonly draws: Readonly<Record<string, Shape>>;
  readonly draw: (random: Rng) => Readonly<Record<string, Tensor>>;
  /** Draws under which nothing moves. */
  readonly neutral: () => Readonly<Record<string, Tensor>>;
  readonly apply: (g: Builder, image: Value, drawn: Readonly<Record<string, Value>>) => Value;
}

/** A penalty on pictures [N,C,H,W] in 0…1: one number for the batch, its weight included. */
export type Regulariser = (g: Builder, image: Value) => Value;

/** A net, seen from a picture. */
export interface Net {
  /** Adds the net behind pictures [N,C,H,W] in 0…1 and returns the activations of layers. */
  readonly emit: (g: Builder, image: Value, layers: readonly SourceValue[]) => readonly Value[];
}

/** A choice along the axes. */
export interface Recipe {
  readonly net: Net;
  readonly layers: readonly SourceValue[];
  readonly objective: Objective;
  readonly parametrisation: Parametrisation;
  readonly transforms: readonly Transform[];
  readonly regularisers: readonly Regulariser[];
  /** Hard constraint on θ after each step. */
  readonly project?: (g: Builder, theta: Value) => Value;
  readonly optimiser: Optimiser;
  readonly steps: number;
  /** Steps in which transforms stand still; none by default. */
  readonly still?: (step: number) => boolean;
}
