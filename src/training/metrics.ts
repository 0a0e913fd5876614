/** @file What a classifier's answers on a data set come to: accuracy, balanced accuracy, loss, confusion, each class. */

import { wilson } from "../tensor/statistics.ts";

export interface ClassMetrics {
  readonly label: string;
  /** Pictures of this class. */
  readonly n: number;
  /** Part of them that was recognised; NaN without any. */
  readonly recall: number;
  /** Part of the answers "this class" that was right; NaN if it never was the answer. */
  readonly precision: number;
  /** Harmonic mean of the two; NaN where both are unknown. */
  readonly f1: number;
}

/** A wrong answer. */
export interface Mistake {
  /** As the batches number the pictures. */
  readonly item: number;
  readonly label: number;
  readonly answer: number;
  /** Probability of the answer. */
  readonly confidence: number;
  /** Cross-entropy of this picture. */
  readonly loss: number;
}

export interface Evaluation {
  /** Pictures that were judged. */
  readonly n: number;
  /** Part of the pictures whose first answer is right. */
  readonly top1: number;
  /** 95 % interval of `top1` (Wilson 1927). */
  readonly interval: readonly [low: number, high: number];
  /** Part with the right answer among the first five. */
  readonly top5: number;
  /** Mean recall over the classes that occur. */
  readonly balanced: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** `confusion[label][answer]`: pictures. */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ClassMetrics[];
  /** The mistakes of largest loss, worst first. */
  readonly mistakes: readonly Mistake[];
}

/** Adds up answers picture by picture. Keeps the `worst` mistakes (default 24). */
export class Tally {
  readonly #labels: readonly string[];
  readonly #worst: number;
  readonly #confusion: number[][];
  #mistakes: Mistake[] = [];
  #loss = 0;
  #top5 = 0;

  constructor(labels: readonly string[], worst = 24) {
    this.#labels = labels;
    this.#worst = worst;
    this.#confusion = labels.map(() => labels.map(() => 0));
  }

  /** One picture: its logits, its class, its number. */
  add(logits: ArrayLike<number>, label: number, item: number): void {
    const z = Array.from(logits);
    const top = Math.max(...z);
    const sum = z.reduce((s, x) => s + Math.exp(x - top), 0);
    const answer = Math.max(z.indexOf(top), 0);
    const loss = top + Math.log(sum) - z[label]!;
    this.#loss += loss;
    if (z.filter((x) => x > z[label]!).length < 5) this.#top5++;
    this.#confusion[label]![answer]!++;
    if (answer === label) return;
    this.#mistakes.push({ item, label, answer, confidence: 1 / sum, loss });
    if (this.#mistakes.length > 2 * this.#worst) this.#mistakes = this.#worstMistakes();
  }

  result(): Evaluation {
    const classes = this.#labels.map((label, i) => this.#metricsOf(label, i));
    const n = sum(classes.map((c) => c.n));
    const right = sum(this.#confusion.map((row, i) => row[i]!));
    const recalls = classes.filter((c) => c.n > 0).map((c) => c.recall);
    return {
      n,
      top1: right / n,
      interval: wilson(right, n),
      top5: this.#top5 / n,
      balanced: sum(recalls) / recalls.length,
      loss: this.#loss / n,
      confusion: this.#confusion,
      classes,
      mistakes: this.#worstMistakes(),
    };
  }

  #metricsOf(label: string, i: number): ClassMetrics {
    const n = sum(this.#confusion[i]!);
    const right = this.#confusion[i]![i]!;
    const answered = sum(this.#confusion.map((row) => row[i]!));
    return { label, n, recall: right / n, precision: right / answered, f1: (2 * right) / (n + answered) };
  }

  #worstMistakes(): Mistake[] {
    return this.#mistakes.sort((a, b) => b.loss - a.loss).slice(0, this.#worst);
  }
}

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
