/**
 * @file Class activation maps: what each place of the last feature maps adds to the logit, for nets that end in global average
 * pooling and a linear map.
 *
 *   y = Σₖ wₖ · mean_p Aₖₚ + b,   so   y − b = mean_p Mₚ   with   Mₚ = Σₖ wₖ Aₖₚ.
 *
 * ∂y/∂Aₖₚ = wₖ / P at each of the P places, whatever the file writes the weights as.
 */

import type { Method } from "../method.ts";
import { layerSlope } from "./layer-slope.ts";

export const cam: Method = {
  name: "cam",
  source: "Zhou et al. 2016, arXiv 1512.04150",
  signed: true,
  ofLayer: true,
  needsLinearHead: true,
  looks: 1,
  look: (g, { images, see }) => {
    const { features, slope } = layerSlope(g, see(images));
    const a = features;
    const places = a.shape[2]! * a.shape[3]!;
    return g.mul(g.sum(g.mul(a, slope), [1]), places);
  },
};
