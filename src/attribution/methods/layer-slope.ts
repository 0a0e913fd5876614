/** @file What all class activation maps begin with: a layer's feature maps and the logit's gradient for them. */

import { gradient } from "../../autodiff/gradient.ts";
import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import type { Seen } from "../explained.ts";

/** Both [N, K, h, w]. */
export function layerSlope(g: Builder, seen: Seen): { readonly features: Value; readonly slope: Value } {
  const { score, features, maps } = seen;
  if (!features) throw new Error("internal: attribution: the net was opened without a layer");
  const [slope] = gradient(g, score, [features]);
  return { features: maps(features), slope: maps(slope!) };
}
