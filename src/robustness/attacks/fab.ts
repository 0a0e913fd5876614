/** @file Fast adaptive boundary attack, targeted (Croce & Hein, ICML 2020, arXiv 1907.02044): the smallest change, by linearising. */

import { gradient } from "../../autodiff/gradient.ts";
import { fixedInputs } from "../ascent.ts";
import type { Attack, Finding, Subject } from "../attack.ts";
import { answerOf, type Row } from "../classifier.ts";
import { ask, type Course, number, type Step } from "../course.ts";
import { ontoHyperplane } from "../hyperplane.ts";
import { difference } from "../losses.ts";
import { intoBox, type Norm } from "../norms.ts";
import { likely, type TargetsOptions } from "./apgd.ts";

export interface FabOptions extends TargetsOptions {
  readonly norm: Norm;
  /** Largest change that counts as a success; without it, any does. Random starts lie within it. */
  readonly eps?: number;
  /** Default 100. */
  readonly steps?: number;
  /** Tries for each target, the first from the picture itself; 1. */
  readonly restarts?: number;
}

/** η: how far a step goes beyond the linearised boundary. */
const OVERSHOOT = 1.05;
/** α_max: the largest part that the step from the untouched picture has in a move. */
const MOST_BIAS = 0.1;
/** β: where the way back begins, once the net is fooled. */
const BACK = 0.9;
/** Random starts lie in this part of the ball. */
const START = 0.5;
const TINY = 1e-8;

/**
 * FAB-T: for each of the likeliest other classes t, steps onto the linearised boundary z_t = z_y, drawn towards the picture:
 *
 *   d₁ = proj(x) − x,  d₂ = proj(x₀) − x₀,  α = min(‖d₁‖ / (‖d₁‖ + ‖d₂‖), α_max)
 *   x' = clip((1 − α)(x + η d₁) + α (x₀ + η d₂))
 *
 * and, whenever the net is fooled, back to x₀ + β (x' − x₀). The smallest change that fools counts.
 */
export function fabT({ norm, eps, steps = 100, restarts = 1, targets = 9 }: FabOptions): Attack {
  return {
    name: `fab-t-${norm.name}`,
    source: "Croce & Hein 2020, arXiv 1907.02044",
    norm,
    eps,
    gradients: true,
    *perturb(subject): Course<Finding> {
      const best: Best = { distance: Number.POSITIVE_INFINITY, picture: subject.image };
      for (const target of likely(subject, targets))
        for (let i = 0; i < restarts; i++) {
          const start =
            i === 0 ? subject.image : startIn(subject, norm, Math.min(best.distance, eps ?? 1), `${target} ${i}`);
          yield* descend(subject, norm, target, start, steps, best);
          // Within the budget nothing smaller is needed.
          if (eps !== undefined && best.distance <= eps) return best;
        }
      return best;
    },
  };
}

interface Best {
  distance: number;
  picture: Float32Array;
}

function* descend(
  subject: Subject,
  norm: Norm,
  target: number,
  start: Float32Array,
  steps: number,
  best: Best,
): Course<void> {
  const { image, fooled } = subject;
  const step = boundaryStep(norm);
  const fixed = fixedInputs({ ...subject, target }, 0);
  const still = new Float32Array(image.length);
  const here = (x: Float32Array): Row => ({
    ...fixed,
    x,
    slope: still,
    gap: number(0),
    moves: number(0),
    back: number(1),
  });
  let at = yield* ask(step, here(start));
  for (let n = 0; n < steps; n++) {
    const { x, slope, gap } = at as { x: Float32Array; slope: Float32Array; gap: Float32Array };
    if (slope.every((v) => v === 0)) return;
    at = yield* ask(step, { ...fixed, x, slope, gap, moves: number(1), back: number(1) });
    if (!fooled(at.logits!)) continue;
    const distance = norm.distance(at.x!, image);
    if (distance < best.distance) Object.assign(best, { distance, picture: at.x! });
    if (n + 1 < steps) at = yield* ask(step, { ...here(at.x!), back: number(BACK) });
  }
}

/** A point of half of the ball, at its rim. */
function startIn({ image, random }: Subject, norm: Norm, size: number, name: string): Float32Array {
  const u = norm.sphere(random.fork(`start ${name}`), image.length);
  return image.map((x, i) => Math.min(1, Math.max(0, x + START * size * u[i]!)));
}

/** x, with z_t − z_y (`gap`) and its slope there ↦ x', its answer, gap and slope; `moves` 0 only goes back, by `back`. */
const boundaryStep = (norm: Norm): Step => ({
  name: `fab ${norm.name}`,
  gradient: true,
  inputs: ({ picture, classes }) => ({
    x: picture,
    origin: picture,
    slope: picture,
    gap: [1, 1, 1],
    moves: [1, 1, 1],
    back: [1, 1, 1],
    label: [1, classes],
    target: [1, classes],
  }),
  emit: (g, { x, origin, slope, gap, moves, back, label, target }, net) => {
    const n = x!.shape[0]!;
    const both = (a: typeof x, b: typeof x) => g.concat([a!, b!], 0);
    // The boundary linearised at x: ⟨slope, z⟩ = ⟨slope, x⟩ − gap.
    const level = g.sub(g.sum(g.mul(slope!, x!), [1, 2, 3]), gap!);
    const from = both(x, origin);
    const d = g.sub(ontoHyperplane(g, norm, from, both(slope, slope), both(level, level)), from);
    const size = g.op("Max", [norm.size(g, d), TINY]);
    const part = (v: typeof d, i: number) => g.slice(v, [0], [i * n], [(i + 1) * n]);
    const bias = g.op("Min", [g.div(part(size, 0), g.add(part(size, 0), part(size, 1))), g.scalar(MOST_BIAS, d.dtype)]);
    const beyond = (v: typeof d, i: number) => g.add(v, g.mul(part(d, i), OVERSHOOT));
    const moved = intoBox(g, g.add(g.mul(beyond(x!, 0), g.sub(1, bias)), g.mul(beyond(origin!, 1), bias)));
    const stays = g.add(origin!, g.mul(g.sub(x!, origin!), back!));
    const next = g.where(g.op("Greater", [moves!, 0]), moved, stays);
    const z = net.see(next);
    const way = g.mean(difference.of(g, z, { label: label!, target: target! }), [1, 2], false);
    const [up] = gradient(g, g.sum(way, undefined, false), [next]);
    return { x: next, logits: answerOf(g, z), gap: way, slope: up! };
  },
});
