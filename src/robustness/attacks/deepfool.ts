/** @file DeepFool (Moosavi-Dezfooli et al., CVPR 2016, arXiv 1511.04599): step by step across the nearest linearised boundary. */

import { gradient } from "../../autodiff/gradient.ts";
import { fixedInputs } from "../ascent.ts";
import type { Attack, Finding } from "../attack.ts";
import { answerOf } from "../classifier.ts";
import { askAll, type Course, type Step } from "../course.ts";
import { difference } from "../losses.ts";
import { intoBox, type Norm } from "../norms.ts";
import { likely } from "./apgd.ts";

export interface DeepFoolOptions {
  readonly norm: Norm;
  /** Largest change that counts as a success; without it, any does. */
  readonly eps?: number;
  /** Default 50. */
  readonly steps?: number;
  /** Likeliest classes beside the label that are linearised; 9. A picture's own target alone. */
  readonly targets?: number;
}

/** η: the change is stretched by this much, to come out beyond the boundary. */
const OVERSHOOT = 0.02;
/** Added to each step, as in the authors' code: steps that shrink towards the boundary would end in rounding, on the wrong side. */
const FURTHER = 1e-4;
const LEAST = 1e-37;

/**
 * Of the other classes t, with f = z_y − z_t and w = ∂(z_t − z_y)/∂x, the nearest by f / ‖w‖ (dual norm) is stepped to:
 *
 *   r ← r + (f / ‖w‖ + 10⁻⁴) steepest(w),   x = clip(x₀ + (1 + η) r)
 *
 * r is not clipped: what a black or white pixel cannot take now still counts when the slope turns there.
 */
export function deepFool({ norm, eps, steps = 50, targets = 9 }: DeepFoolOptions): Attack {
  return {
    name: `deepfool-${norm.name}`,
    source: "Moosavi-Dezfooli et al. 2016, arXiv 1511.04599",
    norm,
    eps,
    gradients: true,
    rows: targets,
    *perturb(subject): Course<Finding> {
      const step = nearestStep(norm);
      const classes = likely(subject, targets);
      let x = subject.image;
      let r: Float32Array = new Float32Array(x.length);
      for (let n = 0; n < steps; n++) {
        const rows = yield* askAll(
          step,
          classes.map((target) => ({ ...fixedInputs({ ...subject, target }, 0), x, r })),
        );
        if (subject.fooled(rows[0]!.logits!)) break;
        const ways = rows.filter((row) => row.slope!.some((v) => v !== 0));
        if (ways.length === 0) break;
        const nearest = ways.reduce((a, b) => (b.distance![0]! < a.distance![0]! ? b : a));
        [x, r] = [nearest.next!, nearest.total!];
      }
      return { picture: x };
    },
  };
}

/** x and r ↦ the answer at x, how far the target's boundary is, and both after a step just beyond it. */
const nearestStep = (norm: Norm): Step => ({
  name: `deepfool ${norm.name}`,
  gradient: true,
  inputs: ({ picture, classes }) => ({
    x: picture,
    r: picture,
    origin: picture,
    eps: [1, 1, 1],
    label: [1, classes],
    target: [1, classes],
  }),
  emit: (g, { x, r, origin, label, target }, net) => {
    const z = net.see(x!);
    const way = g.mean(difference.of(g, z, { label: label!, target: target! }), [1, 2], false);
    const [slope] = gradient(g, g.sum(way, undefined, false), [x!]);
    const gap = g.reshape(g.op("Abs", [way]), [x!.shape[0]!, 1, 1, 1]);
    const distance = g.div(gap, g.op("Max", [norm.dual(g, slope!), LEAST]));
    const total = g.add(r!, g.mul(g.add(distance, FURTHER), norm.steepest(g, slope!)));
    const next = intoBox(g, g.add(origin!, g.mul(total, 1 + OVERSHOOT)));
    return { logits: answerOf(g, z), slope: slope!, distance, total, next };
  },
});
