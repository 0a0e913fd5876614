/** @file How a top-down net's decision comes about as its levels are opened one by one, the coarsest first. */

import { expect } from "../error.ts";
import { type Level, levelsOf, openLevels } from "../model/levels.ts";
import type { Model } from "../model/model.ts";
import { denormalised } from "../model/preprocessing.ts";
import { encode } from "../preimage/encode.ts";
import { netAt } from "../preimage/net.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { type MeanInterval, meanInterval, wilson } from "../tensor/statistics.ts";
import { tensor } from "../tensor/tensor.ts";
import { type Answers, type AnswersOptions, decisionOf, openAnswers } from "./answers.ts";
import { type Explained, explained } from "./explained.ts";

export interface CoarseToFine {
  readonly net: Explained;
  /** Coarse to fine. */
  readonly levels: readonly Level[];
  readonly device: Answers["device"];
  readonly provider: string;
  /**
   * For each number of open levels 1 … N, for each picture [C, H, W] in 0…1, the probabilities of the classes. Levels that are
   * closed hold the finest open one, enlarged linearly; with all open it is the net's own answer.
   */
  readonly of: Answers["of"];
  readonly dispose: () => Promise<void>;
}

/**
 * Compiles the net once for each number of open levels, all in one graph. Dispose of it when it is no longer asked.
 *
 * Throws an `InputError` for a net without levels.
 */
export async function openCoarseToFine(
  model: Model,
  { size, ...options }: AnswersOptions & { readonly size?: number | undefined } = {},
): Promise<CoarseToFine> {
  const levels = levelsOf(model, { size });
  // Its words for a net without levels are right here, too.
  const first = explained(openLevels(model, 1), { size });
  const others = levels.slice(1).map((_, i) => explained(openLevels(model, i + 2), { size }));
  const { device, provider, of, dispose } = await openAnswers([first, ...others], options);
  return { net: others.at(-1) ?? first, levels, device, provider, of, dispose };
}

/** What each level holds of a photo, coarse to fine, as pictures in 0…1. */
export async function levelPictures(
  model: Model,
  photo: Image,
  { size, ...options }: CompileOptions & { readonly size?: number | undefined } = {},
): Promise<Image[]> {
  const levels = levelsOf(model, { size });
  const net = netAt(
    model,
    levels.map(({ value }) => value),
    size,
  );
  const pictures: Image[] = [];
  for (const { value } of levels) {
    const { code } = await encode(model, net, value, photo, options);
    const [, ...dims] = code.dims;
    pictures.push(denormalised(tensor("float32", dims, code.data), model.preprocessing));
  }
  return pictures;
}

/** A part of n pictures, with its 95 % interval. */
export interface Part {
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
}

/** What the net does with levels 1 … `open` open. */
export interface CurvePoint {
  readonly open: number;
  /** Pictures that are answered right. */
  readonly accuracy: Part;
  /** Pictures whose answer is that of the whole net. */
  readonly agreement: Part;
  /** Mean probability of the right class. */
  readonly probability: MeanInterval;
}

/** The same picture by picture, in their order. */
export interface EachDecided {
  readonly right: readonly boolean[];
  readonly probability: readonly number[];
}

export interface LabelledPicture {
  readonly image: Float32Array;
  readonly label: number;
}

export interface CurveOptions {
  /** After it, what has been counted so far is returned. */
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number) => void) | undefined;
}

const TOGETHER = 32;

/**
 * The decision curve over a data set: accuracy and agreement with the final decision, by the number of open levels.
 *
 * Throws an `InputError` where there are no pictures.
 */
export async function decisionCurve(
  net: Pick<CoarseToFine, "of" | "levels">,
  pictures: AsyncIterable<LabelledPicture>,
  { signal, progress }: CurveOptions = {},
): Promise<{ readonly n: number; readonly points: readonly CurvePoint[]; readonly each: readonly EachDecided[] }> {
  const tallies = net.levels.map(() => ({ right: [] as boolean[], agrees: 0, probability: [] as number[] }));
  let n = 0;
  const take = async (some: readonly LabelledPicture[]): Promise<void> => {
    const answers = await net.of(some.map(({ image }) => image));
    for (const [k, tally] of tallies.entries())
      for (const [i, { label }] of some.entries()) {
        const own = answers[k]![i]!;
        const decision = decisionOf(own);
        tally.right.push(decision === label);
        tally.agrees += Number(decision === decisionOf(answers.at(-1)![i]!));
        tally.probability.push(own[label] ?? Number.NaN);
      }
    n += some.length;
    progress?.(n);
  };
  let waiting: LabelledPicture[] = [];
  for await (const picture of pictures) {
    if (signal?.aborted) break;
    waiting.push(picture);
    if (waiting.length < TOGETHER) continue;
    await take(waiting);
    waiting = [];
  }
  if (waiting.length > 0 && !signal?.aborted) await take(waiting);
  expect(n > 0 || signal?.aborted, () => "there are no labelled pictures to decide on: check the folder and the split");
  const part = (k: number): Part => ({ value: k / n, interval: wilson(k, n) });
  return {
    n,
    points: tallies.map(({ right, agrees, probability }, i) => ({
      open: i + 1,
      accuracy: part(right.filter(Boolean).length),
      agreement: part(agrees),
      probability: meanInterval(probability),
    })),
    each: tallies.map(({ right, probability }) => ({ right, probability })),
  };
}
