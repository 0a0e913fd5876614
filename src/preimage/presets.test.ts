/** @file Picking presets, changing their constants, and their graphs against what every provider can run. */

import { describe, expect, it } from "vitest";
import { residualNet } from "../../test/fixtures/conv-nets.ts";
import { uniform } from "../../test/fixtures/run.ts";
import { specification } from "../../test/sweeps/specification.ts";
import { InputError } from "../error.ts";
import { findLayer } from "../model/address.ts";
import { lower } from "../passes/lower.ts";
import { prune } from "../passes/needed.ts";
import { rng } from "../tensor/rng.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { netAt } from "./net.ts";
import { wholeLayer } from "./objectives.ts";
import { recipeOf } from "./presets/testing.ts";
import { type PickOptions, pick, presetNames, presets } from "./presets.ts";
import { setting } from "./setting.ts";
import { stepGraph } from "./step-graph.ts";

describe("constants", () => {
  it("can be changed", () => {
    const recipe = recipeOf(
      "lucid",
      { size: [128, 130] },
      { constants: { learningRate: 0.2, deviation: 0.5, jitter: [2] } },
    );
    expect(recipe.optimiser.scalars(1000).rate).toBeCloseTo(0.2, 9);
    const start = toNumbers(recipe.parametrisation.init(rng(1)));
    expect(Math.max(...start)).toBeGreaterThan(1);
    const random = rng(2);
    const shifts = Array.from({ length: 100 }, () => toNumbers(recipe.transforms[0]!.draw(random)["1.dx"]!)[0]!);
    expect([...new Set(shifts)].sort()).toEqual([-1, 0, 1]);
  });

  it("are the preset's own where nothing is said, and steps what is asked for", () => {
    expect(recipeOf("lucid", {}, { steps: 7 }).steps).toBe(7);
    expect(recipeOf("lucid", {}, { constants: { steps: 9 } }).steps).toBe(9);
    expect(pick("maximize", "maco", {})).toMatchObject({ name: "maco", steps: 256 });
  });

  it.each<[string, PickOptions, RegExp]>([
    ["an unknown preset", { preset: "lucidd" as never }, /no preset 'lucidd': did you mean lucid/],
    ["a preset of JavaScript's", { preset: "toString" as never }, /no preset 'toString'/],
    [
      "an unknown constant",
      { constants: { learningrate: 1 } },
      /'lucid' has no constant 'learningrate': did you mean learningRate/,
    ],
    ["a constant of JavaScript's", { constants: { constructor: 1 } }, /has no constant 'constructor'/],
    ["text for a number", { constants: { pad: "12" } }, /pad: expected a number such as 12, got "12"/],
    ["a number for numbers", { constants: { jitter: 8 } }, /jitter: expected numbers such as \[8, 4\], got 8/],
    ["numbers that are none", { constants: { jitter: [8, null] } }, /jitter: expected numbers .* got \[8,null\]/],
  ])("refuse %s", (_, options, message) => {
    expect(() => pick("maximize", "lucid", options)).toThrow(InputError);
    expect(() => pick("maximize", "lucid", options)).toThrow(message);
  });
});

describe("graphs that all providers run", () => {
  const model = residualNet();
  /** Wrong, or silently run elsewhere, on one provider or another. */
  const avoided =
    "Sum Sign Round Mod SpaceToDepth GridSample LRN LogSoftmax OneHot MaxUnpool Col2Im Selu Softsign Celu NonZero Loop ScatterND Resize Scan If DFT".split(
      " ",
    );
  const cases = presetNames.flatMap((preset) =>
    (preset === "natural" || preset === "lucid"
      ? model.layers.map((layer) => layer.address)
      : ["block2", "logits"]
    ).map((layer) => [preset, layer] as const),
  );

  it.each(cases)("%s for %s", (preset, layer) => {
    const { value } = findLayer(model, layer);
    const net = netAt(model, [value], 32);
    const [technique] = presets[preset].techniques;
    const recipe = pick(technique!, preset, { steps: 10 }).recipe({
      ...setting(model, net, [value]),
      objective: wholeLayer,
      start: preset === "accentuate" ? uniform("float32", [3, 32, 32]) : undefined,
      anchor: preset === "accentuate" ? value : undefined,
    });
    const { nodes } = lower(prune(stepGraph(recipe, { objectives: [wholeLayer, wholeLayer], leak: true })));
    const names = new Set(nodes.map((node) => node.op));
    expect([...names].filter((op) => !specification.has(op))).toEqual([]);
    expect([...names].filter((op) => avoided.includes(op) || op.startsWith("Random"))).toEqual([]);
    for (const { op, outputs } of nodes) {
      if (op === "MaxPool") expect(outputs.length).toBe(1);
      if (["Add", "Sub", "Mul", "Div"].includes(op)) expect(outputs[0]!.dtype).toBe("float32");
    }
  });
});
