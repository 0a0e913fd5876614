/** @file Noise and loss of contrast: changes along a straight line, drawn at random, at their smallest size or in a budget. */

import type { Rng } from "../../tensor/rng.ts";
import type { Attack, Finding } from "../attack.ts";
import { askAll, type Course, number } from "../course.ts";
import { type Family, type LineSearchOptions, lineSearch } from "../line-search.ts";
import { shifted } from "../shifted.ts";
import type { BudgetOptions } from "./pgd.ts";

const SOURCE = "as in Foolbox: Rauber, Brendel & Bethge 2017, arXiv 1707.04131";

const along = (name: string, most: number, direction: (image: Float32Array, random: Rng) => Float32Array): Family => ({
  name,
  source: SOURCE,
  step: shifted,
  most,
  draw: ({ image }, random) => ({ u: direction(image, random) }),
});

/** x + s · n, n normal: s up to 1. */
export const gaussianNoise = (options: LineSearchOptions): Attack =>
  lineSearch(
    along("gaussian-noise", 1, (image, random) => random.fillNormal(new Float32Array(image.length))),
    options,
  );

/** x + s · u, u uniform in −1…1: s up to 1. */
export const uniformNoise = (options: LineSearchOptions): Attack =>
  lineSearch(
    along("uniform-noise", 1, (image, random) => random.fillUniform(new Float32Array(image.length), -1, 1)),
    options,
  );

/** (1 − s) x + s · u, u uniform in 0…1. */
export const blendedNoise = (options: LineSearchOptions): Attack =>
  lineSearch(
    along("blended-noise", 1, (image, random) => {
      const u = random.fillUniform(new Float32Array(image.length));
      return u.map((v, i) => v - image[i]!);
    }),
    options,
  );

/** (1 − s) x + s · mid-grey. */
export const contrast = (options: LineSearchOptions): Attack =>
  lineSearch(
    along("contrast", 1, (image) => image.map((v) => 0.5 - v)),
    options,
  );

export interface RandomDrawsOptions extends BudgetOptions {
  /** Default 1,000. */
  readonly draws?: number;
}

const CHUNK = 32;

/** Random points of the ball's rim, until one fools: what no attack may do worse than (Carlini et al. 2019, arXiv 1902.06705). */
export const randomDraws = ({ norm, eps, draws = 1000 }: RandomDrawsOptions): Attack => ({
  name: `random-draws-${norm.name}`,
  source: "Carlini et al. 2019, arXiv 1902.06705",
  norm,
  eps,
  gradients: false,
  scores: false,
  rows: CHUNK,
  *perturb({ image, random, fooled }): Course<Finding> {
    for (let n = 0; n < draws; n += CHUNK) {
      const rows = Array.from({ length: Math.min(CHUNK, draws - n) }, (_, i) => ({
        x: image,
        u: norm.sphere(random.fork(n + i), image.length),
        by: number(eps),
      }));
      const found = (yield* askAll(shifted, rows)).find(({ logits }) => fooled(logits!));
      if (found) return { picture: found.x! };
    }
    return { picture: image };
  },
});
