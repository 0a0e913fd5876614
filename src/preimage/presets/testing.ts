/** @file For the tests of presets: a recipe for a net that passes the picture on. */

import type { Recipe } from "../axes.ts";
import { wholeLayer } from "../objectives.ts";
import { type PickOptions, type PresetName, pick } from "../presets.ts";
import type { Setting } from "./preset.ts";

export const mean = [0.485, 0.456, 0.406];

/** Pictures of 20 × 30, a layer of stride 16 half-way through the net. */
export function recipeOf(
  preset: PresetName,
  { technique = "maximize", ...setting }: Partial<Omit<Setting, "steps">> = {},
  options: PickOptions = {},
): Recipe {
  return pick(technique, preset, { ...options, preset }).recipe({
    net: { emit: (_, image) => [image] },
    layers: [],
    objective: wholeLayer,
    size: [20, 30],
    mean,
    stride: 16,
    depth: 0.5,
    ...setting,
  });
}
