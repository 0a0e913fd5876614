/** @file LayerCAM: feature maps weighed place by place with their gradient where it is above 0, so that early layers work too. */

import type { Method } from "../method.ts";
import { layerSlope } from "./layer-slope.ts";

/** max(0, Σₖ max(0, ∂y/∂Aₖₚ) Aₖₚ). */
export const layerCam: Method = {
  name: "layer-cam",
  source: "Jiang et al. 2021, IEEE Transactions on Image Processing 30",
  signed: false,
  ofLayer: true,
  looks: 1,
  look: (g, { images, see }) => {
    const { features, slope } = layerSlope(g, see(images));
    return g.op("Relu", [g.sum(g.mul(features, g.op("Relu", [slope])), [1])]);
  },
};
