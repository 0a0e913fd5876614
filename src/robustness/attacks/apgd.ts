/** @file Auto-PGD (Croce & Hein, ICML 2020, arXiv 2003.01690): momentum, and a step that halves itself when it gets nowhere. */

import { ascent, atRest, fixedInputs, type Move } from "../ascent.ts";
import type { Attack, Finding, Subject } from "../attack.ts";
import type { Row } from "../classifier.ts";
import { ask, type Course, number, ranked } from "../course.ts";
import { crossEntropy, dlr, type Loss, targetedCrossEntropy, targetedDlr } from "../losses.ts";
import { intoBall } from "../norms.ts";
import type { BudgetOptions } from "./pgd.ts";

export interface ApgdOptions extends BudgetOptions {
  /** Default 100. */
  readonly steps?: number;
  /** Tries, each from a random direction; 1. */
  readonly restarts?: number;
}

/** The first step is so many eps long. */
const FIRST_STEP = 2;
/** Part of a step that is new; the rest repeats the last change (Algorithm 1). */
const MOMENTUM = 0.75;
/** The step is halved where less than this part of the steps since the last checkpoint went up. */
const RHO = 0.75;
/** In parts of all steps: the first period between checkpoints, what each is shorter by, and the shortest. */
const PERIOD = { first: 0.22, shrink: 0.03, least: 0.06 };

/** Steps after which the step's length is judged anew: 22 % of all, then periods shorter by 3 %, at least 6 %. */
export function checkpoints(steps: number): number[] {
  const part = (x: number): number => Math.max(Math.floor(x * steps), 1);
  const marks: number[] = [];
  let period = part(PERIOD.first);
  for (let at = period; at <= steps; at += period) {
    marks.push(at);
    period = Math.max(period - part(PERIOD.shrink), part(PERIOD.least));
  }
  return marks;
}

/**
 * Whether the step is to be halved at a checkpoint: too few of the steps went up (condition 1), or the best has not risen
 * since the last checkpoint, where the step was not halved either (condition 2).
 *
 * @param losses At the last checkpoint's point and at each step since.
 */
export function halves(
  losses: readonly number[],
  best: { readonly now: number; readonly before: number },
  halvedThen: boolean,
): boolean {
  const rises = losses.filter((loss, i) => i > 0 && loss > losses[i - 1]!).length;
  return rises <= RHO * (losses.length - 1) || (!halvedThen && best.now <= best.before);
}

/** z = P(x + step · steepest(g)),   x' = P(x + a (z − x) + (1 − a)(x − x₋₁)),   P onto the ball and into 0…1. */
const heavyBall: Move = {
  name: "apgd",
  state: ["old"],
  scalars: ["rate", "fresh"],
  update: (g, { x, origin, slope, eps, norm, state, scalars }) => {
    const into = (v: typeof x) => intoBall(g, norm, v, origin, eps);
    const z = into(g.add(x, g.mul(scalars.rate!, norm.steepest(g, slope))));
    const { fresh } = scalars;
    const on = g.add(g.mul(fresh!, g.sub(z, x)), g.mul(g.sub(1, fresh!), g.sub(x, state.old!)));
    return { x: into(g.add(x, on)), state: { old: x } };
  },
};

const SOURCE = "Croce & Hein 2020, arXiv 2003.01690";

/** APGD on the cross-entropy, of the target where there is one. */
export const apgdCe = (options: ApgdOptions): Attack =>
  apgd("apgd-ce", options, 2, ({ target }) => [
    target === undefined ? { loss: crossEntropy } : { loss: targetedCrossEntropy, target },
  ]);

/** APGD on the difference-of-logits ratio, which no scale of the logits can flatten; with a target, on the targeted one. */
export const apgdDlr = (options: ApgdOptions): Attack =>
  apgd("apgd-dlr", options, dlr.classes, ({ target, net }) => [
    target === undefined || net.classes < targetedDlr.classes ? { loss: dlr } : { loss: targetedDlr, target },
  ]);

export interface TargetsOptions {
  /** Classes that are tried in turn, the likeliest first; 9. A picture that has a target gets that alone. */
  readonly targets?: number;
}

/** APGD on the targeted DLR, for one likely class after the other. */
export const apgdT = ({ targets = 9, ...options }: ApgdOptions & TargetsOptions): Attack =>
  apgd("apgd-t", options, targetedDlr.classes, (subject) =>
    likely(subject, targets).map((target) => ({ loss: targetedDlr, target })),
  );

/** The classes to aim at: the picture's own target, or the likeliest that are not its label. */
export const likely = ({ target, label, logits }: Subject, count: number): number[] =>
  target === undefined
    ? ranked(logits)
        .filter((c) => c !== label)
        .slice(0, count)
    : [target];

interface Aim {
  readonly loss: Loss;
  readonly target?: number;
}

function apgd(
  kind: string,
  { norm, eps, steps = 100, restarts = 1 }: ApgdOptions,
  classes: number,
  aims: (subject: Subject) => readonly Aim[],
): Attack {
  const marks = checkpoints(steps);
  return {
    name: `${kind}-${norm.name}`,
    source: SOURCE,
    norm,
    eps,
    classes,
    gradients: true,
    *perturb(subject): Course<Finding> {
      let best: Climb | undefined;
      for (const aim of aims(subject))
        for (let i = 0; i < restarts; i++) {
          const u = norm.sphere(subject.random.fork(`start ${aim.target ?? ""} ${i}`), subject.image.length);
          const start = subject.image.map((x, j) => x + eps * u[j]!);
          const climb: Climb = yield* climbOnce(subject, { norm, eps }, aim, start, marks, steps);
          if (climb.fooled) return climb;
          if (!best || climb.loss > best.loss) best = climb;
        }
      return best ?? { picture: subject.image };
    },
  };
}

interface Climb extends Finding {
  readonly fooled: boolean;
  readonly loss: number;
}

function* climbOnce(
  subject: Subject,
  { norm, eps }: BudgetOptions,
  aim: Aim,
  start: Float32Array,
  marks: readonly number[],
  steps: number,
): Course<Climb> {
  const [step, last] = [true, false].map((slope) => ascent({ loss: aim.loss, norm, move: heavyBall, slope }));
  const fixed = fixedInputs({ ...subject, target: aim.target }, eps);
  let at: Row = atRest(start, heavyBall);
  let best = { loss: Number.NEGATIVE_INFINITY, at };
  let rate = FIRST_STEP * eps;
  let [bestThen, halvedThen] = [Number.NEGATIVE_INFINITY, true];
  let losses: number[] = [];
  for (let n = 0; n <= steps; n++) {
    const scalars =
      n === 0 ? { rate: number(0), fresh: number(1) } : { rate: number(rate), fresh: number(n === 1 ? 1 : MOMENTUM) };
    at = yield* ask((n < steps ? step : last)!, { ...fixed, ...at, ...scalars });
    const loss = at.loss![0]!;
    if (subject.fooled(at.logits!)) return { picture: at.x!, fooled: true, loss };
    if (loss > best.loss) best = { loss, at };
    losses.push(loss);
    if (n === 0) bestThen = loss;
    if (!marks.includes(n)) continue;
    const halved = halves(losses, { now: best.loss, before: bestThen }, halvedThen);
    if (halved) {
      rate /= 2;
      at = { ...best.at, old: at.old! };
    }
    [bestThen, halvedThen, losses] = [best.loss, halved, [loss]];
  }
  return { picture: best.at.x!, fooled: false, loss: best.loss };
}
