/** @file The preset `natural-2015`: inversion as in Mahendran & Vedaldi, CVPR 2015 (arXiv 1412.0035). */

import type { Optimiser } from "../../optimise/optimiser.ts";
import type { Recipe, Regulariser } from "../axes.ts";
import { times } from "../objectives.ts";
import { pixels } from "../pixels.ts";
import { NORMAL_RANGE, totalVariation } from "../regularisers.ts";
import { type Loose, preset, type Setting } from "./preset.ts";

/**
 * "Understanding deep image representations by inverting them", and the constants of the authors' code:
 *
 *   E(x) = σ² ‖Φ(x) − Φ₀‖² / ‖Φ₀‖² + λ_α/2 Σ x^α + λ_TV/2 Σ (dx² + dy²)^{β/2}
 *
 * in mean-subtracted colours of 0…255, σ being the norm of a photo. Their σ comes from a file that is not published: here it is
 * that of as many numbers of the standard deviation of ImageNet's colours. Their start shares σ among four pictures that are
 * made at once; here each has all of it.
 */
const natural2015 = {
  rangePower: 6,
  rangeWeight: 8e-10,
  variationPower: 2,
  /** For shallow, middle and deep layers. */
  variationWeights: [1, 10, 100],
  /** Where middle and deep layers begin, as part of all layers: behind 6 and 12 of AlexNet's 20. */
  depths: [0.3, 0.6],
  /** Learning rates, and for how many of the steps each. */
  rates: [0.004, 0.0004, 0.00004],
  rateSteps: [100, 200, 100],
  momentum: 0.9,
  /** Standard deviation of a photo's colours, 255 · 0.226. */
  deviation: 57.6,
  /** C, the weight of the data term. */
  codeWeight: 1,
} as const;

type Constants2015 = Loose<typeof natural2015>;

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

function recipe({ net, layers, objective, size, mean, depth, steps, start }: Setting, c: Constants2015): Recipe {
  const deepness = c.depths.filter((d) => depth > d).length;
  const numbers = mean.length * size[0] * size[1];
  const pixelsOf = size[0] * size[1];
  // What the regulariser divides by.
  const scale = pixelsOf * (NORMAL_RANGE / 6.5) ** c.variationPower;
  return {
    net,
    layers,
    objective: times(objective, numbers * c.deviation ** 2),
    steps,
    parametrisation: normalNoise(pixels({ size, mean, ...(start && { start }) }), c.deviation, start === undefined),
    transforms: [],
    regularisers: [
      elementPower(mean, c.rangePower, c.rangeWeight / 2),
      totalVariation({ beta: c.variationPower, weight: (c.variationWeights[deepness]! / 2) * scale }),
    ],
    optimiser: heavyBall(phases(c, steps), c.momentum),
  };
}

/** Pixels that start from normal noise. */
const normalNoise = (p: Recipe["parametrisation"], deviation: number, fromNoise: boolean): Recipe["parametrisation"] =>
  fromNoise
    ? {
        ...p,
        init: (random) => {
          const theta = p.init(random);
          random.fillNormal(theta.data as Float32Array, 0, deviation);
          return theta;
        },
      }
    : p;

/** weight · Σ |255 (image − mean)|^power over all numbers; the power is even. */
const elementPower =
  (mean: readonly number[], power: number, weight: number): Regulariser =>
  (g, image) => {
    const x = g.mul(g.sub(image, g.numbers(mean, [mean.length, 1, 1], image.dtype)), 255 / NORMAL_RANGE);
    const square = g.square(x);
    const raised = Array.from({ length: power / 2 - 1 }).reduce<typeof square>((p) => g.mul(p, square), square);
    return g.mul(g.sum(raised, undefined, false), weight * NORMAL_RANGE ** power);
  };

/** The learning rate of each of `steps` steps, the phases stretched to them. */
function phases({ rates, rateSteps }: Constants2015, steps: number): (step: number) => number {
  const ends = rateSteps.map((_, i) => (sum(rateSteps.slice(0, i + 1)) / sum(rateSteps)) * steps);
  return (step) =>
    rates[
      Math.max(
        0,
        ends.findIndex((end) => step < end),
      )
    ]!;
}

/** v ← μ v − lr g, θ ← θ + v; v starts from 0 again where lr changes, as the authors have it. */
function heavyBall(rateAt: (step: number) => number, momentum: number): Optimiser {
  return {
    state: ["v"],
    scalars: (step) => ({
      rate: rateAt(step),
      keep: step > 0 && rateAt(step) === rateAt(step - 1) ? momentum : 0,
    }),
    update: (g, parameter, gradient, { v }, { rate, keep }) => {
      const vNew = g.sub(g.mul(v!, keep!), g.mul(gradient, rate!));
      return { parameter: g.add(parameter, vNew), state: { v: vNew } };
    },
  };
}

export const natural2015Preset = preset<Constants2015>({
  constants: natural2015,
  parametrisation: "pixels",
  techniques: ["invert"],
  steps: ({ rateSteps }) => sum(rateSteps),
  scheduled: () => true,
  recipe,
});
