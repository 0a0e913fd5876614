/** @file Passes over a data set: batch by batch through the net, in memory that does not grow with the data. */

import type { Batch } from "../data/dataset.ts";
import { expect, InputError } from "../error.ts";
import { emptyGraph, type Graph } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { type Evaluation, Tally } from "./metrics.ts";
import { type ClassifierNet, classify } from "./net.ts";

/** The part of a batch that an evaluation reads. */
export type LabelledBatch = Pick<Batch, "images" | "labels" | "items">;

/** The net's answers are no numbers. */
export class BadAnswers extends InputError {
  constructor() {
    super("the net's answers are NaN: its weights or its preprocessing are wrong");
  }
}

export interface EvaluateOptions extends CompileOptions {
  /** Names of the classes, as the labels number them. */
  readonly classes: readonly string[];
  readonly signal?: AbortSignal;
  /** Told after each batch how many pictures are done. */
  readonly progress?: (done: number) => void;
}

/**
 * Judges a net on labelled pictures; places with the label −1 do not count.
 *
 * Throws an `InputError` where the net has other classes than the data, there are no pictures, or its answers are NaN.
 */
export async function evaluate(
  net: ClassifierNet,
  batches: AsyncIterable<LabelledBatch>,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { classes, signal, progress } = options;
  const tally = new Tally(classes);
  let done = 0;
  for await (const { batch, logits } of answers(net, batches, options)) {
    signal?.throwIfAborted();
    const width = logits.dims[1]!;
    expect(
      width === classes.length,
      () => `the net has ${width} classes, the data ${classes.length}: evaluate it on the data it was made for`,
    );
    batch.labels.forEach((label, i) => {
      if (label < 0) return;
      const row = logits.data.subarray(i * width, (i + 1) * width);
      if (!row.every(Number.isFinite)) throw new BadAnswers();
      tally.add(row, label, batch.items[i]!);
      done++;
    });
    progress?.(done);
  }
  expect(done > 0, () => "there are no pictures to evaluate on: check the folder and the split");
  return tally.result();
}

/** Logits [B, classes] of batch after batch. A smaller last batch is filled up to the size of the first. */
export async function* answers<B extends Pick<Batch, "images">>(
  net: ClassifierNet,
  batches: AsyncIterable<B>,
  options: CompileOptions = {},
): AsyncGenerator<{ readonly batch: B; readonly logits: Tensor<"float32"> }> {
  let program: Awaited<ReturnType<typeof compile>> | undefined;
  let full: readonly number[] = [];
  try {
    for await (const batch of batches) {
      const { images } = batch;
      if (!program) {
        full = images.dims;
        program = await compile(logitsGraph(net, full), options);
      }
      const { logits } = await program.run({ images: images.dims[0] === full[0] ? images : filled(images, full) });
      const [n, width] = [images.dims[0]!, logits!.dims[1]!];
      yield { batch, logits: tensor("float32", [n, width], (logits!.data as Float32Array).subarray(0, n * width)) };
    }
  } finally {
    await program?.dispose();
  }
}

/** `images` (uint8 [B, H, W, 3]) → `logits` [B, classes]. */
export function logitsGraph(net: ClassifierNet, shape: readonly number[]): Graph {
  const g = builderOf(emptyGraph("classify"));
  g.output(classify(g, net, g.input("images", "uint8", shape)), "logits");
  return g.graph;
}

/** Black pictures behind those that there are. */
function filled(images: Tensor<"uint8">, [batch, ...picture]: readonly number[]): Tensor<"uint8"> {
  const size = images.dims.slice(1).reduce((n, d) => n * d, 1);
  const data = new Uint8Array(batch! * size);
  data.set(images.data);
  return tensor("uint8", [batch!, ...picture], data);
}
