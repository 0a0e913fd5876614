/** @file Square attack (Andriushchenko et al., ECCV 2020, arXiv 1912.00049): random search with squares, by scores alone. */

import { fixedInputs } from "../ascent.ts";
import type { Attack, Finding, Subject } from "../attack.ts";
import { answerOf, type Row } from "../classifier.ts";
import { ask, type Course, type Step } from "../course.ts";
import { margin, targetedCrossEntropy } from "../losses.ts";
import { intoBox, type Norm } from "../norms.ts";
import type { BudgetOptions } from "./pgd.ts";
import { stripes, windows } from "./square-draws.ts";

export interface SquareOptions extends BudgetOptions {
  /** Default 5,000. */
  readonly queries?: number;
}

/** Part of the pixels in the first squares. */
const FIRST_PART = 0.8;
/** The part is halved at these of 10,000 queries; with fewer, in proportion. */
const HALVINGS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/** Part of the pixels that a square covers at a query. */
export const squarePart = (query: number, queries: number): number =>
  FIRST_PART / 2 ** HALVINGS.filter((at) => Math.trunc((query / queries) * 10_000) > at).length;

/** Side of the square, in pixels; in L2 odd, and at least 3. */
export function squareSide(norm: Norm, part: number, height: number, width: number): number {
  const side = Math.round(Math.sqrt(part * height * width));
  const least = Math.min(height, width);
  if (norm.name === "linf") return Math.min(Math.max(side, 1), least);
  return Math.min(2 * Math.floor(Math.max(side, 3) / 2) + 1, least);
}

/**
 * Starts from stripes (L∞) or a board of bumps (L2), then changes one square at a time, and keeps what brings the net closer to
 * the mistake: the margin, or with a target its cross-entropy. L∞: the square gets ±eps in each channel. L2: the square takes
 * over the budget of another one, as a pair of bumps added to what it held.
 */
export function square({ norm, eps, queries = 5000 }: SquareOptions): Attack {
  return {
    name: `square-${norm.name}`,
    source: "Andriushchenko et al. 2020, arXiv 1912.00049",
    norm,
    eps,
    gradients: false,
    *perturb(subject): Course<Finding> {
      const step = norm.name === "linf" ? squareStep : bumpStep;
      const fixed = fixedInputs(subject, eps);
      const { net, image, fooled } = subject;
      const [, height, width] = net.picture;
      const first: Row = stripes(norm, subject.random.fork("start"), net.picture);
      let at = yield* ask(step, { ...fixed, x: image, ...first });
      let best = at;
      for (let n = 1; n < queries && !fooled(best.logits!); n++) {
        const side = squareSide(norm, squarePart(n, queries), height, width);
        at = yield* ask(step, { ...fixed, x: best.x!, ...windows(norm, subject.random.fork(n), net.picture, side) });
        if (at.loss![0]! > best.loss![0]! || fooled(at.logits!)) best = at;
      }
      return { picture: best.x! };
    },
  };
}

const common = ({ picture, classes }: Subject["net"]) => ({
  x: picture,
  origin: picture,
  eps: [1, 1, 1],
  label: [1, classes],
  target: [1, classes],
});

type Emit = Step["emit"];

/** The answer at x', and the loss: the margin without a target, its log-probability with one. */
const judged = (
  g: Parameters<Emit>[0],
  x: ReturnType<typeof answerOf>,
  { label, target }: Parameters<Emit>[1],
  net: Parameters<Emit>[2],
): ReturnType<Emit> => {
  const z = net.see(x);
  const classes = { label: label!, target: target! };
  const aimed = g.sum(target!, [2]);
  const [free, to] = [margin.of(g, z, classes), targetedCrossEntropy.of(g, z, classes)];
  return { x, logits: answerOf(g, z), loss: g.mean(g.where(g.op("Greater", [aimed, 0]), to, free), [1, 2], false) };
};

/** Where the window is 1, x' = origin + eps · pattern; elsewhere x. */
const squareStep: Step = {
  name: "square linf",
  gradient: false,
  inputs: (net) => ({ ...common(net), window: [1, net.picture[1], net.picture[2]], pattern: net.picture }),
  emit: (g, inputs, net) => {
    const { x, origin, eps, window, pattern } = inputs;
    const changed = intoBox(g, g.add(origin!, g.mul(pattern!, eps!)));
    return judged(g, g.where(g.op("Greater", [window!, 0]), changed, x!), inputs, net);
  },
};

const TINY = 1e-12;

/**
 * With δ = x − origin, ν the part of the pattern in each channel, and all sums over the picture unless a channel is named:
 *
 *   new_c = pattern_c + δ_c window / ‖δ_c window‖      (‖·‖ of the channel)
 *   δ' = δ outside of both windows, 0 in the other,
 *        new_c / ‖new_c‖ · √(max(eps² − ‖δ‖², 0) / C + ‖δ in both‖²) in the window
 *   x' = clip(origin + eps δ' / ‖δ'‖)
 */
const bumpStep: Step = {
  name: "square l2",
  gradient: false,
  inputs: (net) => {
    const plane = [1, net.picture[1], net.picture[2]];
    return { ...common(net), window: plane, other: plane, pattern: net.picture };
  },
  emit: (g, inputs, net) => {
    const { x, origin, eps, window, other, pattern } = inputs;
    const channels = x!.shape[1]!;
    const squares = (v: NonNullable<typeof x>, axes: readonly number[]) => g.sum(g.square(v), axes);
    const length = (v: NonNullable<typeof x>, axes: readonly number[]) => g.add(g.sqrt(squares(v, axes)), TINY);
    const change = g.sub(x!, origin!);
    const held = g.mul(change, window!);
    const fresh = g.add(
      pattern!,
      g.mul(g.div(held, length(held, [2, 3])), g.mask(length(held, [2, 3]), "Greater", 2 * TINY)),
    );
    const both = g.op("Max", [window!, other!]);
    const left = g.op("Relu", [g.sub(g.square(eps!), squares(change, [1, 2, 3]))]);
    const size = g.sqrt(g.add(g.div(left, channels), squares(g.mul(change, both), [1, 2, 3])));
    const put = g.mul(g.div(fresh, length(fresh, [2, 3])), size);
    const next = g.add(g.mul(change, g.sub(1, both)), g.mul(put, window!));
    const scaled = g.mul(next, g.div(eps!, length(next, [1, 2, 3])));
    return judged(g, intoBox(g, g.add(origin!, scaled)), inputs, net);
  },
};
