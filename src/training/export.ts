/** @file A trained net as the bytes of an .onnx file: an ordinary inference graph that describes itself. */

import { sourceBytes } from "../nets/net.ts";
import { foldBatchNorm } from "../passes/fold-batch-norm.ts";
import { narrowWeights } from "../passes/half-weights.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ClassifierNet } from "./net.ts";
import { withWeights } from "./weights.ts";

export interface ExportOptions {
  /** Trained weights by name, from `weightsOf`; those of the file by default. */
  readonly weights?: ReadonlyMap<string, Tensor>;
  readonly labels: readonly string[];
  /** What is known about the training (data, recipe, accuracy …), as JSON. */
  readonly training?: unknown;
  /** Stores large weights in 16 bits; default false. */
  readonly half?: boolean;
}

/** Batch normalisations are folded into convolutions; preprocessing, labels, task and training facts go into `fovea.*`. */
export function exportNet({ source, preprocessing }: ClassifierNet, options: ExportOptions): Uint8Array {
  const { weights = new Map(), labels, training, half = false } = options;
  const folded = foldBatchNorm(withWeights(source, weights));
  const facts = { preprocessing, labels, task: "classification", training };
  const metadata = {
    ...source.metadata,
    ...Object.fromEntries(
      Object.entries(facts).flatMap(([key, value]) =>
        value === undefined ? [] : [[`fovea.${key}`, JSON.stringify(value)] as const],
      ),
    ),
  };
  return sourceBytes({ ...(half ? narrowWeights(folded) : folded), metadata });
}
