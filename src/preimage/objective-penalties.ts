/** @file Numbers of a layer's activations that are mostly subtracted: L1, L2, total variation, activity at the border (Lucid). */

import type { Operand } from "../graph/builder.ts";
import type { Objective } from "./axes.ts";
import { asMaps } from "./objective-maps.ts";
import { within } from "./objectives.ts";
import { difference } from "./regularisers.ts";
import { type BoundaryOptions, boundaryComplexity } from "./regularisers-boundary.ts";

/** Σ |a − constant| over the layer. */
export const l1 =
  (constant = 0): Objective =>
  (g, [a]) =>
    g.sum(g.op("Abs", [g.sub(a!, constant)]), within(a!), false);

/** √(1e-6 + Σ (a − constant)²) over the layer. */
export const l2 =
  (constant = 0): Objective =>
  (g, [a]) =>
    g.sqrt(g.add(g.sum(g.square(g.sub(a!, constant)), within(a!), false), 1e-6));

/** Σ |dx| + |dy| over the layer's maps: differences of each position to the next one on the right and below. */
export const variation =
  (axis = 1): Objective =>
  (g, [a]) => {
    const maps = asMaps(g, a!, axis);
    const along = (i: number): Operand => g.sum(g.op("Abs", [difference(g, maps, i)]), [1, 2, 3], false);
    return g.add(along(2), along(3));
  };

/** How busy the border of the layer's maps is, and how far from `value`: see `boundaryComplexity`. One position wide, around 0. */
export const borderActivity =
  ({ axis = 1, width = 1, value = 0 }: Partial<BoundaryOptions> & { axis?: number } = {}): Objective =>
  (g, [a]) =>
    boundaryComplexity(g, asMaps(g, a!, axis), { width, value });
