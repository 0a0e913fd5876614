/** @file What nets answer for pictures: the probabilities of the classes, several nets in one graph. */

import { emptyGraph, type Graph } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { batchSize } from "../preimage/batches.ts";
import type { DeviceName } from "../runtime/backend.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import { stacked } from "./attribute.ts";
import type { Explained } from "./explained.ts";
import { targets } from "./rows.ts";

export interface AnswersOptions extends CompileOptions {
  /** Pictures in one graph; as many as half of the free memory takes by default, at most 8. */
  readonly batch?: number | undefined;
  /** Pictures that there will be at once; 1 by default. */
  readonly pictures?: number | undefined;
}

export interface Answers {
  readonly device: DeviceName;
  readonly provider: string;
  /** For each net, for each picture [C, H, W] in 0…1, the probabilities of the classes. */
  readonly of: (images: readonly Float32Array[]) => Promise<Float32Array[][]>;
  readonly dispose: () => Promise<void>;
}

/** Compiles nets that take the same pictures. Dispose of them when they are no longer asked. */
export async function openAnswers(
  nets: readonly [Explained, ...Explained[]],
  { batch: asked, pictures: expected = 1, ...compiling }: AnswersOptions = {},
): Promise<Answers> {
  const [{ picture, classes }] = nets;
  const graph = (rows: number): Graph => {
    const g = builderOf(emptyGraph("answers"));
    const images = g.input("images", "float32", [rows, ...picture]);
    // Which class is asked about makes no difference here.
    const target = g.constant(targets([], [rows, classes]));
    for (const [i, net] of nets.entries()) g.output(net.see(g, images, target).probabilities, `net.${i}`);
    return g.graph;
  };
  const most = Math.min(asked ?? Number.POSITIVE_INFINITY, ...nets.map((net) => net.most ?? Number.POSITIVE_INFINITY));
  const rows = batchSize(expected, Number.isFinite(most) ? most : undefined, graph);
  const program = await compile(graph(rows), compiling);
  return {
    device: program.device,
    provider: program.provider,
    of: async (images) => {
      const found = nets.map((): Float32Array[] => []);
      for (let first = 0; first < images.length; first += rows) {
        const some = images.slice(first, first + rows);
        const out = await program.run({ images: stacked(some, [rows, ...picture]) });
        for (const [i, list] of found.entries()) {
          const data = out[`net.${i}`]!.data as Float32Array;
          for (const k of some.keys()) list.push(data.slice(k * classes, (k + 1) * classes));
        }
      }
      return found;
    },
    dispose: () => program.dispose(),
  };
}

/** The class of the largest probability; the first of several. */
export const decisionOf = (probabilities: Float32Array): number => probabilities.indexOf(Math.max(...probabilities));

/** The likeliest classes, the likeliest first. */
export const likeliest = (probabilities: Float32Array, count: number): number[] =>
  Array.from(probabilities.keys())
    .sort((a, b) => probabilities[b]! - probabilities[a]!)
    .slice(0, count);
