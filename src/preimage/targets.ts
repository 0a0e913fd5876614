/** @file Objectives on one net: what each picture is for, and what takes over where a unit is dead. */

import type { SourceValue } from "../graph/graph.ts";
import { addressText } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import type { Objective, Subject } from "./axes.ts";
import { isRectifier } from "./leak.ts";
import { netAt, type SizedLayer, type SizedNet } from "./net.ts";
import { type BindOptions, findings } from "./objective-bind.ts";
import { type Expression, needsOf, objectiveOf } from "./objective-expression.ts";
import { type LayeredObjective, unitObjective } from "./objective-layered.ts";

/** One objective of several on a net. */
export interface Bound extends Pick<Subject, "instead"> {
  readonly objective: Objective;
  /** The layers that it reads, at the size of the pictures. */
  readonly layers: readonly SizedLayer[];
  /** Whether it compares the pictures of a batch, which makes it pointless for a single one. */
  readonly comparesPictures: boolean;
}

export interface BoundTargets {
  readonly net: SizedNet;
  readonly layers: readonly SourceValue[];
  /** In the order of the expressions. */
  readonly targets: readonly Bound[];
}

/**
 * The net at the size of the pictures and the objectives on it; photos are encoded here.
 *
 * Throws `InputError` for a vector or photo that is not there, units that the net does not have at this size, vectors of the
 * wrong length, and layers without the rows and columns that a function needs.
 */
export async function bindTargets(
  model: Model,
  expressions: readonly Expression[],
  { size, ...given }: BindOptions = {},
): Promise<BoundTargets> {
  const { find, load } = findings(given);
  const wanted = expressions.map((e) => ({
    own: objectiveOf(model, e, find),
    before: beforeRectifier(e),
  }));
  const layers = [
    ...new Set(wanted.flatMap(({ own, before }) => [...own.layers, ...(before?.objective.layers ?? [])])),
  ];
  const net = netAt(model, layers, size);
  await load(model, net, expressions.flatMap(needsOf));
  const placed = ({ layers: own, on }: LayeredObjective): { objective: Objective; layers: readonly SizedLayer[] } => {
    const places = own.map((v) => layers.indexOf(v));
    const sized = places.map((i) => net.layers[i]!);
    const objective = on(sized);
    return {
      layers: sized,
      objective: (g, activations, views) => {
        const read = places.map((i) => activations[i]!);
        return objective(g, read, views);
      },
    };
  };
  return {
    net,
    layers,
    targets: wanted.map(({ own, before }) => ({
      ...placed(own),
      comparesPictures: own.comparesPictures,
      ...(before && { instead: { objective: placed(before.objective).objective, note: before.note } }),
    })),
  };
}

/** The same unit in front of the rectifier that its layer is. */
function beforeRectifier(e: Expression): { objective: LayeredObjective; note: string } | undefined {
  if (e.kind !== "unit") return undefined;
  const { layer, channel, position } = e.address;
  const { preActivation } = layer;
  if (!preActivation || !isRectifier(layer.op) || (channel === undefined && !position)) return undefined;
  const [unit, before] = [addressText(e.address), addressText({ layer: preActivation, channel, position })];
  return {
    objective: unitObjective({ ...e.address, layer: preActivation }),
    note: `${unit} is off at the start and has no gradient there: what goes into its rectifier, ${before}, is maximised in its place`,
  };
}
