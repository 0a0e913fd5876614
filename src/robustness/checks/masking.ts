/** @file Flags of masked gradients: slopes that are 0 everywhere, and a softmax so sure that float32 leaves it no slope. */

import { apgdCe } from "../attacks/apgd.ts";
import { type Check, type CheckContext, notApplicable, result, run } from "./check.ts";

/** Parts of the gradients, and of the looks at untouched pictures, above which a flag is raised. */
const MOST_ZERO = 0.01;
const MOST_SATURATED = 0.1;
/** Steps of the probe. */
const STEPS = 5;

/** Runs a short attack on the cross-entropy, which is what both flags are about. */
export async function maskingFlags(c: CheckContext): Promise<readonly [zero: Check, saturated: Check]> {
  const names = ["zero gradients", "softmax saturation"] as const;
  const outcomes = await run(c, apgdCe({ norm: c.norm, eps: c.eps, steps: STEPS }));
  const attacked = outcomes.filter((o) => o.gradients > 0);
  if (attacked.length === 0) {
    const none = "the net is right about none of the pictures: no gradient was taken";
    return [notApplicable(names[0], none), notApplicable(names[1], none)];
  }
  const total = (key: "gradients" | "zeroGradients" | "queries" | "saturated") =>
    attacked.reduce((s, o) => s + o[key], 0);
  const [zero, saturated] = [total("zeroGradients") / total("gradients"), total("saturated") / total("queries")];
  const dead = attacked.filter((o) => o.zeroGradients === o.gradients).length;
  return [
    result(
      names[0],
      zero <= MOST_ZERO,
      { share: zero, gradients: total("gradients"), picturesWithout: dead },
      {
        passed: `${percent(zero)} of ${total("gradients")} gradients are 0 everywhere`,
        failed: `${percent(zero)} of ${total("gradients")} gradients are 0 everywhere (${dead} pictures have no other): gradient attacks do not work on this net, and its robust accuracy is an upper bound that means nothing`,
      },
    ),
    result(
      names[1],
      saturated <= MOST_SATURATED,
      { share: saturated, looks: total("queries") },
      {
        passed: `${percent(saturated)} of ${total("queries")} answers are so sure that float32 leaves cross-entropy no slope`,
        failed: `${percent(saturated)} of ${total("queries")} answers are so sure that float32 leaves cross-entropy no slope: trust attacks on ratios of logits (APGD-T) alone`,
      },
    ),
  ];
}

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
