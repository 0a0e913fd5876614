/** @file Adversarial training: its step in closed form on a linear net, what the outer step learns from, and what it is good for. */

import { describe, expect, it } from "vitest";
import { SIDE, shapeClasses, shapesBatch, shapesSet, shapesTest } from "../../test/fixtures/shapes.ts";
import { plainNet, tinyNet } from "../../test/fixtures/tiny-net.ts";
import { check } from "../graph/check.ts";
import { conv, globalMean, type NetBuilder } from "../nets/layers.ts";
import { netSource } from "../nets/net.ts";
import { oneCycle } from "../optimise/schedule.ts";
import { sgd } from "../optimise/sgd.ts";
import { trainingRule } from "../optimise/training-rules.ts";
import { norms } from "../robustness/norms.ts";
import { share } from "../robustness/summary.ts";
import { compile } from "../runtime/compile.ts";
import { rng } from "../tensor/rng.ts";
import { sizeOf, type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import { type Adversary, adversaries, attackedShape, startChange } from "./adversary.ts";
import type { Snapshot } from "./checkpoint.ts";
import type { FitOptions } from "./fit.ts";
import type { ClassifierNet } from "./net.ts";
import { trainable } from "./parameters.ts";
import { ascentGraph, type StepOptions, startState, stepGraph } from "./step.ts";
import { train } from "./testing.ts";
import { isOverfitted, validate } from "./validate.ts";

const BATCH = 6;
const SHAPE = [BATCH, 3, SIDE, SIDE];
const cpu = { device: "cpu", threads: 1 } as const;
const sharp: ClassifierNet["preprocessing"] = {
  layout: "NCHW",
  colour: "RGB",
  range: [0, 255],
  mean: [120, 100, 80],
  std: [20, 60, 90],
};
/** Logits that are linear in the picture: one convolution as large as it is. */
const flat: NetBuilder = (g, image, random) => {
  const net = { g, random };
  return globalMean(net, conv(net, image, "all", 3, { kernel: SIDE, pad: 0, bias: true }), "mean");
};

function optionsFor(net: ClassifierNet, adversary?: Adversary, more: Partial<StepOptions> = {}): StepOptions {
  const optimiser = () => sgd({ learningRate: 1, momentum: 0 });
  return { net, parameters: trainable(net.source), batch: BATCH, size: [SIDE, SIDE], optimiser, adversary, ...more };
}

/** Runs the step or the ascent graph once, from the first state. */
async function once(
  options: StepOptions,
  graph: "step" | "ascent",
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Readonly<Record<string, Tensor>>> {
  const made = graph === "step" ? stepGraph(options).graph : ascentGraph(options);
  check(made);
  const program = await compile(made, cpu);
  try {
    return await program.run({
      ...inputs,
      ...startState(options),
      "scalar.rate": tensor("float32", [], Float32Array.of(1)),
    });
  } finally {
    await program.dispose();
  }
}

const random = (adversary: Adversary, seed: number): Tensor<"float32"> => startChange(adversary, SHAPE, rng(seed));
const clip = (x: number): number => Math.min(1, Math.max(0, x));
const difference = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);

describe.each<Adversary>([
  { norm: "linf", eps: 0.1, steps: 1, rate: 0.125 },
  { norm: "l2", eps: 1, steps: 1, rate: 0.7 },
])("a step in $norm", (adversary) => {
  it("goes along the loss's slope for the picture in 0…1, and stays in the ball and the box", async () => {
    const net = { ...tinyNet(flat), preprocessing: sharp };
    const { images, targets } = shapesBatch(3, 0, BATCH);
    // A mixed picture, and a place without one.
    targets.data.set([0.7, 0.3, 0, 0, 0, 0]);
    const change = random(adversary, 5);
    const moved = toNumbers(
      (await once(optionsFor(net, adversary), "ascent", { images, targets, change }))["next.change"]!,
    );

    const constants = new Map(Array.from(net.source.constants, ([v, t]) => [v.name, toNumbers(t)]));
    const [weight, bias] = [constants.get("all.weight")!, constants.get("all.bias")!];
    const { eps, rate } = adversary;
    const size = 3 * SIDE * SIDE;
    const length = (xs: readonly number[]): number => Math.hypot(...xs);
    for (let n = 0; n < BATCH; n++) {
      const place = (i: number) => ({ c: Math.floor(i / SIDE ** 2), p: i % SIDE ** 2 });
      const origin = Array.from({ length: size }, (_, i) => {
        const { c, p } = place(i);
        return images.data[(n * SIDE ** 2 + p) * 3 + c]! / 255;
      });
      const x = origin.map((o, i) => clip(o + change.data[n * size + i]!));
      const scale = Array.from({ length: size }, (_, i) => 255 / sharp.std[place(i).c]!);
      const seen = x.map((v, i) => v * scale[i]! - sharp.mean[place(i).c]! / sharp.std[place(i).c]!);
      const z = [0, 1, 2].map((k) => seen.reduce((sum, v, i) => sum + v * weight[k * size + i]!, bias[k]!));
      const e = z.map((v) => Math.exp(v - Math.max(...z)));
      const t = Array.from(targets.data.subarray(3 * n, 3 * n + 3));
      const total = e.reduce((a, b) => a + b);
      const dz = e.map((v, k) => (v / total) * t.reduce((a, b) => a + b) - t[k]!);
      const slope = scale.map((s, i) => s * dz.reduce((sum, d, k) => sum + d * weight[k * size + i]!, 0));
      const direction = adversary.norm === "linf" ? slope.map(Math.sign) : slope.map((s) => s / (length(slope) || 1));
      const step = x.map((v, i) => v + rate * direction[i]! - origin[i]!);
      const within =
        adversary.norm === "linf"
          ? step.map((d) => Math.min(eps, Math.max(-eps, d)))
          : step.map((d) => d * Math.min(1, eps / length(step)));
      const expected = within.map((d, i) => clip(origin[i]! + d) - origin[i]!);
      const found = moved.slice(n * size, (n + 1) * size);
      // A slope of rounding alone may have either sign.
      const sure = found.map((_, i) => Math.abs(slope[i]!) > 1e-5 * Math.max(...slope.map(Math.abs)) || n === 1);
      expect(
        difference(
          found.filter((_, i) => sure[i]),
          expected.filter((_, i) => sure[i]),
        ),
      ).toBeLessThan(2e-5);
      expect(sure.filter(Boolean).length).toBeGreaterThan(0.99 * size);
    }
  });

  it("starts anywhere in the ball", () => {
    const changes = toNumbers(random(adversary, 1));
    const size = changes.length / BATCH;
    const zero = new Float32Array(size);
    for (let n = 0; n < BATCH; n++) {
      const d = norms[adversary.norm].distance(Float32Array.from(changes.slice(n * size, (n + 1) * size)), zero);
      expect(d).toBeLessThanOrEqual(adversary.eps * (1 + 1e-6));
      expect(d).toBeGreaterThan(0.9 * adversary.eps);
    }
  });
});

describe("the outer step", () => {
  const adversary: Adversary = { norm: "l2", eps: 2, steps: 1, rate: 1.5 };
  const still: Adversary = { ...adversary, rate: 0 };
  const { images, targets } = shapesBatch(4, 0, BATCH);

  it("learns from the attacked pictures as from any others: no slope leads through the attack", async () => {
    const net = tinyNet();
    const change = random(adversary, 2);
    const { "next.change": moved } = await once(optionsFor(net, adversary), "ascent", { images, targets, change });
    const inOne = await once(optionsFor(net, adversary), "step", { images, targets, change });
    const inTwo = await once(optionsFor(net, still), "step", { images, targets, change: moved! });
    for (const [name, t] of Object.entries(inOne))
      expect(difference(toNumbers(t), toNumbers(inTwo[name]!)), name).toBeLessThan(1e-4);
  });

  it("without a step and a change is an ordinary one, also for a net that sees grey", async () => {
    const grey = { layout: "NCHW", colour: "grey", range: [0, 1], mean: [0.4], std: [0.2] } as const;
    const source = netSource(plainNet, { picture: [1, SIDE, SIDE], seed: 1 });
    for (const each of [tinyNet(), { source, input: source.inputs[0]!, preprocessing: grey }]) {
      const zero = { ...still, eps: 0 };
      const shape = attackedShape(each, BATCH, [SIDE, SIDE]);
      const change = tensor("float32", shape, new Float32Array(sizeOf(shape)));
      const plain = await once(optionsFor(each), "step", { images, targets });
      const attacked = await once(optionsFor(each, zero), "step", { images, targets, change });
      for (const [name, t] of Object.entries(plain))
        expect(difference(toNumbers(t), toNumbers(attacked[name]!)), name).toBeLessThan(1e-4);
    }
  });

  it("attacks each picture for itself, whatever else is in the batch", async () => {
    const options = optionsFor(tinyNet(), adversary);
    const change = random(adversary, 3);
    const other = shapesBatch(9, 0, BATCH);
    const first = SIDE * SIDE * 3;
    other.images.data.set(images.data.subarray(0, first));
    other.targets.data.set(targets.data.subarray(0, 3));
    const [a, b] = [
      await once(options, "ascent", { images, targets, change }),
      await once(options, "ascent", { images: other.images, targets: other.targets, change }),
    ].map((out) => toNumbers(out["next.change"]!).slice(0, first));
    expect(difference(a!, b!)).toBeLessThan(1e-5);
  });
});

describe("a fit", () => {
  const EPOCHS = 3;
  const eps = 0.12;
  const options = (adversary?: Adversary, more: Partial<FitOptions> = {}): FitOptions => {
    const data = shapesSet(16, 12);
    const learningRate = oneCycle({ rate: 0.2, steps: EPOCHS * data.batches });
    return {
      net: tinyNet(),
      data,
      epochs: EPOCHS,
      batch: 16,
      size: [SIDE, SIDE],
      seed: 7,
      ...cpu,
      optimiser: trainingRule("sgd", { learningRate, weightDecay: 1e-4 }),
      adversary,
      ...more,
    };
  };
  const fast: Adversary = { norm: "linf", eps, ...adversaries.fgsm(eps) };

  it("on attacked pictures gives a net that withstands more of them, at the same seed", async () => {
    const set = { batches: shapesTest, classes: shapeClasses, attacked: () => shapesTest(30, 2) };
    const found = [];
    for (const adversary of [undefined, fast]) {
      const { snapshot } = await train(options(adversary));
      found.push(await validate({ net: tinyNet(), adversary: fast, ...cpu }, set, snapshot.state));
    }
    const [standard, robust] = found;
    expect(robust!.robustness).toMatchObject({ n: 60 });
    expect(robust!.robustness!.pgd.value).toBeGreaterThan(standard!.robustness!.pgd.value + 0.2);
    for (const { fgsm, pgd } of [standard!.robustness!, robust!.robustness!])
      expect(pgd.value).toBeLessThanOrEqual(fgsm.value);
  });

  it("stopped and gone on with is the same, bit for bit, with several batches and steps of the attack to a step", async () => {
    const adversary: Adversary = { norm: "l2", eps: 1, ...adversaries.pgd(1, 3) };
    const o = options(adversary, { net: tinyNet(plainNet), epochs: 1, accumulate: 2, dropout: 0.1 });
    const whole = await train(o);
    const stop = new AbortController();
    const part = await train({ ...o, signal: stop.signal }, (e) => e.kind === "step" && e.step === 4 && stop.abort());
    expect(part).toMatchObject({ stopped: "aborted", snapshot: { step: 4 } });
    const resumed = await train({ ...o, resume: part.snapshot });
    const bits = ({ state }: Snapshot) =>
      Object.entries(state).map(([name, t]) => `${name} ${Buffer.from(t.bytes).toString("base64")}`);
    expect(bits(resumed.snapshot)).toEqual(bits(whole.snapshot));
    await expect(train({ ...o, adversary: { ...adversary, eps: 2 }, resume: part.snapshot })).rejects.toThrow(
      "another net, recipe or seed",
    );
  });

  it.each<[string, Partial<Adversary>, RegExp]>([
    ["eps in 0…255", { eps: 8 }, /eps: expected a number from 0 to 1 .*8 of 255 is 8\/255/],
    ["no step", { steps: 0 }, /attack steps: expected a whole number of 1 or more, got 0/],
    ["a negative rate", { rate: -1 }, /attack rate: .* got -1/],
  ])("refuses %s", async (_, wrong, message) => {
    await expect(train(options({ ...fast, ...wrong }))).rejects.toThrow(message);
  });
});

it("a net that falls to ten steps and not to one is overfitted, if the sample shows it", () => {
  const judged = (one: number, ten: number, n: number): boolean =>
    isOverfitted({ n, fgsm: share(one * n, n), pgd: share(ten * n, n) });
  expect(judged(0.8, 0.1, 100)).toBe(true);
  expect(judged(0.8, 0.6, 100)).toBe(false);
  expect(judged(0.75, 0.25, 4)).toBe(false);
});
