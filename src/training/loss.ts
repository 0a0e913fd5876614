/** @file Softmax cross-entropy with soft targets, and its gradient for the logits. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";

export interface Loss {
  /** Mean over the batch, []. */
  readonly loss: Value;
  /** ∂loss/∂logits, of the logits' shape. */
  readonly slope: Value;
}

/**
 * With z = logits − max over the classes, so that nothing overflows, for targets t [B, classes]:
 *
 *   loss = 1/B Σ t (log Σ exp z − z)        ∂loss/∂z = (softmax z · Σ t − t) / B
 *
 * Rows of t sum to 1, or are all 0 where the batch has no picture: those add nothing.
 */
export function crossEntropy(g: Builder, logits: Value, targets: Value): Loss {
  const batch = logits.shape[0]!;
  const z = g.sub(logits, g.op("ReduceMax", [logits, g.ints([1])], { keepdims: 1 }));
  const e = g.exp(z);
  const sum = g.sum(e, [1]);
  const surprise = g.mul(targets, g.sub(g.log(sum), z));
  return {
    loss: g.mul(g.sum(surprise, undefined, false), 1 / batch),
    slope: g.mul(g.sub(g.mul(g.div(e, sum), g.sum(targets, [1])), targets), 1 / batch),
  };
}
