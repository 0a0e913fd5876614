/** @file The step graph: its gradient, accumulation, clipping, averages, dropout, weight decay. */

import { describe, expect, it } from "vitest";
import { SIDE, shapesBatch } from "../../test/fixtures/shapes.ts";
import { plainNet, tinyNet } from "../../test/fixtures/tiny-net.ts";
import { check } from "../graph/check.ts";
import { sgd } from "../optimise/sgd.ts";
import { compile } from "../runtime/compile.ts";
import { fromNumbers, type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import { assemble } from "./machine.ts";
import { trainable } from "./parameters.ts";
import { type StepOptions, startState, stepGraph, type TrainingState } from "./step.ts";

const plain = () => sgd({ learningRate: 1, momentum: 0 });

function optionsFor(net = tinyNet(), more: Partial<StepOptions> = {}): StepOptions {
  return { net, parameters: trainable(net.source), batch: 12, size: [SIDE, SIDE], optimiser: plain, ...more };
}

async function steps(
  options: StepOptions,
  batches: readonly ReturnType<typeof shapesBatch>[],
  seed = 1,
  average?: number,
) {
  const machine = await assemble(options, { device: "cpu", threads: 1, seed, average });
  try {
    return await machine.step({ step: 0, state: startState(options) }, batches);
  } finally {
    await machine.dispose();
  }
}

/** The slopes that one plain step of rate 1 went down, by parameter. */
function slopes(before: TrainingState, after: TrainingState): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [name, t] of Object.entries(before)) {
    const now = toNumbers(after[name]!);
    found.set(
      name,
      toNumbers(t).map((x, i) => x - now[i]!),
    );
  }
  return found;
}

const largest = (xs: Iterable<number>): number => Math.max(...Array.from(xs, Math.abs));

describe("with the statistics of the batch", () => {
  it("the loss falls along the slope as fast as the slope says", async () => {
    const options = optionsFor();
    const batch = shapesBatch(1, 0, 12);
    const before = startState(options);
    const { graph } = stepGraph(options);
    check(graph);
    const program = await compile(graph, { device: "cpu", threads: 1 });
    const lossAt = async (state: TrainingState): Promise<[number, Record<string, Tensor>]> => {
      const out = await program.run({
        images: batch.images,
        targets: batch.targets,
        ...state,
        "scalar.rate": fromNumbers("float32", [1], []),
      });
      const next = Object.fromEntries(Object.keys(state).map((name) => [name, out[`next.${name}`]!]));
      return [toNumbers(out.loss!)[0]!, next];
    };
    const [, after] = await lossAt(before);
    const slope = slopes(before, after);
    for (const name of [
      "conv1.weight",
      "bn1.weight",
      "bn1.bias",
      "layer2.0.conv2.weight",
      "layer3.0.downsample.1.weight",
      "fc.weight",
      "fc.bias",
    ]) {
      const key = `parameter.${name}`;
      const dw = slope.get(key)!;
      const squared = dw.reduce((s, x) => s + x * x, 0);
      const h = 5e-4 / Math.sqrt(squared);
      const moved = (by: number): TrainingState => {
        const w = toNumbers(before[key]!).map((x, i) => x + by * dw[i]!);
        return { ...before, [key]: fromNumbers("float32", w, before[key]!.dims) };
      };
      const [[up], [down]] = [await lossAt(moved(h)), await lossAt(moved(-h))];
      expect((up - down) / (2 * h) / squared, name).toBeCloseTo(1, 1);
    }
    await program.dispose();
  });

  it("running averages move a tenth of the way", async () => {
    const options = optionsFor();
    const { state } = await steps(options, [shapesBatch(1, 0, 12)]);
    const mean = toNumbers(state["parameter.bn1.running_mean"]!);
    const variance = toNumbers(state["parameter.bn1.running_var"]!);
    expect(largest(mean)).toBeGreaterThan(0);
    expect(variance.every((x) => x > 0.9)).toBe(true);
  });

  it("keeps what is frozen", async () => {
    const net = tinyNet();
    const options = optionsFor(net, { parameters: trainable(net.source, { freeze: ["conv1", "bn1", "layer1"] }) });
    const { state } = await steps(options, [shapesBatch(1, 0, 12)]);
    expect(state["parameter.layer2.0.conv1.weight"]).toBeDefined();
    expect(state["parameter.layer1.0.conv1.weight"]).toBeUndefined();
  });
});

describe("a net without normalisation", () => {
  const net = tinyNet(plainNet);
  const whole = shapesBatch(2, 0, 12);
  const part = (from: number, to: number) => ({
    ...whole,
    images: tensor(
      "uint8",
      [to - from, SIDE, SIDE, 3],
      whole.images.data.slice(from * SIDE * SIDE * 3, to * SIDE * SIDE * 3),
    ),
    targets: tensor("float32", [to - from, 3], whole.targets.data.slice(from * 3, to * 3)),
  });

  it("takes the same step from three parts of a batch as from the whole", async () => {
    const options = optionsFor(net);
    const one = await steps(options, [whole]);
    const three = await steps({ ...options, batch: 4, accumulate: 3 }, [part(0, 4), part(4, 8), part(8, 12)]);
    expect(three.loss).toBeCloseTo(one.loss, 5);
    expect(three.accuracy).toBeCloseTo(one.accuracy, 6);
    for (const [name, t] of Object.entries(one.state)) {
      const other = toNumbers(three.state[name]!);
      expect(largest(toNumbers(t).map((x, i) => x - other[i]!)), name).toBeLessThan(1e-5);
    }
  });

  it("does not learn from places without a picture", async () => {
    const options = optionsFor(net);
    const none = { ...whole, targets: tensor("float32", [12, 3], new Float32Array(36)) };
    const { state, loss } = await steps(options, [none]);
    expect(loss).toBe(0);
    expect(largest([...slopes(startState(options), state).values()].flat())).toBe(0);
  });

  it("clips the norm of all gradients together", async () => {
    const options = optionsFor(net);
    const before = startState(options);
    const free = await steps(options, [whole]);
    const norm = Math.hypot(...[...slopes(before, free.state).values()].flat());
    const clipped = await steps({ ...options, clip: norm / 4 }, [whole]);
    expect(clipped.norm! / norm).toBeCloseTo(1, 4);
    expect(Math.hypot(...[...slopes(before, clipped.state).values()].flat()) / norm).toBeCloseTo(0.25, 4);
  });

  it("keeps an average of the weights", async () => {
    const options = optionsFor(net, { average: true });
    const { state } = await steps(options, [whole], 1, 0.99);
    const [before, after, average] = [startState(options), state, state].map((s, i) =>
      toNumbers(s[i === 2 ? "average.fc2.weight" : "parameter.fc2.weight"]!),
    );
    // The first step's decay is 1/10.
    average!.forEach((x, i) => {
      expect(x).toBeCloseTo(0.1 * before![i]! + 0.9 * after![i]!, 5);
    });
  });

  it("dropout depends on the seed alone, and none is none", async () => {
    const options = optionsFor(net, { dropout: 0.5 });
    const { noise } = stepGraph(options);
    expect(noise).toEqual({ "noise.0": [12, 10] });
    const [a, again, b, without] = [
      await steps(options, [whole], 1),
      await steps(options, [whole], 1),
      await steps(options, [whole], 2),
      await steps({ ...options, dropout: 0 }, [whole], 1),
    ];
    expect(again.loss).toBe(a.loss);
    expect(new Set([a.loss, b.loss, without.loss]).size).toBe(3);
  });
});

it("weight decay spares what the rule spares", async () => {
  const net = tinyNet();
  const options = optionsFor(net, {
    optimiser: (kind) => sgd({ learningRate: 1, momentum: 0, weightDecay: kind === "weight" ? 0.5 : 0 }),
  });
  const free = await steps(optionsFor(net), [shapesBatch(1, 0, 12)]);
  const decayed = await steps(options, [shapesBatch(1, 0, 12)]);
  const start = startState(options);
  for (const [name, share] of [
    ["fc.weight", 0.5],
    ["fc.bias", 0],
    ["layer1.0.bn1.weight", 0],
  ] as const) {
    const key = `parameter.${name}`;
    const [a, b, w] = [free.state, decayed.state, start].map((s) => toNumbers(s[key]!));
    b!.forEach((x, i) => {
      expect(a![i]! - x, name).toBeCloseTo(share * w![i]!, 5);
    });
  }
});
