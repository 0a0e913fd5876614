/**
 * @file Deletion and insertion (Petsiuk et al. 2018, arXiv 1806.07421): how the class's probability falls as pixels are taken away,
 * most important first, and how it rises as they are put in.
 */

import { emptyGraph, type Graph } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { batchSize } from "../preimage/batches.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { type Question, stacked } from "./attribute.ts";
import type { Explained } from "./explained.ts";
import { plain } from "./methods/colours.ts";
import { atSize, ranks } from "./order.ts";
import { repeated, targets } from "./rows.ts";

/** What stands where a pixel is not: the net's mean colour, or the picture behind a Gaussian blur. */
export type Baseline = "mean" | "blur";

export interface FaithfulnessOptions extends CompileOptions {
  /** Places of a curve beside its start; 32 by default. */
  readonly steps?: number | undefined;
  /** Where pixels are taken away; the mean colour by default. */
  readonly deletion?: Baseline | undefined;
  /** What pixels are put into; the blurred picture by default. */
  readonly insertion?: Baseline | undefined;
  /** Pictures in one graph; as many as half of the free memory takes by default, at most 16. */
  readonly batch?: number | undefined;
}

export interface Curve {
  /** Probability of the class after 0, 1/steps … all of the pixels. */
  readonly probabilities: readonly number[];
  /** Area under it, 0…1: the mean probability on the way, by the trapezoidal rule. */
  readonly area: number;
}

export interface Faithfulness {
  /** The lower its area, the better. */
  readonly deletion: Curve;
  /** The higher its area, the better. */
  readonly insertion: Curve;
}

export interface FaithfulnessMeter {
  /** @param map [1, h, w] of any size: enlarged linearly. */
  readonly of: (question: Question, map: Image) => Promise<Faithfulness>;
  readonly dispose: () => Promise<void>;
}

const USUAL_BATCH = 16;
/** Deviation of the blur in parts of the side: 10 pixels of 224 (Fong & Vedaldi 2017, arXiv 1704.03296). */
const BLUR = 10 / 224;

/** Compiles the measures for a net. Dispose of it when it is no longer asked. */
export async function openFaithfulness(net: Explained, options: FaithfulnessOptions = {}): Promise<FaithfulnessMeter> {
  const { steps = 32, deletion = "mean", insertion = "blur", batch: asked, ...compiling } = options;
  const places = Array.from({ length: steps + 1 }, (_, i) => i / steps);
  const wanted = [0, 1].flatMap((inserts) => places.map((part) => ({ part, inserts })));
  const most = Math.min(asked ?? Number.POSITIVE_INFINITY, net.most ?? Number.POSITIVE_INFINITY);
  const graph = (rows: number): Graph => curveGraph(net, rows, { deletion, insertion });
  const batch = batchSize(wanted.length, Number.isFinite(most) ? most : undefined, graph, undefined, USUAL_BATCH);
  const program = await compile(graph(batch), compiling);
  const [, height, width] = net.picture;
  return {
    of: async ({ image, class: c }, map) => {
      const fixed = {
        image: stacked([image], [1, ...net.picture]),
        target: targets([c], [1, net.classes]),
        rank: tensor("float32", [1, 1, height, width], ranks(atSize(map, height, width))),
      };
      const found: number[] = [];
      for (let first = 0; first < wanted.length; first += batch) {
        const some = wanted.slice(first, first + batch);
        const column = (pick: (row: (typeof wanted)[number]) => number): Tensor =>
          tensor(
            "float32",
            [batch, 1, 1, 1],
            Float32Array.from({ length: batch }, (_, i) => (some[i] ? pick(some[i]) : 0)),
          );
        const out = await program.run({ ...fixed, part: column((r) => r.part), inserts: column((r) => r.inserts) });
        found.push(...(out.probability!.data as Float32Array).subarray(0, some.length));
      }
      const [taken, put] = [found.slice(0, places.length), found.slice(places.length)];
      return { deletion: curveOf(taken), insertion: curveOf(put) };
    },
    dispose: () => program.dispose(),
  };
}

/** Rows of one picture, with the first `part` of its pixels taken away or put in. */
function curveGraph(net: Explained, rows: number, baselines: { deletion: Baseline; insertion: Baseline }): Graph {
  const g = builderOf(emptyGraph("faithfulness"));
  const [, height, width] = net.picture;
  const image = g.input("image", "float32", [1, ...net.picture]);
  const target = g.input("target", "float32", [1, net.classes]);
  const rank = g.input("rank", "float32", [1, 1, height, width]);
  const part = g.input("part", "float32", [rows, 1, 1, 1]);
  const inserts = g.input("inserts", "float32", [rows, 1, 1, 1]);
  const blurred = () => {
    const down = g.numbers(gaussianRows(height), [height, height], "float32");
    const across = g.numbers(gaussianRows(width), [width, width], "float32");
    return g.matmul(g.matmul(down, image), g.transpose(across, [1, 0]));
  };
  const baseline = { mean: () => g.expand(plain(g, net.meanColour), image.shape), blur: blurred };
  const first = g.op("Less", [rank, part]);
  const taken = g.where(first, baseline[baselines.deletion](), image);
  const put = g.where(first, image, baseline[baselines.insertion]());
  const pictures = g.where(g.op("Greater", [inserts, 0.5]), put, taken);
  g.output(net.see(g, pictures, repeated(g, target, rows)).probability, "probability");
  return g.graph;
}

/** Row-major [n, n]: a Gaussian along a side; what lies beyond the border does not count. */
function gaussianRows(n: number): number[] {
  const sigma = BLUR * n;
  return Array.from({ length: n }, (_, o) => {
    const row = Array.from({ length: n }, (_, i) => Math.exp(-((i - o) ** 2) / (2 * sigma * sigma)));
    const sum = row.reduce((a, b) => a + b);
    return row.map((w) => w / sum);
  }).flat();
}

/** Area under a curve of equal steps over 0…1. */
export function curveOf(probabilities: readonly number[]): Curve {
  const n = probabilities.length - 1;
  const ends = (probabilities[0]! + probabilities[n]!) / 2;
  return { probabilities, area: (probabilities.reduce((a, b) => a + b) - ends) / n };
}
