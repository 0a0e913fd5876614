/** @file Activation maximization: what a unit, a channel, a layer, a class, or any objective made of them wants to see. */

import { expect } from "../error.ts";
import { findLayer } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";
import { type Extent, extentsOverSample } from "./calibrate.ts";
import { make, type Target } from "./make.ts";
import { meanColour } from "./net.ts";
import type { BindOptions } from "./objective-bind.ts";
import { addressesOf, type Expression } from "./objective-expression.ts";
import { parseObjective } from "./objective-parse.ts";
import { times } from "./objectives.ts";
import { pick } from "./presets.ts";
import { relay } from "./relay.ts";
import { expectRoom } from "./room.ts";
import { expectCount } from "./run-state.ts";
import { setting, startOf } from "./setting.ts";
import { type BoundTargets, bindTargets } from "./targets.ts";
import type { Picture, Progress, TechniqueOptions } from "./technique.ts";

export interface MaximizeOptions extends TechniqueOptions, Pick<BindOptions, "vectors" | "photos"> {
  /** With the preset `accentuate`: the layer at which the picture stays like the photo; the pixels by default. */
  readonly anchor?: string;
}

/**
 * Optimises a picture from noise until an objective is as high as the preset lets it be: a class (`logits:rose`), a channel
 * (`layer3.1:17`, its mean over positions), a single unit (`layer3.1:17@4,4`), a whole layer (`layer3.1`, its mean squared
 * activation: deep dream), or what is made of them (`layer3.1:17 - 0.5*layer3.1:4`; see `parseObjective`). The default preset
 * is `lucid`.
 *
 * A unit that is off and has no gradient at the start is maximised in front of its rectifier; where that does not help,
 * gradients are let through all rectifiers for the first 16 steps. A note says so.
 *
 * Throws `InputError` for an objective that names no unit, or a size that the net cannot take or the memory does not hold.
 */
export async function* maximize(
  model: Model,
  objective: string,
  options: MaximizeOptions = {},
): AsyncGenerator<Progress, Picture> {
  const [picture] = yield* maximizeEach(model, [objective], options);
  return picture!;
}

/**
 * A picture for each objective, several of them in one graph: each is what `maximize` would make of it, but for rounding. Those
 * that the signal left unmade are `undefined`.
 */
export async function* maximizeEach(
  model: Model,
  objectives: readonly string[],
  options: MaximizeOptions = {},
): AsyncGenerator<Progress, (Picture | undefined)[]> {
  const { restarts = 1, from } = options;
  if (from) expectCount(from, objectives.length * restarts);
  const wanted = objectives.map((text, i): Wanted => ({ text, i, expression: parseObjective(model, text) }));
  const pictures = objectives.map((): Picture | undefined => undefined);
  let before = 0;
  for (const group of byLayers(wanted)) {
    if (before > 0 && options.signal?.aborted) break;
    const states = from && group.flatMap(({ i }) => from.slice(i * restarts, (i + 1) * restarts));
    const done = before;
    const made = yield* relay(together(model, group, { ...options, ...(states && { from: states }) }), (progress) => {
      const each = progress.steps / group.length;
      return { ...progress, step: done * each + progress.step, steps: objectives.length * each };
    });
    for (const [k, { i }] of group.entries()) pictures[i] = made[k];
    before += group.length;
  }
  return pictures;
}

interface Wanted {
  readonly text: string;
  /** Its place among all objectives. */
  readonly i: number;
  readonly expression: Expression;
}

/** What reads the same layers shares a net that is cut behind them. */
function byLayers(wanted: readonly Wanted[]): Wanted[][] {
  const groups = new Map<string, Wanted[]>();
  for (const each of wanted) {
    const key = JSON.stringify([...new Set(addressesOf(each.expression).map(({ layer }) => layer.address))].sort());
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}

/** Pictures of objectives that read the same layers. */
async function* together(
  model: Model,
  wanted: readonly Wanted[],
  options: MaximizeOptions,
): AsyncGenerator<Progress, (Picture | undefined)[]> {
  const { seed = 0, start, spectrum, anchor, ...run } = options;
  const preset = pick("maximize", "lucid", options);
  const read = wanted.flatMap(({ expression }) => addressesOf(expression).map(({ layer }) => layer.value));
  expectRoom(model, { size: options.size, layers: [...new Set(read)], preset, fromPhoto: start instanceof Tensor });
  const bound = await bindTargets(
    model,
    wanted.map(({ expression }) => expression),
    options,
  );
  for (const [i, { comparesPictures }] of bound.targets.entries())
    expect(
      !comparesPictures || (run.restarts ?? 1) > 1,
      () => `"${wanted[i]!.text}" compares pictures that are made together: ask for several restarts`,
    );
  const { net, layers } = bound;
  const { photo, theta } = startOf(model, net, start);
  const recipe = preset.recipe({
    ...setting(model, net, layers),
    objective: bound.targets[0]!.objective,
    start: photo,
    spectrum,
    anchor: anchor === undefined ? undefined : findLayer(model, anchor).value,
  });
  const { activationWeight } = preset.constants;
  const targets =
    typeof activationWeight === "number"
      ? await weighed(model, bound, activationWeight, run)
      : bound.targets.map(plain);
  const made = yield* make(
    recipe,
    targets.map((target) => ({ ...target, ...(theta && { theta }) })),
    { ...run, seed, window: net.size },
  );
  return made.map((picture) => picture && { ...picture, preset: preset.name, notes: [...net.notes, ...picture.notes] });
}

const plain = ({ objective, instead }: BoundTargets["targets"][number]): Target => ({
  objective,
  measure: objective,
  ...(instead && { instead }),
});

/** Side of the pictures that the constants of IJCV 2016 are made for. */
const USUAL_SIDE = 224;

/**
 * Each objective over the area that it sees and the largest value that it takes for a sample (IJCV 2016). What goes into a
 * rectifier may be far from zero: there it is the range of its values.
 *
 * The weight of the paper is that of pictures of 224 pixels. A unit that sees all of a smaller one would get (224 / side)² times
 * as much, while what holds it, means over pixels, stays: it is left with garish noise. It gets √(side / 224) of that, which is ours.
 */
async function weighed(
  model: Model,
  { net, layers, targets }: BoundTargets,
  activationWeight: number,
  run: CompileOptions,
): Promise<Target[]> {
  const all = targets.flatMap(({ objective, instead }) => [objective, ...(instead ? [instead.objective] : [])]);
  const extents = await extentsOverSample(net, layers, all, meanColour(model).length, run);
  return targets.map(({ objective, instead, layers: own }) => {
    const field = Math.max(...own.map((layer) => layer.receptiveField));
    const side = Math.min(...net.size);
    const held = field < side ? 1 : Math.min(1, Math.sqrt(side / USUAL_SIDE));
    const weight = (held * activationWeight) / field ** 2;
    const extentOf = (o: Objective): Extent => extents[all.indexOf(o)]!;
    return {
      objective: times(objective, weight / extentOf(objective).largest),
      measure: objective,
      ...(instead && {
        instead: { ...instead, objective: times(instead.objective, weight / extentOf(instead.objective).range) },
      }),
    };
  });
}
