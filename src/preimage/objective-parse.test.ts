/** @file The objective language: what texts mean, their one way to be written, and what the errors say. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convNetSpec, residualNet } from "../../test/fixtures/conv-nets.ts";
import { netBytes } from "../../test/fixtures/nets.ts";
import { evaluate } from "../../test/fixtures/run.ts";
import { InputError } from "../error.ts";
import { openModel } from "../model/model.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { needsOf, objectiveOf, objectiveText } from "./objective-expression.ts";
import { objectiveFunctions } from "./objective-functions.ts";
import { parseObjective } from "./objective-parse.ts";

const names = ["rose", "tulip", "ox-eye daisy", "water lily", "jack-o'-lantern"];
const model = openModel(netBytes(convNetSpec()), { labels: { names, source: "the test" } });
const text = (of: string): string => objectiveText(parseObjective(model, of));

describe("parseObjective", () => {
  it.each([
    // Every address is an objective.
    ["conv", "conv"],
    ["conv:2", "conv:2"],
    [" conv:2@1,3 ", "conv:2@1,3"],
    ["conv@1,3", "conv@1,3"],
    ["logits:rose", "logits:0"],
    ["logits:water lily", "logits:3"],
    ["logits:ox-eye daisy", "logits:2"],
    // Names within expressions.
    ["2*logits:water lily", "2*logits:3"],
    ['-logits:"water lily"', "-logits:3"],
    ['2*"logits:water lily"', "2*logits:3"],
    ["logits:rose - logits:ox-eye daisy", "logits:0 - logits:2"],
    ["logits:jack-o'-lantern - conv:1", "logits:4 - conv:1"],
    ["conv:1@0,2 + conv@1,1", "conv:1@0,2 + conv@1,1"],
    ["2 * /conv/Conv:1", "2*conv:1"],
    ["2 * out:1", "2*logits:1"],
    // Blanks and signs.
    ["logits:rose - 0.5*logits:tulip", "logits:0 - 0.5*logits:1"],
    ["logits:rose -0.5 * logits:tulip", "logits:0 - 0.5*logits:1"],
    ["logits:rose- logits:tulip", "logits:0 - logits:1"],
    ["2*conv:3+conv:1", "2*conv:3 + conv:1"],
    ["-conv:1", "-conv:1"],
    ["--conv:1", "conv:1"],
    ["conv:1*-2", "conv:1*-2"],
    ["-(conv:1*conv:2)", "-(conv:1*conv:2)"],
    ["-2*conv:1", "-2*conv:1"],
    ["- - 2 * conv:1", "2*conv:1"],
    // Parentheses, only where they change something.
    ["((conv:1))", "conv:1"],
    ["(conv:1 + conv:2) + conv:3", "conv:1 + conv:2 + conv:3"],
    ["conv:1 + (conv:2 + conv:3)", "conv:1 + (conv:2 + conv:3)"],
    ["conv:1 - (conv:2 - conv:3)", "conv:1 - (conv:2 - conv:3)"],
    ["(conv:1 * 2) * conv:2", "conv:1*2*conv:2"],
    ["(conv:1 + 2) * (conv:2)", "(conv:1 + 2)*conv:2"],
    // Numbers are computed at once.
    ["(1 + 2*3 - 4)*conv:1", "3*conv:1"],
    ["1e-3*conv:1 + .5", "0.001*conv:1 + 0.5"],
    ["1e21*conv:1", "1e+21*conv:1"],
    ["1E+2*conv:1", "100*conv:1"],
    // Functions.
    ["dream(conv)", "dream(conv)"],
    ["dream ( conv:1 )", "dream(conv:1)"],
    ["2*dream(conv@0,1) - l1(pool, constant=0.5)", "2*dream(conv@0,1) - l1(pool, constant=0.5)"],
    ["l1(pool, constant=-1)", "l1(pool, constant=-1)"],
    ["l1(pool, constant=0)", "l1(pool)"],
    ["direction(conv, [1, -2, .5, 0], power=2)", "direction(conv, [1, -2, 0.5, 0], power=2)"],
    ["direction(conv@1,1, smile)", "direction(conv@1,1, smile)"],
    ['direction(conv, "my smile")', 'direction(conv, "my smile")'],
    ["code(conv, cat, window=5, channels=first)", "code(conv, cat, channels=first, window=5)"],
    ["code(conv, cat-2.png, subset=0.5, seed=7)", "code(conv, cat-2.png, subset=0.5, seed=7)"],
    ['style(conv, "a \\"b\\" \\\\ c")', 'style(conv, "a \\"b\\" \\\\ c")'],
    ["interpolate(conv:1, logits:rose - conv:2)", "interpolate(conv:1, logits:0 - conv:2)"],
    ["conv:1 - 100*(batchnorm(logits) + tv(pool))", "conv:1 - 100*(batchnorm(logits) + tv(pool))"],
  ])("%s is %s", (from, canonical) => {
    expect(text(from)).toBe(canonical);
    expect(text(canonical)).toBe(canonical);
  });

  it("needs what functions name, in the order of the text", () => {
    const e = parseObjective(
      model,
      "code(conv, cat) - direction(pool, smile)*style(conv, cat) + direction(conv, [1,0,0,0])",
    );
    expect(needsOf(e).map(({ kind, name, layer }) => [kind, name, layer.address])).toEqual([
      ["photo", "cat", "conv"],
      ["vector", "smile", "pool"],
      ["photo", "cat", "conv"],
    ]);
  });

  it.each([
    ["", 1, /expected a unit such as layer:channel, got the end/],
    ["conv:1 +", 9, /expected a unit such as layer:channel, got the end/],
    ["conv:1 conv:2", 8, /expected an operator between "conv:1" and "conv:2"/],
    ["2 conv:1", 3, /expected an operator: "\+", "-" or "\*", got "conv:1"/],
    ["(conv:1 + conv:2", 17, /expected "\)", got the end/],
    ["conv:1)", 7, /expected an operator: .*, got "\)"/],
    ["2*cnov:1", 3, /no layer "cnov": did you mean conv,/],
    ["conv:1 + logits:rosse", 10, /no class is called "rosse": did you mean rose,/],
    ["logits:rose-0.5*conv:1", 1, /no class is called "rose-0.5".*a minus needs a space beside it/],
    ['2*logits:"rose', 10, /quote is not closed/],
    ["conv:* + pool:1", 1, /conv:\* stands for many units.*e\.g\. conv:0/],
    ["conv:*", 1, /conv:\* stands for many units/],
    ["dreem(conv)", 1, /no function "dreem": did you mean dream,/],
    ["dream()", 7, /expected a unit such as layer:channel, got "\)"/],
    ["dream(conv, 2)", 13, /expected "\)": dream has no options, got "2"/],
    ["dream(conv, power=2)", 13, /dream has no options/],
    ["direction(conv)", 15, /expected ", " and a vector.*, which direction needs, got "\)"/],
    ["direction(conv, [])", 18, /expected a number, got "\]"/],
    ["direction(conv, [1 2])", 20, /expected "\]", got "2"/],
    ["direction(conv, smile, pwer=2)", 24, /direction has no option "pwer": did you mean power\?/],
    ["direction(conv, smile, power=-1)", 30, /power: expected a number from 0, got -1/],
    ["direction(conv, smile, power)", 29, /expected "=" and a value for power, got "\)"/],
    ["code(conv, cat, channels=third)", 26, /expected channels=all\|first\|second, got "third"/],
    ["code(conv, cat, window=2.5)", 24, /window: expected a whole number from 0, got 2.5/],
    ["code(conv, cat, subset=2)", 24, /subset: expected a number from 0 to 1, got 2/],
    ["code(conv, 3)", 12, /expected the name of a photo, got "3"/],
    ["interpolate(conv:1)", 19, /expected ", " and another objective, got "\)"/],
    ["interpolate(conv:1, 3)", 21, /expected an objective that names a unit, got a number/],
    ["1e999*conv:1", 1, /1e999 is too large/],
    ["toString(conv)", 1, /no function "toString"/],
    ["l1(conv, toString=1)", 10, /no option "toString"/],
  ])("%s is refused at character %d", (from, character, message) => {
    expect(() => parseObjective(model, from)).toThrow(InputError);
    expect(() => parseObjective(model, from)).toThrow(message);
    expect(() => parseObjective(model, from)).toThrow(`objective "${from}", character ${character}: `);
  });

  it.each([
    ["cnov:1", /^the net has no layer "cnov"/],
    ["conv:rose", /^"rose" is no channel of conv/],
    ["3", /^the objective "3" names no unit/],
    ["2*3 - 1", /^the objective "2\*3 - 1" names no unit/],
  ])("%s is refused as a whole", (from, message) => {
    expect(() => parseObjective(model, from)).toThrow(InputError);
    expect(() => parseObjective(model, from)).toThrow(message);
  });
});

describe("odd names of layers", () => {
  it.each(["my relu", "a+b", "relu(1)", "12", "3x", "a*b", "-a", "a-", "a,b", "a=b", 'say "a"', "back\\slash"])(
    "%s is quoted in expressions, and read back",
    (name) => {
      const spec = convNetSpec();
      const nodes = spec.nodes.map(
        ([op, node, inputs, outputs, a = {}]) =>
          [op, op === "Relu" ? `/${name}/Relu` : node, inputs, outputs, a] as const,
      );
      const net = openModel(netBytes({ ...spec, nodes }));
      const quoted = `2*"${name.replace(/["\\]/g, "\\$&")}":1`;
      const e = parseObjective(net, quoted);
      expect(e).toMatchObject({ right: { address: { layer: { op: "Relu" }, channel: 1 } } });
      expect(objectiveText(e)).toBe(quoted);
      // Alone, it is the plain address.
      expect(objectiveText(parseObjective(net, `${name}:1`))).toBe(`${name}:1`);
    },
  );
});

/** An expression by its text, and its value by host arithmetic on the values of its units. */
interface Sample {
  readonly text: string;
  readonly hosted: (unit: (address: string) => number) => number;
}

const seed = 77;
const space = fc.constantFrom("", " ", "  ");
const units = ["conv:1", "conv:2@1,0", "logits:0", "logits:3", "pool:2"];
const sample = (depth: number): fc.Arbitrary<Sample> => {
  const unit = fc.constantFrom(...units).map((address): Sample => ({ text: address, hosted: (of) => of(address) }));
  const number = fc
    .constantFrom("2", "0.5", ".25", "1e-1", "3")
    .map((n): Sample => ({ text: n, hosted: () => Number(n) }));
  if (depth === 0) return unit;
  const inner = fc.oneof({ weight: 3, arbitrary: sample(depth - 1) }, { weight: 1, arbitrary: number });
  const binary = fc.tuple(fc.constantFrom("+", "-", "*"), inner, sample(depth - 1), space, space).map(
    ([op, a, b, s, t]): Sample => ({
      // A minus needs a blank beside it.
      text: `(${a.text})${s}${op}${op === "-" ? " " : t}(${b.text})`,
      hosted: (of) =>
        op === "+"
          ? a.hosted(of) + b.hosted(of)
          : op === "-"
            ? a.hosted(of) - b.hosted(of)
            : a.hosted(of) * b.hosted(of),
    }),
  );
  const bare = fc.tuple(fc.constantFrom("+", "*"), unit, unit, space).map(
    ([op, a, b, s]): Sample => ({
      text: `(${a.text}${s}${op}${s}${b.text})`,
      hosted: (of) => (op === "+" ? a.hosted(of) + b.hosted(of) : a.hosted(of) * b.hosted(of)),
    }),
  );
  const negative = sample(depth - 1).map((a): Sample => ({ text: `-(${a.text})`, hosted: (of) => -a.hosted(of) }));
  return fc.oneof(unit, binary, binary, bare, negative);
};

/** Value of an objective where each layer is a fixed ramp. */
async function built(of: string): Promise<number> {
  const { layers, on } = objectiveOf(model, parseObjective(model, of), () => fromNumbers("float32", []));
  const shape = (name: string): number[] => (name === "out" ? [1, 5] : name === "pooled" ? [1, 4, 2, 2] : [1, 4, 4, 4]);
  const inputs = Object.fromEntries(
    layers.map(({ name }) => {
      const dims = shape(name);
      const size = dims.reduce((p, d) => p * d);
      return [
        name,
        fromNumbers(
          "float64",
          Array.from({ length: size }, (_, i) => Math.sin(i + size)),
          dims,
        ),
      ];
    }),
  );
  const { y } = await evaluate(inputs, (g, v) => {
    const values = layers.map(({ name }) => v[name]!);
    return { y: on(values.map((value) => ({ value, channelAxis: 1 })))(g, values) };
  });
  return toNumbers(y!)[0]!;
}

it(`random expressions keep their meaning through their text (seed ${seed})`, async () => {
  const known = new Map<string, number>();
  for (const address of units) known.set(address, await built(address));
  await fc.assert(
    fc.asyncProperty(sample(3), async ({ text: from, hosted }) => {
      const canonical = text(from);
      expect(text(canonical)).toBe(canonical);
      const expected = hosted((address) => known.get(address)!);
      for (const t of [from, canonical]) expect(await built(t)).toBeCloseTo(expected, 10);
    }),
    { seed, numRuns: 40 },
  );
});

it("every function is in the docs, with all of its options", async () => {
  const { readFile } = await import("node:fs/promises");
  const page = await readFile(new URL("../../docs/objectives.md", import.meta.url), "utf8");
  for (const [name, { options }] of Object.entries(objectiveFunctions)) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}(`));
    expect(row, name).toBeDefined();
    for (const option of Object.keys(options)) expect(row).toContain(`${option}=`);
  }
  expect(page).toContain("`interpolate(");
});

it("reads nets with normalisations too", () => {
  expect(objectiveText(parseObjective(residualNet(), "logits:1 - 0.01*batchnorm(logits)"))).toBe(
    "logits:1 - 0.01*batchnorm(logits)",
  );
});
