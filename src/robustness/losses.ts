/** @file What attacks climb: one number for each look at a picture, larger where the net is closer to the wished mistake. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";

/** Classes as rows of one 1, [N, 1, K]. The target is all 0 where any other class than the label will do. */
export interface Classes {
  readonly label: Value;
  readonly target: Value;
}

export interface Loss {
  readonly name: string;
  /** Classes that the net must have. */
  readonly classes: number;
  /** Logits z [N, V, K] → [N, V, 1]. */
  readonly of: (g: Builder, z: Value, classes: Classes) => Value;
}

/** Far below every logit. */
const FAR = 1e30;
const TINY = 1e-12;

const at = (g: Builder, z: Value, chosen: Value): Value => g.sum(g.mul(z, chosen), [2]);
const most = (g: Builder, z: Value): Value => g.op("ReduceMax", [z, g.ints([2])], { keepdims: 1 });
const besides = (g: Builder, z: Value, chosen: Value): Value => most(g, g.sub(z, g.mul(chosen, FAR)));
/** log Σ exp z, with the largest taken out. */
function logSumExp(g: Builder, z: Value): Value {
  const top = most(g, z);
  return g.add(top, g.log(g.sum(g.exp(g.sub(z, top)), [2])));
}

/** log Σ exp z − z_y */
export const crossEntropy: Loss = {
  name: "ce",
  classes: 2,
  of: (g, z, { label }) => g.sub(logSumExp(g, z), at(g, z, label)),
};

/** z_t − log Σ exp z: cross-entropy of the target, downwards. */
export const targetedCrossEntropy: Loss = {
  name: "ce-targeted",
  classes: 2,
  of: (g, z, { target }) => g.sub(at(g, z, target), logSumExp(g, z)),
};

/** max_{i≠y} z_i − z_y, above 0 where the net is wrong (Carlini & Wagner 2017). */
export const margin: Loss = {
  name: "margin",
  classes: 2,
  of: (g, z, { label }) => g.sub(besides(g, z, label), at(g, z, label)),
};

/** z_t − max_{i≠t} z_i, above 0 where the net answers the target. */
export const targetedMargin: Loss = {
  name: "margin-targeted",
  classes: 2,
  of: (g, z, { target }) => g.sub(at(g, z, target), besides(g, z, target)),
};

/** z_t − z_y, the way to one other class (FAB, DeepFool). */
export const difference: Loss = {
  name: "difference",
  classes: 2,
  of: (g, z, { label, target }) => g.sub(at(g, z, target), at(g, z, label)),
};

/** The k largest logits, largest first: [N, V, 1] each. */
function largest(g: Builder, z: Value, k: number): Value[] {
  const [sorted] = g.ops("TopK", [z, g.ints([k])], { axis: 2 }, 2);
  return Array.from({ length: k }, (_, i) => g.slice(sorted!, [2], [i], [i + 1]));
}

/** −(z_y − max_{i≠y} z_i) / (z_(1) − z_(3)): the same for logits of any scale and shift (Croce & Hein 2020, eq. 6). */
export const dlr: Loss = {
  name: "dlr",
  classes: 3,
  of: (g, z, { label }) => {
    const [first, , third] = largest(g, z, 3);
    return g.div(g.sub(besides(g, z, label), at(g, z, label)), g.add(g.sub(first!, third!), TINY));
  },
};

/** −(z_y − z_t) / (z_(1) − (z_(3) + z_(4)) / 2) (Croce & Hein 2020, eq. 7). */
export const targetedDlr: Loss = {
  name: "dlr-targeted",
  classes: 4,
  of: (g, z, classes) => {
    const [first, , third, fourth] = largest(g, z, 4);
    const scale = g.sub(first!, g.mul(g.add(third!, fourth!), 0.5));
    return g.div(difference.of(g, z, classes), g.add(scale, TINY));
  },
};
