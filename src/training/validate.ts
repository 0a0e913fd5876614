/** @file Validation: how well the weights of a training state do, on pictures as they are and on attacked ones. */

import { openModel } from "../model/model.ts";
import { pgd } from "../robustness/attacks/pgd.ts";
import { classifierOf } from "../robustness/classifier.ts";
import { normOf } from "../robustness/norms.ts";
import { picturesOf } from "../robustness/pictures.ts";
import { attack } from "../robustness/run.ts";
import { type Share, share } from "../robustness/summary.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import { type Adversary, adversaries } from "./adversary.ts";
import { evaluate, type LabelledBatch } from "./evaluate.ts";
import { exportNet } from "./export.ts";
import type { Evaluation } from "./metrics.ts";
import type { ClassifierNet } from "./net.ts";
import type { TrainingState } from "./step.ts";
import { weightsOf, withWeights } from "./weights.ts";

/** Pictures to validate on, and the names of their classes. */
export interface ValidationSet {
  readonly batches: () => AsyncIterable<LabelledBatch>;
  readonly classes: readonly string[];
  /** Pictures that are attacked too, where there is an adversary: a part of those mostly, since it takes some 15 looks each. */
  readonly attacked?: (() => AsyncIterable<LabelledBatch>) | undefined;
}

/** Accuracy on attacked pictures, for a ball of the size that was trained for. */
export interface Robustness {
  /** Pictures that were attacked. */
  readonly n: number;
  /** After one step of 1.25 eps from a random point, as fast adversarial training makes it. */
  readonly fgsm: Share;
  /** After up to 10 steps of eps / 4 from a random point. */
  readonly pgd: Share;
}

export interface Validation {
  readonly evaluation: Evaluation;
  readonly robustness?: Robustness;
}

export interface ValidateOptions extends CompileOptions {
  readonly net: ClassifierNet;
  readonly adversary?: Adversary | undefined;
}

/** Throws what `evaluate` and `attack` throw, and the signal's reason where it aborts. */
export async function validate(
  { net, adversary, ...rest }: ValidateOptions,
  { batches, classes, attacked }: ValidationSet,
  state: TrainingState,
  signal?: AbortSignal,
): Promise<Validation> {
  const options: CompileOptions = {
    ...(rest.device && { device: rest.device }),
    ...(rest.threads && { threads: rest.threads }),
  };
  const weights = weightsOf(state);
  const trained = { ...net, source: withWeights(net.source, weights) };
  const evaluation = await evaluate(trained, batches(), { ...options, classes, ...(signal && { signal }) });
  if (!adversary || !attacked) return { evaluation };
  const file = exportNet(net, { weights, labels: classes });
  return { evaluation, robustness: await robustness(file, attacked(), adversary, options, signal) };
}

const PGD_STEPS = 10;

async function robustness(
  file: Uint8Array,
  batches: AsyncIterable<LabelledBatch>,
  { norm: name, eps }: Adversary,
  options: CompileOptions,
  signal?: AbortSignal,
): Promise<Robustness> {
  const some: LabelledBatch[] = [];
  for await (const batch of batches) some.push(batch);
  const classifier = await classifierOf(openModel(file), { ...options, size: some[0]?.images.dims[1] });
  const norm = normOf(name);
  const { rate, steps } = adversaries.fgsm(eps);
  const accuracy = async (method: ReturnType<typeof pgd>): Promise<Share> => {
    let [n, right] = [0, 0];
    const pictures = picturesOf(classifier, each(some));
    for await (const { success } of attack(classifier, method, pictures, { ...options, ...(signal && { signal }) })) {
      n++;
      if (!success) right++;
    }
    signal?.throwIfAborted();
    return share(right, n);
  };
  const n = some.reduce((sum, { labels }) => sum + labels.filter((label) => label >= 0).length, 0);
  return {
    n,
    fgsm: await accuracy(pgd({ norm, eps, steps, stepSize: rate })),
    pgd: await accuracy(pgd({ norm, eps, steps: PGD_STEPS })),
  };
}

async function* each<T>(all: readonly T[]): AsyncGenerator<T, void> {
  yield* all;
}

/**
 * Whether a net has learnt to withstand one step alone (catastrophic overfitting, Wong et al. 2020): more steps leave less than
 * half of the accuracy, and no chance of the sample.
 */
export const isOverfitted = ({ fgsm, pgd }: Robustness): boolean =>
  pgd.value < fgsm.value / 2 && pgd.interval[1] < fgsm.interval[0];
