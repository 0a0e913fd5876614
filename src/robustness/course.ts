/** @file Attacks as courses: written for one picture, they ask for graph runs, and are answered a batch at a time. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Shape } from "../tensor/tensor.ts";
import { answerOf, type Classifier, type Named, type Row } from "./classifier.ts";

/** One kind of graph. Rows of many pictures go through it together; it mixes none. */
export interface Step {
  /** Same name, same graph. */
  readonly name: string;
  /** Shapes for one picture. */
  readonly inputs: (net: Classifier) => Named<Shape>;
  /** Whether a row costs a backward pass beside its forward pass. */
  readonly gradient: boolean;
  /**
   * Adds the graph. `logits` is the net; what is returned has the pictures along its first axis. Outputs called `logits`
   * [N, K] and `slope` are watched for saturation and vanished gradients.
   */
  readonly emit: (g: Builder, inputs: Named<Value>, net: NetInGraph) => Named<Value>;
}

export interface NetInGraph extends Classifier {
  /** Pictures [N,C,H,W] → [N, views, classes]; what else the net is fed is in place. */
  readonly see: (images: Value) => Value;
}

/** Rows that are to go through a graph. */
export interface Request {
  readonly step: Step;
  readonly rows: readonly Row[];
}

/** What an attack does to one picture, run by run. */
export type Course<T> = Generator<Request, T, readonly Row[]>;

/** One row through a graph. */
export function* ask(step: Step, row: Row): Course<Row> {
  const [answer] = yield { step, rows: [row] };
  return answer!;
}

/** Many rows through a graph, answered in their order. */
export function* askAll(step: Step, rows: readonly Row[]): Course<readonly Row[]> {
  return rows.length === 0 ? [] : yield { step, rows };
}

/** The net's answer: `x` → `logits`. */
export const look: Step = {
  name: "look",
  inputs: ({ picture }) => ({ x: picture }),
  gradient: false,
  emit: (g, { x }, net) => ({ logits: answerOf(g, net.see(x!)) }),
};

/** Class of the largest logit, the first where several tie. */
export function classOf(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/** Classes from the largest logit down; those that tie in their own order. */
export const ranked = (logits: Float32Array): number[] =>
  Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);

/** 1 at `index`, 0 elsewhere. */
export function oneHot(index: number, classes: number): Float32Array {
  const row = new Float32Array(classes);
  if (index >= 0) row[index] = 1;
  return row;
}

export const number = (x: number): Float32Array => Float32Array.of(x);
