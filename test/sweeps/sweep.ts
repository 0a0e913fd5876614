/** @file What a sweep of one operator is: random calls of it, each checked for types, values, folding and gradient. */

import type * as fc from "fast-check";
import type { AttributeValue } from "../../src/graph/graph.ts";
import type { DType } from "../../src/tensor/tensor.ts";

/** How the elements of an operand are drawn (seeded, by the runner). */
export type Fill =
  | "normal"
  /** In 0.5 … 2. */
  | "positive"
  /** In −0.9 … 0.9. */
  | "unit"
  /** Normal, but at least 0.2 away from every integer and half integer: clear of the kinks of most functions. */
  | "smooth"
  /** A shuffled grid with gaps of 0.1: no ties, so maxima and sorts do not change under finite differences. */
  | "distinct"
  /** 0 or 1. */
  | "bits";

export interface Operand {
  readonly shape: readonly number[];
  readonly fill?: Fill;
  /** The elements themselves, in place of `fill`. */
  readonly values?: readonly number[];
  /** Element type; the sweep's float type when left out. */
  readonly dtype?: DType;
  /** Known when the graph is built (a constant), as shapes, axes and most weights are. Integers are by default. */
  readonly known?: boolean;
}

export interface Case {
  /** `null`: an optional input left out. */
  readonly inputs: readonly (Operand | null)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Number of outputs asked for; 1 by default. */
  readonly outputs?: number;
  /** Opset of the file that the call stands in; 21 by default. */
  readonly opset?: number;
  /** Overrides the sweep's own for calls where ORT has only one of the two. */
  readonly dtype?: "float32" | "float64";
  /** False where the gradient is not meant to agree with finite differences (ties, straight-through); say why in a comment. */
  readonly gradcheck?: boolean;
}

export interface Sweep {
  readonly op: string;
  readonly cases: fc.Arbitrary<Case>;
  /** `true`, or the reason why this operator is swept in float32 with a wider tolerance (ORT has no float64 kernel). */
  readonly float64: true | string;
  /** Random cases drawn; 20 by default. */
  readonly runs?: number;
  /** Names of float attributes that the record no longer declares (older opsets), so that they are written as floats. */
  readonly floatAttributes?: readonly string[];
  /** ORT cannot run the original node at all (said why): forward is then not compared. */
  readonly noReference?: string;
  /** fovea keeps an output in another element type than ORT (said why): only its shape is then compared. */
  readonly otherTypes?: string;
  /** Also check the gradient of the gradient. */
  readonly second?: boolean;
}
