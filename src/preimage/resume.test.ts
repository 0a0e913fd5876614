/** @file Pictures that stop and go on: as if they had never stopped, bit for bit, through a file too. */

import { describe, expect, it } from "vitest";
import { convNet, finish } from "../../test/fixtures/conv-nets.ts";
import { InputError } from "../error.ts";
import { makeImage } from "../tensor/image.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { caricature } from "./caricature.ts";
import { invert } from "./invert.ts";
import { maximize } from "./maximize.ts";
import type { PictureState } from "./run-state.ts";
import { decodeSaved, encodeSaved } from "./saved.ts";
import type { Picture, Progress, TechniqueOptions } from "./technique.ts";

const model = convNet();
const photo = makeImage(3, 20, 24, (c, y, x) => 0.5 + 0.1 * Math.sin(0.4 * x + c) * Math.cos(0.3 * y));
const quick: TechniqueOptions = { device: "cpu", threads: 1, size: 16, seed: 3 };
type Technique = (options: TechniqueOptions) => AsyncGenerator<Progress, Picture>;
const returned = async (run: AsyncGenerator<Progress, Picture>): Promise<Picture> => (await finish(run)).returned;

/** Off at the start; wakes while gradients leak, which is over after 16 steps. */
const sleepy = convNet({ constants: { "conv.bias": fromNumbers("float32", [-12, -12, -12, -12]) } });

const techniques: Record<string, Technique> = {
  "maximize, lucid": (o) => maximize(model, "relu:1", o),
  "maximize, natural": (o) => maximize(model, "relu:1", { ...o, preset: "natural" }),
  "maximize, leaking": (o) => maximize(sleepy, "logits:1", o),
  "maximize, in front of the rectifier": (o) => maximize(sleepy, "relu:1", o),
  "three restarts in batches of two": (o) => maximize(model, "relu:1", { ...o, restarts: 3, batch: 2 }),
  caricature: (o) => caricature(model, photo, "relu", o),
  invert: (o) => invert(model, photo, "relu", o),
};

/** The picture as it is when it is stopped after so many steps, through a file and back. */
async function stopped(technique: Technique, steps: number): Promise<readonly PictureState[]> {
  const abort = new AbortController();
  const run = technique({ ...quick, steps: 20, signal: abort.signal });
  let next = await run.next();
  while (!next.done) {
    if (next.value.each === steps) abort.abort();
    next = await run.next();
  }
  expect(next.value.steps).toBe(steps);
  return decodeSaved(encodeSaved({ recipe: {}, states: next.value.states })).states;
}

describe.each(Object.keys(techniques))("%s", (name) => {
  it("goes on from a stop as if there had been none", async () => {
    const technique = techniques[name]!;
    const whole = await returned(technique({ ...quick, steps: 20 }));
    const rest = await returned(technique({ ...quick, steps: 20, from: await stopped(technique, 7) }));
    expect(toNumbers(rest.image)).toEqual(toNumbers(whole.image));
    const numbers = ({ activation, objective, steps, notes, seed }: Picture) => ({
      activation,
      objective,
      steps,
      notes,
      seed,
    });
    expect(numbers(rest)).toEqual(numbers(whole));
  });
});

it("goes on to more steps than were asked for at first", async () => {
  const few = await returned(maximize(model, "relu:1", { ...quick, steps: 7 }));
  const more = await returned(maximize(model, "relu:1", { ...quick, steps: 12, from: few.states }));
  const straight = await returned(maximize(model, "relu:1", { ...quick, steps: 12 }));
  expect(toNumbers(more.image)).toEqual(toNumbers(straight.image));
});

describe("refuses", () => {
  const states = async (options: TechniqueOptions) =>
    (await returned(maximize(model, "relu:1", { ...quick, steps: 2, ...options }))).states;

  it("fewer steps than there are", async () => {
    const run = finish(maximize(model, "relu:1", { ...quick, steps: 1, from: await states({}) }));
    await expect(run).rejects.toThrow(/has 2 steps already: expected at least as many, got 1/);
  });

  it("the state of another picture", async () => {
    for (const other of [{ size: 12 }, { preset: "natural" as const }]) {
      const run = finish(maximize(model, "relu:1", { ...quick, steps: 5, from: await states(other) }));
      await expect(run).rejects.toThrow(InputError);
      await expect(run).rejects.toThrow(/the saved state is of another picture/);
    }
  });

  it("another number of restarts", async () => {
    const three = await states({ restarts: 3 });
    await expect(finish(maximize(model, "relu:1", { ...quick, steps: 5, from: three }))).rejects.toThrow(
      /3 saved pictures, expected 1/,
    );
    const run = finish(maximize(model, "relu:1", { ...quick, steps: 5, restarts: 4, batch: 4, from: three }));
    await expect(run).rejects.toThrow(/made in other batches/);
  });

  it("a file that is cut off or something else", async () => {
    const bytes = encodeSaved({ recipe: {}, states: await states({}) });
    expect(() => decodeSaved(bytes.slice(0, -1))).toThrow(/whole state of a picture/);
    expect(() => decodeSaved(new TextEncoder().encode("{}"))).toThrow(InputError);
  });
});
