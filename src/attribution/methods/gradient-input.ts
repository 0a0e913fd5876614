/** @file Each pixel's part of the logit to first order, counted from the mean colour: Σ (x − x₀) ∂y/∂x over its colours. */

import { gradient } from "../../autodiff/gradient.ts";
import type { Method } from "../method.ts";
import { plain, sumOfColours } from "./colours.ts";

export const gradientInput: Method = {
  name: "gradient-input",
  source: "Shrikumar, Greenside & Kundaje 2016, arXiv 1605.01713",
  signed: true,
  looks: 1,
  look: (g, { images, see, net }) => {
    const [slope] = gradient(g, see(images).score, [images]);
    return g.mul(g.sub(images, plain(g, net.meanColour)), slope!);
  },
  finish: sumOfColours,
};
