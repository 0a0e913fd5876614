/** @file Activation maximization: what a unit, a channel, a layer or a class wants to see. */

import { parseAddress } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import { placeUnit } from "../model/unit.ts";
import { largestOverSample } from "./calibrate.ts";
import { meanColour, netAt } from "./net.ts";
import { times, unitMean, wholeLayer } from "./objectives.ts";
import { optimise } from "./optimise.ts";
import { natural, presetSteps, recipes } from "./presets.ts";
import type { Picture, Progress, TechniqueOptions } from "./technique.ts";

/**
 * Optimises a picture from noise until the unit at `address` is as active as the preset lets it be: a class
 * (`logits:rose`), a channel (`layer3.1:17`, its mean over positions), a single unit (`layer3.1:17@4,4`), or a whole layer
 * (`layer3.1`, its mean squared activation: deep dream). The default preset is `lucid`.
 *
 * A unit that is exactly zero has no gradient: as long as it is, gradients pass its net's rectifiers as if those were not
 * there, and a note says so.
 *
 * Throws `InputError` for an address that names no unit, or a size that the net cannot take.
 */
export async function* maximize(
  model: Model,
  address: string,
  options: TechniqueOptions = {},
): AsyncGenerator<Progress, Picture> {
  const { preset = "lucid", seed = 0, steps = presetSteps[preset], size, ...run } = options;
  const target = parseAddress(model, address);
  const layers = [target.layer.value];
  const net = netAt(model, layers, size);
  const [sized] = net.layers;
  const unit = placeUnit(target, sized!.value, sized!.channelAxis);
  const plain = unit.indices.size > 0 ? unitMean(unit) : wholeLayer;
  const mean = meanColour(model);
  const weight =
    preset === "natural"
      ? natural.activationWeight /
        sized!.receptiveField ** 2 /
        (await largestOverSample({ net, layers, objective: plain }, mean.length, run))
      : 1;
  const recipe = recipes[preset]({
    net,
    layers,
    objective: times(plain, weight),
    size: net.size,
    mean,
    stride: sized!.stride,
    steps,
  });
  const { notes, ...result } = yield* optimise(recipe, { ...run, seed, window: net.size, measure: plain });
  return { ...result, preset, seed, notes: [...net.notes, ...notes] };
}
