/** @file Update rules as nodes: the state goes in, the new state comes out; the host only supplies scalars of the schedule. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { type Shape, type Tensor, zeros } from "../tensor/tensor.ts";

export type Named<T> = Readonly<Record<string, T>>;

export interface Optimiser {
  /** Tensors that are kept beside a parameter, by name. */
  readonly state: readonly string[];
  /** Scalars of step `step` (from 0), by name. */
  readonly scalars: (step: number) => Named<number>;
  /** The parameter after one step *down* the gradient, and its new state. */
  readonly update: (
    g: Builder,
    parameter: Value,
    gradient: Value,
    state: Named<Value>,
    scalars: Named<Value>,
  ) => { readonly parameter: Value; readonly state: Named<Value> };
}

/** State before the first step: all zeros. */
export const initialState = (optimiser: Optimiser, shape: Shape): Record<string, Tensor> =>
  Object.fromEntries(optimiser.state.map((name) => [name, zeros("float32", shape)]));
