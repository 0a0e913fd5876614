/** @file The whole product of axes on a tiny net: every named choice at least once, each in the company of random others. */

import { describe, expect, it } from "vitest";
import { finish, residualNet } from "../../test/fixtures/conv-nets.ts";
import { uniform } from "../../test/fixtures/run.ts";
import { scheduleNames } from "../optimise/schedule.ts";
import { rng } from "../tensor/rng.ts";
import { caricature } from "./caricature.ts";
import { optimisers } from "./choices/optimisers.ts";
import { parametrisations } from "./choices/parametrisations.ts";
import { regularisers } from "./choices/regularisers.ts";
import { transforms } from "./choices/transforms.ts";
import type { Choices } from "./choices.ts";
import { invert } from "./invert.ts";
import { type MaximizeOptions, maximize } from "./maximize.ts";
import { objectiveFunctions } from "./objective-functions.ts";
import { type PresetName, presetNames, presets } from "./presets.ts";
import type { Picture, Progress } from "./technique.ts";

const model = residualNet();
const SIDE = 16;
const photo = uniform("float32", [3, SIDE, SIDE], [0.2, 0.8], 7);
const vector = [1, 0.5, -0.25, 0.75];

const objectives = [
  "relu2",
  "relu2:1",
  "relu2:1@1,2",
  "logits:2",
  "logits:2 - 0.5*logits:1",
  "relu2:1 * relu3:2 + 0.1",
  "interpolate(relu2:1, relu2:2)",
  ...Object.entries(objectiveFunctions).map(([name, { takes }]) => {
    const given = takes === "photo" ? ", p" : takes === "vector" ? `, [${vector}]` : "";
    return `${name}(relu2${given})`;
  }),
];
const spaces = [...new Array<string>(7).fill("maximize"), "caricature", "invert"];

interface Combination extends Choices {
  readonly objective: string;
  readonly technique: string;
  readonly preset: PresetName;
}

/** Each list of choices is gone through again and again in an order of its own, so that all of them come. */
function combinations(count: number, seed: number): Combination[] {
  const random = rng(seed);
  const around = <T>(name: string, all: readonly T[]): ((i: number) => T) => {
    const own = random.fork(name);
    const order = all.map((x) => ({ x, key: own.uniform() })).sort((a, b) => a.key - b.key);
    return (i) => order[i % order.length]!.x;
  };
  const chance = random.fork("chance");
  const next = {
    objective: around("objective", objectives),
    technique: around("technique", spaces),
    parametrisation: around("parametrisation", Object.keys(parametrisations)),
    transform: around("transform", Object.keys(transforms)),
    regulariser: around("regulariser", Object.keys(regularisers)),
    optimiser: around("optimiser", Object.keys(optimisers)),
    schedule: around("schedule", scheduleNames),
    preset: around("preset", presetNames),
  };
  return Array.from({ length: count }, (_, i): Combination => {
    const technique = next.technique(i);
    const named = next.preset(i);
    const made: readonly string[] = presets[named].techniques;
    const suits = technique === "caricature" ? named === "natural" : made.includes(technique);
    const preset = suits ? named : "natural";
    const [optimiser, regulariser] = [next.optimiser(i), next.regulariser(i)];
    // These are for pixels alone; photos to start from are for all but phases; an anchor allows no opacity.
    const pixels = optimiser === "ijcv" || /norm$|clamp/.test(regulariser) || preset === "accentuate";
    const opacity = preset === "accentuate" ? 0 : i % 3;
    const free = next.parametrisation(i);
    const parametrisation = pixels || (technique === "caricature" && free === "maco") ? "pixels" : free;
    const more = next.transform(i + 4);
    return {
      objective: next.objective(i),
      technique,
      preset,
      parametrisation: opacity === 1 ? `${parametrisation},alpha` : parametrisation,
      transforms: i % 4 === 0 || more === next.transform(i) ? next.transform(i) : `${next.transform(i)},${more}`,
      regularisers: chance.uniform() < 0.5 ? regulariser : `${regulariser},tv:0.1`,
      optimiser: optimiser === "sgd" ? "sgd:0.1" : optimiser,
      schedule: next.schedule(i),
      transparent: opacity === 2,
    };
  });
}

const seed = 11;
const cases = combinations(objectives.length + 6, seed);

it("names everything there is", () => {
  const text = JSON.stringify(cases);
  for (const table of [parametrisations, transforms, regularisers, optimisers])
    for (const name of Object.keys(table)) expect(text).toContain(name);
  for (const name of [...scheduleNames, ...Object.keys(objectiveFunctions), "alpha"]) expect(text).toContain(name);
  for (const technique of spaces) expect(cases.some((c) => c.technique === technique)).toBe(true);
});

describe(`random combinations, seed ${seed}`, () => {
  it.each(cases)("%o", async ({ objective, technique, ...choices }) => {
    const options: MaximizeOptions = {
      device: "cpu",
      threads: 1,
      size: SIDE,
      steps: 3,
      restarts: 2,
      photos: { p: photo },
      ...(choices.preset === "accentuate" && { start: photo }),
      ...choices,
    };
    const run =
      technique === "maximize"
        ? maximize(model, objective, options)
        : technique === "invert"
          ? invert(model, photo, "relu2", options)
          : caricature(model, photo, "relu2", options);
    const { returned } = await finish<Progress, Picture>(run);
    expect(returned.image.dims).toEqual([3, SIDE, SIDE]);
    expect(returned.image.data.every((x) => x >= 0 && x <= 1)).toBe(true);
    expect([returned.activation.end, returned.objective.end].every(Number.isFinite)).toBe(true);
    expect(returned.steps).toBe(3);
    expect(returned.opacity !== undefined).toBe(choices.transparent || choices.parametrisation!.includes("alpha"));
  });
});
