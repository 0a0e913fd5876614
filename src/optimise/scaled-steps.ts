/** @file Any update rule with steps that a schedule makes smaller or larger. */

import type { Optimiser } from "./optimiser.ts";
import type { Schedule } from "./schedule.ts";

/**
 * θ ← θ + f(t) · (θ' − θ), θ' being where the rule itself goes and f(t) the schedule's factor. What the rule keeps is not
 * scaled, so for Adam, SGD and their kin this is their learning rate times f.
 */
export const scaledSteps = (rule: Optimiser, factor: Schedule): Optimiser => ({
  state: rule.state,
  scalars: (step) => ({ ...rule.scalars(step), part: factor(step) }),
  update: (g, parameter, gradient, state, { part, ...scalars }) => {
    const next = rule.update(g, parameter, gradient, state, scalars);
    return { ...next, parameter: g.add(parameter, g.mul(g.sub(next.parameter, parameter), part!)) };
  },
});
