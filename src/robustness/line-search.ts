/** @file The smallest strength of a one-parameter change that fools the net: a scan from weak to strong, then a bisection. */

import type { Attack, Finding, Subject } from "./attack.ts";
import type { Row } from "./classifier.ts";
import { ask, askAll, type Course, number, type Step } from "./course.ts";
import type { Norm } from "./norms.ts";

export interface LineSearchOptions {
  /** In which the change is measured. */
  readonly norm: Norm;
  /** Largest change that counts as a success; without it, any does. */
  readonly eps?: number | undefined;
  /** Strengths that are looked at, evenly from none to the most; 100. */
  readonly levels?: number | undefined;
  /** Bisections between the first strength that fools and the one before; 10. */
  readonly bisections?: number | undefined;
  /** Random draws that are tried, where the change is random; 1. */
  readonly draws?: number | undefined;
}

export interface Family {
  readonly name: string;
  readonly source: string;
  /** From the inputs below and `by`, the strength, to `x` and `logits`. */
  readonly step: Step;
  /** The strongest change. */
  readonly most: number;
  /** What is drawn for a picture, once a try. */
  readonly draw: (subject: Subject, random: Subject["random"]) => Row;
  /** Inputs that the strength decides; none by default. */
  readonly at?: (strength: number, subject: Subject) => Row;
}

/** Rows that are asked for at once while scanning. */
const CHUNK = 10;

/** Looks at strengths in rising order, so that a change that fools only in between is found too. */
export function lineSearch(family: Family, options: LineSearchOptions): Attack {
  const { norm, eps, levels = 100, bisections = 10, draws = 1 } = options;
  const { name, source, step, most, draw } = family;
  return {
    name: `${name}-${norm.name}`,
    source,
    norm,
    eps,
    gradients: false,
    scores: false,
    rows: CHUNK,
    *perturb(subject): Course<Finding> {
      const { image, fooled } = subject;
      let best = { distance: Number.POSITIVE_INFINITY, picture: image };
      for (let i = 0; i < draws; i++) {
        const drawn = { x: image, ...draw(subject, subject.random.fork(`draw ${i}`)) };
        const row = (by: number): Row => ({ ...drawn, ...family.at?.(by, subject), by: number(by) });
        const level = (k: number): number => (most * k) / levels;
        let found: { readonly k: number; readonly x: Float32Array } | undefined;
        for (let k = 1; k <= levels && !found; k += CHUNK) {
          const ks = Array.from({ length: Math.min(CHUNK, levels + 1 - k) }, (_, j) => k + j);
          const answers = yield* askAll(
            step,
            ks.map((each) => row(level(each))),
          );
          const first = answers.findIndex(({ logits }) => fooled(logits!));
          if (first >= 0) found = { k: ks[first]!, x: answers[first]!.x! };
        }
        if (!found) continue;
        let [low, high, x] = [level(found.k - 1), level(found.k), found.x];
        for (let j = 0; j < bisections; j++) {
          const middle = (low + high) / 2;
          const at = yield* ask(step, row(middle));
          if (fooled(at.logits!)) [high, x] = [middle, at.x!];
          else low = middle;
        }
        const distance = norm.distance(x, image);
        if (distance < best.distance) best = { distance, picture: x };
      }
      return best;
    },
  };
}
