/** @file Top-down nets in training: their blur stays as it is, they learn, and they export to the same function. */

import { describe, expect, it } from "vitest";
import { SIDE, shapeClasses, shapesBatch, shapesSet } from "../../test/fixtures/shapes.ts";
import { tinyNet } from "../../test/fixtures/tiny-net.ts";
import { openModel } from "../model/model.ts";
import { nets } from "../nets/net.ts";
import { trainingRule } from "../optimise/training-rules.ts";
import { compile } from "../runtime/compile.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { logitsGraph } from "./evaluate.ts";
import { exportNet } from "./export.ts";
import type { FitOptions } from "./fit.ts";
import type { ClassifierNet } from "./net.ts";
import { trainable } from "./parameters.ts";
import { train } from "./testing.ts";
import { weightsOf, withWeights } from "./weights.ts";

type Name = Extract<keyof typeof nets, `${string}down${string}` | `blurred${string}`>;
const netOf = (name: Name, width: number): ClassifierNet => tinyNet(nets[name]({ classes: 3, width }));

async function logits(net: ClassifierNet): Promise<number[]> {
  const { images } = shapesBatch(4, 0, 5);
  const program = await compile(logitsGraph(net, images.dims), { device: "cpu", threads: 1 });
  try {
    return toNumbers((await program.run({ images })).logits!);
  } finally {
    await program.dispose();
  }
}

it.each<[Name, width: number]>([
  ["topdown-resnet18", 2],
  ["topdown-lenetfc", 6],
  ["blurred-nin-light", 8],
])("all of %s is trained but its blur", (name, width) => {
  const { source } = netOf(name, width);
  const floats = [...source.constants].filter(
    ([v, t]) => t.dtype === "float32" && /\.(weight|bias|running_\w+)$/.test(v.name),
  );
  expect(
    trainable(source)
      .map((p) => p.name)
      .sort(),
  ).toEqual(floats.map(([v]) => v.name).sort());
  expect([...source.constants.keys()].some((v) => v.name.endsWith(".taps"))).toBe(true);
});

describe.each<[Name, width: number, batches: number]>([
  ["topdown-lenetfc", 6, 24],
  ["topdown-nin-light", 8, 16],
  ["topdown-resnet18", 4, 16],
  ["topdown-resnet32", 4, 14],
])("%s", (name, width, batches) => {
  it("learns, and is the same function when it is exported, without normalisations behind convolutions", async () => {
    const net = netOf(name, width);
    const losses: number[] = [];
    const options: FitOptions = {
      net,
      data: shapesSet(16, batches),
      epochs: 1,
      batch: 16,
      size: [SIDE, SIDE],
      seed: 7,
      device: "cpu",
      threads: 1,
      optimiser: trainingRule("sgd", { learningRate: () => 0.1, weightDecay: 0 }),
    };
    const { snapshot } = await train(options, (e) => {
      if (e.kind === "step") losses.push(e.loss);
    });
    const mean = (part: readonly number[]): number => part.reduce((a, b) => a + b) / part.length;
    expect(mean(losses.slice(-4))).toBeLessThan(0.9 * mean(losses.slice(0, 4)));

    const weights = weightsOf(snapshot.state);
    const trained = await logits({ ...net, source: withWeights(net.source, weights) });
    const file = openModel(exportNet(net, { weights, labels: shapeClasses }));
    (await logits(file)).forEach((x, i) => {
      expect(x).toBeCloseTo(trained[i]!, 3);
    });
    const made = new Map(file.source.nodes.flatMap((node) => node.outputs.map((v) => [v, node.op] as const)));
    const uses = (v: unknown): number => file.source.nodes.filter(({ inputs }) => inputs.includes(v as never)).length;
    for (const { op, inputs } of file.source.nodes)
      if (op === "BatchNormalization") expect([made.get(inputs[0]!), uses(inputs[0])]).not.toEqual(["Conv", 1]);
    const plain = name.includes("lenetfc") || name.includes("nin");
    if (plain) expect([...made.values()]).not.toContain("BatchNormalization");
  });
});
