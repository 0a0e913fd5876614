/** @file Pictures per second of a training step: ResNet-18 (32×3×128²) and a CIFAR ResNet, SGD with momentum. */

import { netSource, nets } from "../src/nets/net.ts";
import { trainingRule } from "../src/optimise/training-rules.ts";
import { rng } from "../src/tensor/rng.ts";
import { tensor } from "../src/tensor/tensor.ts";
import { assemble, type Machine } from "../src/training/machine.ts";
import { trainable } from "../src/training/parameters.ts";
import { type StepOptions, startState, type TrainingState } from "../src/training/step.ts";

interface Work {
  readonly name: string;
  readonly options: StepOptions;
}

const preprocessing = {
  layout: "NCHW",
  colour: "RGB",
  range: [0, 1],
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
} as const;

function work(name: "resnet18" | "resnet20", batch: number, side: number, classes: number): Work {
  const source = netSource(nets[name]({ classes }), { picture: [3, side, side], seed: 1 });
  const options = {
    net: { source, input: source.inputs[0]!, preprocessing },
    parameters: trainable(source),
    batch,
    size: [side, side],
    optimiser: trainingRule("sgd", { learningRate: () => 0.01, weightDecay: 1e-4 }),
  } as const;
  return { name: `${name} ${batch}×3×${side}²`, options };
}

const median = (xs: readonly number[]): number => xs.toSorted((a, b) => a - b)[Math.floor(xs.length / 2)]!;

/** Milliseconds of each of `steps` steps behind two that warm up. */
async function timed({ options }: Work, machine: Machine, steps: number): Promise<number[]> {
  const { batch, size } = options;
  const classes = options.parameters.find((p) => p.name === "fc.bias")!.start.size;
  const random = rng(1);
  const images = new Uint8Array(batch * size[0] * size[1] * 3).map(() => random.int(0, 256));
  const targets = new Float32Array(batch * classes);
  for (let i = 0; i < batch; i++) targets[i * classes + random.int(0, classes)] = 1;
  const feed = {
    images: tensor("uint8", [batch, ...size, 3], images),
    targets: tensor("float32", [batch, classes], targets),
  };
  let state: TrainingState = startState(options);
  const times: number[] = [];
  for (let step = 0; step < steps + 2; step++) {
    const began = performance.now();
    ({ state } = await machine.step({ step, state }, [feed]));
    times.push(performance.now() - began);
  }
  return times.slice(2);
}

const steps = Number(process.argv[2] ?? 8);
for (const w of [work("resnet18", 32, 128, 18), work("resnet20", 128, 32, 10)]) {
  const machine = await assemble(w.options, { device: "cpu", threads: 2, seed: 1 });
  const ms = median(await timed(w, machine, steps));
  await machine.dispose();
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${w.name}: ${ms.toFixed(0)} ms a step, ${((1000 * w.options.batch) / ms).toFixed(1)} img/s, peak ${peak} MB`,
  );
}
