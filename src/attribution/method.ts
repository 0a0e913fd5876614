/**
 * @file What an attribution method is: looks at a picture, what each adds to a sum, and the map that the sum becomes.
 *
 * A map is finish(Σ look(picture, numbers of look i)), i = 0 … looks − 1. A gradient is one look; integrated gradients are
 * fifty along a line; occlusion is one for each place of a patch. All of it is one graph, for several pictures and looks at once.
 */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Rng } from "../tensor/rng.ts";
import type { Shape } from "../tensor/tensor.ts";
import type { Explained, Seen } from "./explained.ts";

type Named<T> = Readonly<Record<string, T>>;

/** A look at rows of pictures, in a graph. */
export interface Look {
  /** [N, C, H, W] in 0…1. */
  readonly images: Value;
  /** The numbers of each row's look, [N, …]. */
  readonly numbers: Named<Value>;
  /** What the net answers for pictures of `images`' shape, each for its row's class. */
  readonly see: (images: Value) => Seen;
  readonly net: Explained;
}

export interface Method {
  /** What users type. */
  readonly name: string;
  /** Where it was published. */
  readonly source: string;
  /** Whether maps also say what speaks against the class, below 0. */
  readonly signed: boolean;
  /** Whether it reads the feature maps of a layer; its maps then have that layer's rows and columns. */
  readonly ofLayer?: boolean;
  /** Whether it only works where the head is linear. */
  readonly needsLinearHead?: boolean;
  /** How often the net is asked for one map. */
  readonly looks: number;
  /** Shapes of the numbers of a look. */
  readonly numbers?: (net: Explained) => Named<Shape>;
  /** The numbers of look `i`; `random` is the picture's own and the same at every look. */
  readonly draw?: (i: number, random: Rng, net: Explained) => Named<Float32Array>;
  /** What a look adds to the sum, [N, …]. */
  readonly look: (g: Builder, look: Look) => Value;
  /** Maps [N, 1, h, w] from the sum; the sum itself by default. */
  readonly finish?: (g: Builder, sum: Value, images: Value, net: Explained) => Value;
}
