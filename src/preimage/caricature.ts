/** @file Caricaturization: a photo, exaggerated the way a layer sees it. */

import { expect } from "../error.ts";
import { findLayer } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import type { Image } from "../tensor/image.ts";
import { encode } from "./encode.ts";
import { meanColour, netAt } from "./net.ts";
import { alike, exaggerate, times } from "./objectives.ts";
import { optimise } from "./optimise.ts";
import { natural, presetSteps, recipes } from "./presets.ts";
import type { Picture, Progress, TechniqueOptions } from "./technique.ts";

/**
 * Exaggerates `photo` ([3,H,W] in 0…1, cropped to a square) as `layer` sees it. The preset `natural` (default) starts from
 * the photo and raises ⟨Φ(x), max(Φ(x₀), 0)⟩; `lucid` starts from noise and raises ⟨Φ(x), Φ(x₀)⟩. Either is 1 for the photo
 * itself; `activation` is that number for the plain picture.
 *
 * Throws `InputError` for an unknown layer, one that the photo leaves silent, or a size that the net cannot take.
 */
export async function* caricature(
  model: Model,
  photo: Image,
  layer: string,
  options: TechniqueOptions = {},
): AsyncGenerator<Progress, Picture> {
  const { preset = "natural", seed = 0, steps = presetSteps[preset], size, ...rest } = options;
  const { value, address } = findLayer(model, layer);
  const net = netAt(model, [value], size);
  const { code, picture } = await encode(model, net, value, photo, rest);
  expect(
    code.data.some((x) => (preset === "natural" ? x > 0 : x !== 0)),
    () =>
      `${address} is nowhere active for this photo, which leaves nothing to exaggerate: take another layer or photo`,
  );
  const plain = preset === "natural" ? exaggerate(code) : alike(code);
  const recipe = recipes[preset]({
    net,
    layers: [value],
    objective: times(plain, preset === "natural" ? natural.caricatureWeight : 1),
    size: net.size,
    mean: meanColour(model),
    stride: net.layers[0]!.stride,
    steps,
    start: picture,
  });
  const { notes, ...result } = yield* optimise(recipe, { ...rest, seed, window: net.size, measure: plain });
  return { ...result, preset, seed, notes: [...net.notes, ...notes] };
}
