/** @file Trains a small net on synthetic flowers and evaluates what an .onnx file of it knows about other ones. */

import {
  augmentations,
  evaluate,
  exportNet,
  fit,
  netSource,
  nets,
  openLoader,
  openModel,
  selectSplit,
  syntheticFlowers,
  trainingRule,
  weightsOf,
} from "fovea";

const [size, batchSize, epochs, seed] = [32, 16, 6, 1];
const flowers = syntheticFlowers({ classes: 3, count: 160, size });
const { classes } = flowers;
const train = openLoader(selectSplit(flowers, "train"), { size, batchSize, seed, augmentation: augmentations.light });

const source = netSource(nets.lenet({ classes: classes.length }), { picture: [3, size, size], seed });
const [mean, std] = [[0.5, 0.5, 0.5], [0.25, 0.25, 0.25]]; // biome-ignore format: one line
const preprocessing = { layout: "NCHW", colour: "RGB", range: [0, 1], mean, std } as const;
const net = { source, input: source.inputs[0]!, preprocessing };
const learningRate = () => 1e-3;
const optimiser = trainingRule("adamw", { learningRate, weightDecay: 0.01 });
// biome-ignore lint/suspicious/noFocusedTests: this trains, it tests nothing.
const run = fit({ net, data: train, batch: batchSize, size: [size, size], epochs, seed, optimiser });
let next = await run.next();
for (; !next.done; next = await run.next())
  if (next.value.kind === "step" && next.value.step % 8 === 0)
    console.log(`step ${next.value.step} of ${next.value.steps}: loss ${next.value.loss.toFixed(3)}`);
await train.close();

const file = exportNet(net, { weights: weightsOf(next.value.snapshot.state), labels: classes });
const test = openLoader(selectSplit(flowers, "test"), { size, batchSize });
const { top1, n } = await evaluate(openModel(file), test.epoch(), { classes });
await test.close();
console.log(`${(100 * top1).toFixed(0)} % of ${n} test flowers recognised`);
