/** @file What the names in an objective stand for: directions, and photos, whose codes are known when the net has its size. */

import { InputError } from "../error.ts";
import type { Model } from "../model/model.ts";
import { nearest } from "../model/nearest.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { fromNumbers, type Tensor } from "../tensor/tensor.ts";
import { encode } from "./encode.ts";
import type { Size, SizedNet } from "./net.ts";
import type { Find, Need } from "./objective-expression.ts";

export interface BindOptions extends CompileOptions {
  /** Side of the pictures; see `netAt`. */
  readonly size?: Size;
  /** Directions by the names that the expressions use. */
  readonly vectors?: Readonly<Record<string, ArrayLike<number>>>;
  /** Photos, [3,H,W] in 0…1, by the names that the expressions use. */
  readonly photos?: Readonly<Record<string, Image>>;
}

export interface Findings {
  /** What `objectiveOf` is given; to be called after `load`. */
  readonly find: Find;
  /**
   * Looks up the vectors and encodes the photos, each once for a layer. Throws `InputError` for a name that nothing was given
   * for.
   */
  readonly load: (model: Model, net: SizedNet, needs: readonly Need[]) => Promise<void>;
}

/** A place for what expressions need, to be filled when the net has its size. */
export function findings({ vectors = {}, photos = {}, ...compile }: Omit<BindOptions, "size"> = {}): Findings {
  const found = new Map<string, Tensor<"float32">>();
  const key = ({ kind, name, layer }: Need): string => JSON.stringify([kind, name, layer.address]);
  return {
    find: (need) => found.get(key(need))!,
    load: async (model, net, needs) => {
      for (const need of needs) {
        if (found.has(key(need))) continue;
        const { kind, name, layer } = need;
        if (kind === "vector") found.set(key(need), fromNumbers("float32", named(kind, vectors, name)));
        else found.set(key(need), (await encode(model, net, layer.value, named(kind, photos, name), compile)).code);
      }
    },
  };
}

function named<T>(kind: "vector" | "photo", all: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(all, name)) return all[name]!;
  const names = Object.keys(all);
  throw new InputError(
    `there is no ${kind} "${name}": ${names.length > 0 ? `did you mean ${nearest(name, names).join(", ")}?` : "the objective needs one of that name, and none was given"}`,
  );
}
