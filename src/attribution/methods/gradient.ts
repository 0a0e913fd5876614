/** @file How much the logit changes with each pixel: the largest |∂y/∂x| of its colours. */

import { gradient as differentiate } from "../../autodiff/gradient.ts";
import type { Method } from "../method.ts";
import { largestOfColours } from "./colours.ts";

export const gradient: Method = {
  name: "gradient",
  source: "Simonyan, Vedaldi & Zisserman 2013, arXiv 1312.6034",
  signed: false,
  looks: 1,
  look: (g, { images, see }) => differentiate(g, see(images).score, [images])[0]!,
  finish: largestOfColours,
};
