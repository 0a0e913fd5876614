/**
 * @file Integrated gradients: each pixel's part of what the logit gains on the straight way from the mean colour to the picture.
 *
 *   (x − x₀) ∫₀¹ ∂y/∂x (x₀ + t (x − x₀)) dt,   which sums to y(x) − y(x₀) over all pixels and colours.
 */

import { gradient } from "../../autodiff/gradient.ts";
import { gaussLegendre } from "../gauss-legendre.ts";
import type { Method } from "../method.ts";
import { plain, sumOfColours } from "./colours.ts";

const STEPS = 50;
const rule = gaussLegendre(STEPS);

export const integratedGradients: Method = {
  name: "integrated-gradients",
  source: "Sundararajan, Taly & Yan 2017, arXiv 1703.01365; 50 places by Gauss and Legendre, from the mean colour",
  signed: true,
  looks: STEPS,
  numbers: () => ({ at: [1, 1, 1], weight: [1, 1, 1] }),
  draw: (i) => ({ at: Float32Array.of(rule[i]!.at), weight: Float32Array.of(rule[i]!.weight) }),
  look: (g, { images, numbers, see, net }) => {
    const way = g.sub(images, plain(g, net.meanColour));
    const between = g.add(plain(g, net.meanColour), g.mul(way, numbers.at!));
    const [slope] = gradient(g, see(between).score, [between]);
    return g.mul(g.mul(way, slope!), numbers.weight!);
  },
  finish: sumOfColours,
};
