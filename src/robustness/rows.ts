/** @file The graph of a step, and rows of pictures on their way into it and out of it. */

import { emptyGraph, type Graph } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { sizeOf, type Tensor, tensor } from "../tensor/tensor.ts";
import type { Classifier, Row } from "./classifier.ts";
import type { Step } from "./course.ts";

/** Before the names of outputs, which may be those of inputs. */
const OUT = "next.";
/** The graph of a step for so many pictures. */
export function graphOf(net: Classifier, step: Step, batch: number): Graph {
  const g = builderOf(emptyGraph(step.name));
  const inputs = (shapes: ReturnType<Step["inputs"]>, prefix = "") =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, g.input(prefix + name, "float32", [batch, ...shape])]),
    );
  const fed = inputs(net.inputs, "net.");
  const see = (images: Parameters<typeof net.logits>[1]) => net.logits(g, images, fed);
  for (const [name, v] of Object.entries(step.emit(g, inputs(step.inputs(net)), { ...net, see })))
    g.output(v, OUT + name);
  return g.graph;
}

/** A row for a step, and what the net is fed beside it. */
export interface FedRow {
  readonly row: Row;
  readonly fed: Row;
}

/** Rows one below the other; zeros where there are fewer than the batch has. */
export function stacked(net: Classifier, step: Step, rows: readonly FedRow[], batch: number): Record<string, Tensor> {
  const all = [
    ...Object.entries(step.inputs(net)),
    ...Object.entries(net.inputs).map(([k, s]) => [`net.${k}`, s] as const),
  ];
  const data = Object.fromEntries(all.map(([name, shape]) => [name, new Float32Array(batch * sizeOf(shape))]));
  rows.forEach(({ row, fed }, i) => {
    for (const [name, shape] of all) {
      const from = name.startsWith("net.") ? fed[name.slice("net.".length)] : row[name];
      if (from?.length !== sizeOf(shape)) throw new Error(`internal: ${step.name}: '${name}' does not fit [${shape}]`);
      data[name]!.set(from, i * from.length);
    }
  });
  return Object.fromEntries(all.map(([name, shape]) => [name, tensor("float32", [batch, ...shape], data[name]!)]));
}

/** The i-th row of what came out. */
export const unstacked = (out: Readonly<Record<string, Tensor>>, i: number): Row =>
  Object.fromEntries(
    Object.entries(out).map(([name, t]) => {
      const size = t.size / t.dims[0]!;
      return [name.slice(OUT.length), (t.data as Float32Array).slice(i * size, (i + 1) * size)];
    }),
  );
