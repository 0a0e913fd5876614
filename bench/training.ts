/** @file The training steps that entries run: our machine on one batch of random pictures, its state through the host. */

import { netSource, nets } from "../src/nets/net.ts";
import { trainingRule } from "../src/optimise/training-rules.ts";
import { rng } from "../src/tensor/rng.ts";
import { tensor } from "../src/tensor/tensor.ts";
import { assemble } from "../src/training/machine.ts";
import { trainable } from "../src/training/parameters.ts";
import { startState, type TrainingState } from "../src/training/step.ts";
import { milliseconds } from "./measure.ts";

export interface TrainingPlan {
  readonly net: "resnet18" | "resnet20";
  readonly classes: number;
  /** Pictures of a step, and their side in pixels. */
  readonly batch: number;
  readonly size: number;
}

export interface TrainingJob {
  /** How many numbers the net learns. */
  readonly parameters: number;
  /** One step, in milliseconds: SGD with Nesterov's momentum of 0.9, weight decay 1e-4. */
  readonly step: () => Promise<number>;
  readonly dispose: () => Promise<void>;
}

/** Pictures in 0…1 brought to the range −2…2. */
export const preprocessing = {
  layout: "NCHW",
  colour: "RGB",
  range: [0, 1],
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
} as const;

export async function trainingJob({ net, classes, batch, size }: TrainingPlan): Promise<TrainingJob> {
  const source = netSource(nets[net]({ classes }), { picture: [3, size, size], seed: 1 });
  const parameters = trainable(source);
  const options = {
    net: { source, input: source.inputs[0]!, preprocessing },
    parameters,
    batch,
    size: [size, size],
    optimiser: trainingRule("sgd", { learningRate: () => 0.01, weightDecay: 1e-4 }),
  } as const;
  const machine = await assemble(options, { device: "cpu", seed: 1 });

  const random = rng(1);
  const images = new Uint8Array(batch * size * size * 3).map(() => random.int(0, 256));
  const targets = new Float32Array(batch * classes);
  for (let i = 0; i < batch; i++) targets[i * classes + random.int(0, classes)] = 1;
  const feed = {
    images: tensor("uint8", [batch, size, size, 3], images),
    targets: tensor("float32", [batch, classes], targets),
  };
  let state: TrainingState = startState(options);
  let steps = 0;
  return {
    parameters: parameters.reduce((n, { kind, start }) => n + (kind === "running" ? 0 : start.size), 0),
    step: () =>
      milliseconds(async () => {
        ({ state } = await machine.step({ step: steps++, state }, [feed]));
      }),
    dispose: () => machine.dispose(),
  };
}
