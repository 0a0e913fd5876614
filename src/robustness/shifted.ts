/** @file The step of attacks that need no gradient: a picture moved along a given direction, and the net's answer there. */

import { answerOf } from "./classifier.ts";
import type { Step } from "./course.ts";
import { intoBox } from "./norms.ts";

/** x' = clip(x + by · u), and its answer. */
export const shifted: Step = {
  name: "shifted",
  gradient: false,
  inputs: ({ picture }) => ({ x: picture, u: picture, by: [1, 1, 1] }),
  emit: (g, { x, u, by }, net) => {
    const there = intoBox(g, g.add(x!, g.mul(u!, by!)));
    return { x: there, logits: answerOf(g, net.see(there)) };
  },
};
