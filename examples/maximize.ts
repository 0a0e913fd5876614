/** @file Opens a net, watches a picture of one of its channels grow, and saves it. Without a file it makes a random net. */

import { mkdirSync, writeFileSync } from "node:fs";
import { builderOf, encodePng, loadModel, maximize, openModel, rng, serialise } from "fovea";

/** Two convolutions with random weights. */
function randomNet(): Uint8Array {
  const g = builderOf();
  const random = rng(1);
  const weights = (...dims: number[]) =>
    g.numbers(
      Array.from({ length: dims.reduce((n, d) => n * d) }, () => random.normal() / 5),
      dims,
      "float32",
    );
  const image = g.input("image", "float32", [1, 3, 64, 64]);
  const first = g.op("Relu", [g.op("Conv", [image, weights(8, 3, 5, 5)], { strides: [2, 2] })]);
  g.output(g.op("Relu", [g.op("Conv", [first, weights(8, 8, 5, 5)])]), "features");
  return serialise(g.graph);
}

const [file, address = "logits:3"] = process.argv.slice(2);
const model = file ? await loadModel(file) : openModel(randomNet());

const run = maximize(model, address, { steps: 64, seed: 1, imageEvery: 32 });
let next = await run.next();
while (!next.done) {
  const { step, steps, objective, image } = next.value;
  if (image) console.log(`step ${step} of ${steps}: ${objective.toFixed(3)}`);
  next = await run.next();
}
const { image, activation } = next.value;
mkdirSync("out", { recursive: true });
writeFileSync("out/example.png", await encodePng(image));
console.log(`activation ${activation.start.toFixed(3)} → ${activation.end.toFixed(3)}: out/example.png`);
