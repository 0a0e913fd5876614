/** @file Combines the axes of a picture twice: by their names, and as functions around an objective of one's own. */

import { mkdirSync, writeFileSync } from "node:fs";
import * as fovea from "fovea";

const size = [48, 48] as const;

// A convolution with random weights.
const g = fovea.builderOf();
const random = fovea.rng(1);
const weights = Array.from({ length: 8 * 3 * 25 }, () => random.normal() / 5);
const input = g.input("image", "float32", [1, 3, ...size]);
g.output(g.op("Relu", [g.op("Conv", [input, g.numbers(weights, [8, 3, 5, 5], "float32")])]), "features");
const model = fovea.openModel(fovea.serialise(g.graph));

// By name, as the flags of `fovea maximize` have them: a picture with opacity, of one channel and not of another.
const named = fovea.maximize(model, "logits:3 - 0.5*logits:1", {
  parametrisation: "laplacian:3,alpha",
  transforms: "pad:4,jitter:4,rotate:10",
  regularisers: "tv:0.01",
  optimiser: "nadam:0.05",
  schedule: "cosine",
  steps: 32,
});
const { image, opacity } = await last(named);

// As functions: the largest activation of channel 3 at any place, in place of its mean.
const { value } = fovea.findLayer(model, "logits");
const highest: fovea.Objective = (g, [a]) =>
  g.op("ReduceMax", [g.slice(a!, [1], [3], [4]), g.ints([1, 2, 3])], { keepdims: 0 });
const recipe: fovea.Recipe = {
  net: fovea.netAt(model, [value], size),
  layers: [value],
  objective: highest,
  parametrisation: fovea.fourier({ size, channels: 3 }),
  transforms: [fovea.rotate({ degrees: [-5, 0, 5] })],
  regularisers: [fovea.totalVariation({ weight: 0.01 })],
  optimiser: fovea.adam({ learningRate: fovea.cosine({ rate: 0.05, steps: 32 }) }),
  steps: 32,
};
const { activation } = await last(fovea.optimise(recipe, { seed: 1, window: size }));
console.log(`largest activation ${activation.start.toFixed(3)} → ${activation.end.toFixed(3)}`);
mkdirSync("out", { recursive: true });
writeFileSync("out/axes.png", await fovea.encodePng(fovea.withOpacity(image, opacity!)));

async function last<T>(run: AsyncGenerator<unknown, T>): Promise<T> {
  let next = await run.next();
  while (!next.done) next = await run.next();
  return next.value;
}
