/** @file Caricaturization: a photo, exaggerated the way a layer sees it. */

import { expect } from "../error.ts";
import { findLayer } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import type { Image } from "../tensor/image.ts";
import { Tensor } from "../tensor/tensor.ts";
import { encode } from "./encode.ts";
import { make } from "./make.ts";
import { netAt } from "./net.ts";
import { alike, exaggerate, times } from "./objectives.ts";
import { pick } from "./presets.ts";
import { expectRoom } from "./room.ts";
import { setting, startOf } from "./setting.ts";
import type { Picture, Progress, TechniqueOptions } from "./technique.ts";

/**
 * Exaggerates `photo` ([3,H,W] in 0…1, cropped to a square) as `layer` sees it. The preset `natural` (default) starts from
 * the photo and raises ⟨Φ(x), max(Φ(x₀), 0)⟩; others start from noise and raise ⟨Φ(x), Φ(x₀)⟩. Either is 1 for the photo
 * itself; `activation` is that number for the plain picture.
 *
 * Throws `InputError` for an unknown layer, one that the photo leaves silent, or a size that the net cannot take or the
 * memory does not hold.
 */
export async function* caricature(
  model: Model,
  photo: Image,
  layer: string,
  options: TechniqueOptions = {},
): AsyncGenerator<Progress, Picture> {
  const { seed = 0, size, start, spectrum, ...run } = options;
  const preset = pick("caricature", "natural", options);
  const { value, address } = findLayer(model, layer);
  const { caricatureWeight } = preset.constants;
  const positive = typeof caricatureWeight === "number";
  expectRoom(model, { size, layers: [value], preset, fromPhoto: positive || start instanceof Tensor });
  const net = netAt(model, [value], size);
  const { code, picture } = await encode(model, net, value, photo, run);
  expect(
    code.data.some((x) => (positive ? x > 0 : x !== 0)),
    () =>
      `${address} is nowhere active for this photo, which leaves nothing to exaggerate: take another layer or photo`,
  );
  const plain = positive ? exaggerate(code) : alike(code);
  const given = startOf(model, net, start);
  const recipe = preset.recipe({
    ...setting(model, net, [value]),
    objective: positive ? times(plain, caricatureWeight) : plain,
    start: given.photo ?? (positive ? picture : undefined),
    spectrum,
  });
  const target = { objective: recipe.objective, measure: plain, ...(given.theta && { theta: given.theta }) };
  const [made] = yield* make(recipe, [target], { ...run, seed, window: net.size });
  return { ...made!, preset: preset.name, notes: [...net.notes, ...made!.notes] };
}
