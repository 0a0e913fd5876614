/** @file Projected gradient ascent (Madry et al., ICLR 2018, arXiv 1706.06083), and its one-step ancestor FGSM. */

import { ascent, atRest, fixedInputs, type Move, straight } from "../ascent.ts";
import type { Attack, Subject } from "../attack.ts";
import { ask, type Course, number } from "../course.ts";
import { crossEntropy, type Loss, targetedCrossEntropy } from "../losses.ts";
import type { Norm } from "../norms.ts";

export interface BudgetOptions {
  readonly norm: Norm;
  /** Size of the ball, in the norm, for pictures in 0…1. */
  readonly eps: number;
}

export interface PgdOptions extends BudgetOptions {
  /** Default 40. */
  readonly steps?: number;
  /** Length of a step; 2.5 eps / steps by default (Madry et al.), so that the ball's far side can be reached. */
  readonly stepSize?: number;
  /** Tries, each from a random point of the ball; 1. */
  readonly restarts?: number;
  /** False starts at the picture itself; with restarts only the first does. Default true. */
  readonly randomStart?: boolean;
  /** Cross-entropy by default, of the target where there is one. */
  readonly loss?: Loss;
}

export function pgd(options: PgdOptions): Attack {
  const { norm, eps, steps = 40, restarts = 1, randomStart = true } = options;
  return climbing({
    name: `pgd-${norm.name}`,
    source: "Madry et al. 2018, arXiv 1706.06083",
    norm,
    eps,
    steps,
    rate: () => options.stepSize ?? (2.5 * eps) / Math.max(1, steps),
    move: straight,
    loss: options.loss,
    starts: Array.from({ length: restarts }, (_, i) => randomStart || i > 0),
  });
}

/** x + eps · steepest(∂loss/∂x), clipped to 0…1: one step from the picture itself (Goodfellow et al. 2015, arXiv 1412.6572). */
export const fgsm = ({ norm, eps, loss }: BudgetOptions & { readonly loss?: Loss }): Attack =>
  climbing({
    name: `fgsm-${norm.name}`,
    source: "Goodfellow et al. 2015, arXiv 1412.6572",
    norm,
    eps,
    steps: 1,
    rate: () => eps,
    move: straight,
    loss,
    starts: [false],
  });

export interface ClimbOptions extends BudgetOptions {
  readonly name: string;
  readonly source: string;
  readonly steps: number;
  /** Length of the step of this number, from 0. */
  readonly rate: (step: number) => number;
  readonly move: Move;
  readonly loss: Loss | undefined;
  /** Whether each try starts at a random point. */
  readonly starts: readonly boolean[];
}

/** An attack that moves up a loss for some steps, and stops as soon as the net is fooled. */
export function climbing({ name, source, norm, eps, steps, rate, move, loss, starts }: ClimbOptions): Attack {
  return {
    name,
    source,
    norm,
    eps,
    gradients: true,
    ...(loss && { classes: loss.classes }),
    *perturb(subject): Course<{ picture: Float32Array }> {
      const climbed = loss ?? (subject.target === undefined ? crossEntropy : targetedCrossEntropy);
      const [step, last] = [true, false].map((slope) => ascent({ loss: climbed, norm, move, slope }));
      const fixed = fixedInputs(subject, eps);
      let best = { loss: Number.NEGATIVE_INFINITY, picture: subject.image };
      for (const [i, random] of starts.entries()) {
        let at = atRest(random ? startIn(subject, norm, eps, i) : subject.image, move);
        for (let n = 0; n <= steps; n++) {
          const scalars = Object.fromEntries(
            move.scalars.map((s) => [s, number(n > 0 && s === "rate" ? rate(n - 1) : 0)]),
          );
          at = yield* ask((n < steps ? step : last)!, { ...fixed, ...at, ...scalars });
          if (subject.fooled(at.logits!)) return { picture: at.x! };
          if (at.loss![0]! > best.loss) best = { loss: at.loss![0]!, picture: at.x! };
        }
      }
      return best;
    },
  };
}

/** A point drawn uniformly from the ball; the first step brings it into 0…1. */
function startIn({ image, random }: Subject, norm: Norm, eps: number, restart: number): Float32Array {
  const u = norm.ball(random.fork(`start ${restart}`), image.length);
  return image.map((x, i) => x + eps * u[i]!);
}
