/** @file What the net, and an independent judge, say of the pictures of classes on a sheet. */

import { findLayer, isOutput } from "../src/model/address.ts";
import type { Model } from "../src/model/model.ts";
import { classProbabilities, judge as judged, type Standing, standing } from "../src/preimage/measure-classes.ts";
import { isClassifier } from "../src/preimage/numbers-classes.ts";
import type { SheetUnit } from "../src/preimage/sheet.ts";
import type { CompileOptions } from "../src/runtime/compile.ts";
import type { Image } from "../src/tensor/image.ts";

/** Probability of the class that a picture was made for, and its rank. */
export interface UnitClasses {
  readonly net: Standing;
  readonly judge?: Standing;
}

/** Pictures that are in memory at once. */
const TOGETHER = 64;

/** By address, for those of the units that are classes; none for a net of bands, whose pictures are not kept as it sees them. */
export async function classesOf(
  model: Model,
  units: readonly SheetUnit[],
  imageOf: (unit: SheetUnit) => Promise<Image>,
  { judge, ...options }: CompileOptions & { readonly judge?: Model | undefined } = {},
): Promise<ReadonlyMap<string, UnitClasses>> {
  const found = new Map<string, UnitClasses>();
  const asks = isClassifier(model) && model.preprocessing.colour !== "bands";
  const classes = asks ? units.filter(({ layer }) => isOutput(findLayer(model, layer))) : [];
  for (let first = 0; first < classes.length; first += TOGETHER) {
    const some = classes.slice(first, first + TOGETHER);
    const images = await Promise.all(some.map(imageOf));
    const own = await classProbabilities(model, images, options);
    const others = judge && (await judged(model, judge, images, options));
    for (const [i, { address, channel }] of some.entries())
      found.set(address, {
        net: standing(own[i]!, channel),
        ...(others && { judge: standing(others[i]!, channel) }),
      });
  }
  return found;
}
