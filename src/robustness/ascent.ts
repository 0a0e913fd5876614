/** @file The step that gradient attacks share: the picture moves, then the net answers, and the loss's slope is taken there. */

import { gradient } from "../autodiff/gradient.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Subject } from "./attack.ts";
import { answerOf, type Named, type Row } from "./classifier.ts";
import { number, oneHot, type Step } from "./course.ts";
import type { Loss } from "./losses.ts";
import { intoBall, type Norm } from "./norms.ts";

export interface MoveInputs {
  /** Where the picture stands, where it began, and the slope at x: [N,C,H,W]. */
  readonly x: Value;
  readonly origin: Value;
  readonly slope: Value;
  /** [N,1,1,1], as are the scalars. */
  readonly eps: Value;
  readonly norm: Norm;
  readonly state: Named<Value>;
  readonly scalars: Named<Value>;
}

/** How a picture goes from one point to the next. */
export interface Move {
  readonly name: string;
  /** Pictures that are kept beside x. */
  readonly state: readonly string[];
  readonly scalars: readonly string[];
  readonly update: (g: Builder, inputs: MoveInputs) => { readonly x: Value; readonly state?: Named<Value> };
}

export interface AscentOptions {
  readonly loss: Loss;
  readonly norm: Norm;
  readonly move: Move;
  /** False for a last look, which needs no slope; true by default. */
  readonly slope?: boolean;
}

/** x' = x + rate · steepest(slope), brought back into the ball (Madry et al. 2018). */
export const straight: Move = {
  name: "straight",
  state: [],
  scalars: ["rate"],
  update: (g, { x, origin, slope, eps, norm, scalars }) => ({
    x: intoBall(g, norm, g.add(x, g.mul(scalars.rate!, norm.steepest(g, slope))), origin, eps),
  }),
};

/**
 * x, slope, … ↦ x' = move(x), the logits, loss and ∂loss/∂x at x'. Moving comes first: a first look is a step of length 0,
 * and the last step needs no gradient.
 */
export const ascent = ({ loss, norm, move, slope = true }: AscentOptions): Step => ({
  name: `${move.name} ${loss.name} ${norm.name}${slope ? "" : " last"}`,
  gradient: slope,
  inputs: ({ picture, classes }) => ({
    ...Object.fromEntries(["x", "origin", "slope", ...move.state].map((name) => [name, picture])),
    ...Object.fromEntries(["eps", ...move.scalars].map((name) => [name, [1, 1, 1]])),
    label: [1, classes],
    target: [1, classes],
  }),
  emit: (g, inputs, net) => {
    const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, inputs[name]!]));
    const { x, state } = move.update(g, {
      x: inputs.x!,
      origin: inputs.origin!,
      slope: inputs.slope!,
      eps: inputs.eps!,
      norm,
      state: named(move.state),
      scalars: named(move.scalars),
    });
    return {
      x,
      ...state,
      ...climb(g, loss, net.see(x), { label: inputs.label!, target: inputs.target! }, slope ? x : undefined),
    };
  },
});

/** Answer, loss (mean of the views) and, if asked, its slope at x. */
export function climb(
  g: Builder,
  loss: Loss,
  z: Value,
  classes: { readonly label: Value; readonly target: Value },
  x?: Value,
): Record<string, Value> {
  const each = g.mean(loss.of(g, z, classes), [1, 2], false);
  return {
    logits: answerOf(g, z),
    loss: each,
    ...(x && { slope: gradient(g, g.sum(each, undefined, false), [x])[0]! }),
  };
}

/** What stays the same from step to step. */
export function fixedInputs({ image, label, target = -1, net }: Omit<Subject, "random">, eps: number): Row {
  return {
    origin: image,
    eps: number(eps),
    label: oneHot(label, net.classes),
    target: oneHot(target, net.classes),
  };
}

/** A point to start from: at rest, with no slope yet. */
export const atRest = (x: Float32Array, move: Move): Row => {
  const still = new Float32Array(x.length);
  return { x, slope: still, ...Object.fromEntries(move.state.map((name) => [name, still])) };
};
