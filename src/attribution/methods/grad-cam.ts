/** @file Grad-CAM: feature maps of any layer, each weighed with its mean gradient; what speaks for the class. */

import type { Method } from "../method.ts";
import { layerSlope } from "./layer-slope.ts";

/** max(0, Σₖ αₖ Aₖ),   αₖ = mean_p ∂y/∂Aₖₚ. */
export const gradCam: Method = {
  name: "grad-cam",
  source: "Selvaraju et al. 2017, arXiv 1610.02391",
  signed: false,
  ofLayer: true,
  looks: 1,
  look: (g, { images, see }) => {
    const { features, slope } = layerSlope(g, see(images));
    const weights = g.mean(slope, [2, 3]);
    return g.op("Relu", [g.sum(g.mul(features, weights), [1])]);
  },
};
