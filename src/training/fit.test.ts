/** @file Training as a whole: it learns, stops, goes on bit for bit, and refuses what does not belong together. */

import { describe, expect, it } from "vitest";
import { SIDE, shapeClasses, shapesSet, shapesTest } from "../../test/fixtures/shapes.ts";
import { plainNet, tinyNet } from "../../test/fixtures/tiny-net.ts";
import { oneCycle } from "../optimise/schedule.ts";
import { trainingRule } from "../optimise/training-rules.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "./checkpoint.ts";
import { evaluate } from "./evaluate.ts";
import type { FitEvent, FitOptions } from "./fit.ts";
import { train } from "./testing.ts";
import { weightsOf, withWeights } from "./weights.ts";

const EPOCHS = 4;

function options(more: Partial<FitOptions> = {}): FitOptions {
  const data = more.data ?? shapesSet(16);
  return {
    net: tinyNet(),
    data,
    epochs: EPOCHS,
    batch: 16,
    size: [SIDE, SIDE],
    seed: 7,
    device: "cpu",
    threads: 1,
    dropout: 0.1,
    optimiser: trainingRule("sgd", {
      learningRate: oneCycle({ rate: 0.2, steps: EPOCHS * data.batches }),
      weightDecay: 1e-4,
    }),
    ...more,
  };
}

const bitsOf = ({ state }: Snapshot): string[] =>
  Object.keys(state)
    .sort()
    .map((name) => `${name} ${Buffer.from(state[name]!.bytes).toString("base64")}`);

describe("a tiny net on coloured shapes", () => {
  it("learns them, says how it goes, and keeps what it learnt", async () => {
    const events: FitEvent[] = [];
    const o = options({ average: 0.9, validation: { batches: shapesTest, classes: shapeClasses, every: 3 } });
    const { snapshot, stopped } = await train(o, (e) => events.push(e));
    expect(stopped).toBe("done");
    const steps = events.filter((e) => e.kind === "step");
    expect(steps).toHaveLength(EPOCHS * 8);
    expect(steps.at(-1)).toMatchObject({ step: 32, steps: 32, epoch: 3, secondsLeft: 0 });
    expect(steps.at(-1)!.loss).toBeLessThan(0.5 * steps[0]!.loss);
    const validations = events.filter((e) => e.kind === "validation");
    expect(validations.map((e) => e.epoch)).toEqual([2, 3]);
    expect(validations.at(-1)!.evaluation).toMatchObject({ n: 90 });
    expect(validations.at(-1)!.evaluation.top1).toBeGreaterThan(0.95);
    const net = { ...o.net, source: withWeights(o.net.source, weightsOf(snapshot.state)) };
    const again = await evaluate(net, shapesTest(), { classes: shapeClasses, device: "cpu", threads: 1 });
    expect(again.loss).toBe(validations.at(-1)!.evaluation.loss);
  });

  it("stopped in the middle of an epoch it goes on to the same weights, bit for bit", async () => {
    const o = options({ accumulate: 2, data: shapesSet(16), clip: 5, average: 0.99 });
    const whole = await train(o);
    const stop = new AbortController();
    const saved: Uint8Array[] = [];
    const save = async (s: Snapshot): Promise<void> => {
      saved.push(encodeSnapshot(s));
    };
    const part = await train({ ...o, signal: stop.signal, save }, (e) => {
      if (e.kind === "step" && e.step === 6) stop.abort();
    });
    expect(part.stopped).toBe("aborted");
    expect(part.snapshot).toMatchObject({ step: 6, epoch: 1, batch: 4 });
    const resumed = await train({ ...o, resume: decodeSnapshot(saved.at(-1)!) });
    expect(resumed.snapshot).toMatchObject({ step: 16, epoch: 4, batch: 0 });
    expect(bitsOf(resumed.snapshot)).toEqual(bitsOf(whole.snapshot));
  });

  it("stopped while it validates it keeps the epoch and leaves the validation out", async () => {
    const stop = new AbortController();
    async function* pictures() {
      for await (const batch of shapesTest()) {
        stop.abort();
        yield batch;
      }
    }
    const kinds: string[] = [];
    const validation = { batches: pictures, classes: shapeClasses };
    const { stopped, snapshot } = await train(options({ validation, signal: stop.signal }), (e) => kinds.push(e.kind));
    expect({ stopped, step: snapshot.step, epoch: snapshot.epoch }).toEqual({ stopped: "aborted", step: 8, epoch: 1 });
    expect(kinds).not.toContain("validation");
  });

  it("keeps snapshots after every epoch and as often as asked", async () => {
    const at: number[] = [];
    await train(options({ epochs: 2, saveEvery: 3, save: async (s) => void at.push(s.step) }));
    expect(at).toEqual([3, 6, 8, 9, 12, 15, 16]);
  });
});

it("a diverging loss stops training with the last good state and a word on what to try", async () => {
  const rate = (step: number): number => (step < 9 ? 0.01 : 1e30);
  const o = options({ net: tinyNet(plainNet), optimiser: trainingRule("sgd", { learningRate: rate }) });
  const { snapshot, stopped, message } = await train(o);
  expect(stopped).toBe("diverged");
  expect(snapshot.step).toBe(8);
  expect(message).toMatch(/last good state: step 8\); try a lower learning rate/);
  for (const t of Object.values(snapshot.state)) expect((t.data as Float32Array).every(Number.isFinite)).toBe(true);
});

it("weights that are numbers but too large to answer with are left for those of the epoch before", async () => {
  const rate = (step: number): number => (step < 15 ? 0.01 : 1e30);
  const kept: number[] = [];
  const { snapshot, stopped, message } = await train(
    options({
      net: tinyNet(plainNet),
      epochs: 3,
      optimiser: trainingRule("sgd", { learningRate: rate }),
      validation: { batches: () => shapesTest(), classes: shapeClasses },
      save: async ({ step }) => void kept.push(step),
    }),
  );
  expect({ stopped, step: snapshot.step, kept }).toEqual({ stopped: "diverged", step: 8, kept: [8, 16, 8] });
  expect(message).toMatch(/last good state: step 8\); try a lower learning rate/);
});

it("a checkpoint of another net, recipe or seed is refused", async () => {
  const o = options({ epochs: 1, net: tinyNet(plainNet) });
  const { snapshot } = await train(o);
  const resume = (more: Partial<FitOptions>) => train({ ...o, resume: snapshot, ...more });
  await expect(resume({ net: tinyNet(plainNet, 2) })).rejects.toThrow("another net, recipe or seed");
  await expect(resume({ recipe: { flip: true } })).rejects.toThrow("another net, recipe or seed");
  await expect(resume({ seed: 8 })).rejects.toThrow("another net, recipe or seed");
  expect(bitsOf((await resume({})).snapshot)).toEqual(bitsOf(snapshot));
});

it("a net that is evaluated on other classes than its own is refused", async () => {
  const run = evaluate(tinyNet(), shapesTest(), { classes: ["a", "b"], device: "cpu", threads: 1 });
  await expect(run).rejects.toThrow("the net has 3 classes, the data 2");
});

it("less than one step of pictures is refused", async () => {
  const o = options({ net: tinyNet(plainNet), accumulate: 4, data: shapesSet(16, 3) });
  await expect(train(o)).rejects.toThrow("an epoch has 3 batches, a step takes 4");
});
