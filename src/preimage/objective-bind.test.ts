/** @file Objectives as they come out of a text, on a net, against the plain functions on the net's activations. */

import { describe, expect, it } from "vitest";
import { convNet, residualNet } from "../../test/fixtures/conv-nets.ts";
import { netBytes, weights } from "../../test/fixtures/nets.ts";
import { InputError } from "../error.ts";
import type { SourceValue } from "../graph/graph.ts";
import { findLayer } from "../model/address.ts";
import { type Model, openModel } from "../model/model.ts";
import { builderOf } from "../ops/builder.ts";
import { compile } from "../runtime/compile.ts";
import { type Image, makeImage } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import type { Net, Objective } from "./axes.ts";
import { encode } from "./encode.ts";
import { netAt } from "./net.ts";
import { alignment } from "./objective-batch.ts";
import type { BindOptions } from "./objective-bind.ts";
import { diversity, style } from "./objective-gram.ts";
import { centralWindow, halfOfChannels, randomSubset } from "./objective-masks.ts";
import { parseObjective } from "./objective-parse.ts";
import { borderActivity, l1, l2, variation } from "./objective-penalties.ts";
import { alike, direction, exaggerate, sameCode, wholeLayer } from "./objectives.ts";
import { bindTargets } from "./targets.ts";

const cpu = { device: "cpu", threads: 1 } as const;
const size = 8;
const photo = (seed: number): Image => {
  const random = rng(seed);
  return makeImage(3, size, size, () => random.uniform());
};
const photos = { cat: photo(1), dog: photo(2) };
const vectors = { smile: [1, -2, 0.5, 0.25] };
const batch = [photo(3), photo(4), photo(5)];

/** An objective for the three pictures. */
async function run(net: Net, layers: readonly SourceValue[], objective: Objective): Promise<number[]> {
  const g = builderOf();
  const image = g.input("image", "float32", [batch.length, 3, size, size]);
  g.output(objective(g, net.emit(g, image, layers)), "y");
  const program = await compile(g.graph, cpu);
  try {
    const data = Float32Array.from(batch.flatMap((p) => [...p.data]));
    return toNumbers((await program.run({ image: tensor("float32", image.shape, data) })).y!);
  } finally {
    await program.dispose();
  }
}

const onBatch = (model: Model, layer: string, objective: Objective): Promise<number[]> => {
  const { value } = findLayer(model, layer);
  return run(netAt(model, [value], size), [value], objective);
};

const bound = async (model: Model, text: string, options: BindOptions = {}): Promise<number[]> => {
  const all = { size, vectors, photos, ...cpu, ...options };
  const { net, layers, targets } = await bindTargets(model, [parseObjective(model, text)], all);
  return run(net, layers, targets[0]!.objective);
};

const model = convNet();
const codeOf = async (name: keyof typeof photos, layer: string): Promise<Tensor<"float32">> => {
  const { value } = findLayer(model, layer);
  return (await encode(model, netAt(model, [value], size), value, photos[name], cpu)).code;
};
const conv = { name: "conv", shape: [1, 4, size, size], axis: 1 };

const expectSame = (got: readonly number[], wanted: readonly number[]): void => {
  expect(got.length).toBe(wanted.length);
  got.forEach((x, i) => {
    expect(Math.abs(x - wanted[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(wanted[i]!)));
  });
};

describe("every function, bound to a net, is the plain one on its layer", () => {
  it.each<[string, () => Objective | Promise<Objective>]>([
    ["conv", () => wholeLayer],
    ["dream(conv)", () => wholeLayer],
    ["direction(conv, smile, power=2)", () => direction(vectors.smile, { power: 2 })],
    ["direction(conv, [1, -2, 0.5, 0.25])", () => direction(vectors.smile)],
    ["code(conv, cat)", async () => sameCode(await codeOf("cat", "conv"), 1)],
    [
      "code(conv, dog, channels=second)",
      async () => sameCode(await codeOf("dog", "conv"), 1, halfOfChannels("second")(conv)),
    ],
    ["code(conv, cat, window=3)", async () => sameCode(await codeOf("cat", "conv"), 1, centralWindow(3)(conv))],
    [
      "code(conv, cat, subset=0.3, seed=4)",
      async () => sameCode(await codeOf("cat", "conv"), 1, randomSubset(0.3, 4)(conv)),
    ],
    ["exaggerate(conv, cat)", async () => exaggerate(await codeOf("cat", "conv"))],
    ["caricature(conv, cat, power=1)", async () => alike(await codeOf("cat", "conv"), 1)],
    ["style(conv, dog)", async () => style(await codeOf("dog", "conv"))],
    ["diversity(conv)", () => diversity()],
    ["alignment(conv, decay=3)", () => alignment(3)],
    ["l1(conv, constant=0.5)", () => l1(0.5)],
    ["l2(conv)", () => l2()],
    ["tv(conv)", () => variation()],
    ["border(conv, width=2, value=0.1)", () => borderActivity({ width: 2, value: 0.1 })],
  ])("%s", async (text, plain) => {
    expectSame(await bound(model, text), await onBatch(model, "conv", await plain()));
  });

  it("sums and products over several layers are what the host makes of the parts", async () => {
    const text = "100*code(conv, cat) - style(pool, dog)*logits:2 + 3";
    const [a, b, c] = [
      await bound(model, "code(conv, cat)"),
      await bound(model, "style(pool, dog)"),
      await bound(model, "logits:2"),
    ];
    expectSame(
      await bound(model, text),
      a.map((x, i) => 100 * x - b[i]! * c[i]! + 3),
    );
  });

  it("interpolate goes along the batch", async () => {
    const [a, b] = [await bound(model, "conv:1"), await bound(model, "logits:2")];
    expectSame(await bound(model, "interpolate(conv:1, logits:2)"), [a[0]!, (a[1]! + b[1]!) / 2, b[2]!]);
  });

  it("batchnorm is the same for each picture", async () => {
    const values = await bound(residualNet(), "batchnorm(logits, first=10)");
    expect(values[0]).toBeGreaterThan(0);
    expectSame(values, [values[0]!, values[0]!, values[0]!]);
  });

  it("parts of a layer see their part of the code", async () => {
    const code = await codeOf("cat", "conv");
    const at = 2 * size * size + 3 * size + 4;
    const unit = await bound(model, "conv:2@3,4");
    expectSame(
      await bound(model, "code(conv:2@3,4, cat)"),
      unit.map((x) => -((x - code.data[at]!) ** 2) / code.data[at]! ** 2),
    );
  });
});

/** Patches as tokens, behind a class token: conv (stride 2) → [N, T, 4] → concat → [N, 1 + T, 4] → linear. */
const vit = openModel(
  netBytes({
    input: ["N", 3, 8, 8],
    constants: {
      w: weights([4, 3, 2, 2]),
      cls: weights([1, 1, 4], 2),
      one: tensor("int64", [3], BigInt64Array.of(0n, 4n, -1n)),
      ones: weights([4, 1, 1, 1], 5, 0),
      v: weights([4, 4], 3),
      head: weights([4, 5], 4),
      zero: tensor("int64", [], BigInt64Array.of(0n)),
    },
    nodes: [
      ["Conv", "patch", "x w", "a", { strides: [2, 2] }],
      ["Reshape", "flat", "a one", "b"],
      ["Transpose", "turn", "b", "c", { perm: [0, 2, 1] }],
      ["ReduceMean", "mean", "c", "d", { axes: [1], keepdims: 1 }],
      ["Mul", "zeroed", "d cls", "e"],
      ["Concat", "tokens", "e c", "f", { axis: 1 }],
      ["MatMul", "mix", "f v", "h"],
      ["Gather", "first", "h zero", "i", { axis: 1 }],
      ["MatMul", "head", "i head", "out"],
    ],
    output: "out",
  }),
);

describe("token layers", () => {
  const layer = { name: "mix", shape: [1, 17, 4], axis: 2 };

  it.each<[string, Objective]>([
    ["direction(mix, smile)", direction(vectors.smile, { axis: 2 })],
    ["tv(mix)", variation(2)],
    ["border(mix)", borderActivity({ axis: 2 })],
    ["diversity(mix)", diversity(2)],
    ["mix:2@1,3", (g, [a]) => g.reshape(g.slice(a!, [1, 2], [8, 2], [9, 3]), [3])],
    ["mix:2@0", (g, [a]) => g.reshape(g.slice(a!, [1, 2], [0, 2], [1, 3]), [3])],
  ])("%s", async (text, plain) => {
    expectSame(await bound(vit, text), await onBatch(vit, "mix", plain));
  });

  it("codes and their masks too", async () => {
    const { value } = findLayer(vit, "mix");
    const { code } = await encode(vit, netAt(vit, [value], size), value, photos.cat, cpu);
    const mask = centralWindow(2)(layer);
    expectSame(await bound(vit, "code(mix, cat, window=2)"), await onBatch(vit, "mix", sameCode(code, 1, mask)));
  });
});

describe("what does not fit is refused", () => {
  it.each([
    ["2*conv:4", /conv has no channel 4: expected 0 to 3/],
    ["2*conv:1@8,0", /no position 8,0: expected 0 to 7/],
    ["direction(conv, [1, 2])", /the direction has 2 numbers, but the layer has 4 channels/],
    ["direction(conv:1, smile)", /the direction has 4 numbers, but the layer has 1 channels/],
    ["direction(conv, simle)", /there is no vector "simle": did you mean smile\?/],
    ["code(conv, cta)", /there is no photo "cta": did you mean cat,/],
    ["tv(logits)", /logits is \[1,5\] and has no rows and columns/],
    ["border(logits:1)", /no rows and columns/],
    ["style(logits, cat)", /logits is \[1,5\] and has no positions/],
    ["code(logits, cat, window=1)", /logits is \[1,5\] and has no rows and columns/],
    ["code(conv, cat, window=9)", /a window of 9×9 does not fit conv, which has 8×8 positions/],
    ["batchnorm(conv)", /no BatchNormalization with statistics on the way to conv/],
    ["batchnorm(conv:1)", /a whole layer: write conv in place of conv:1/],
  ])("%s", async (text, message) => {
    await expect(bound(model, text)).rejects.toThrow(message);
    await expect(bound(model, text)).rejects.toThrow(InputError);
  });

  it("photos that leave a layer silent", async () => {
    const dark = convNet({ constants: { "conv.weight": weights([4, 3, 3, 3], 1, 0) }, bias: -1 });
    for (const f of ["code", "exaggerate", "caricature", "style"])
      await expect(bound(dark, `${f}(relu:0, cat)`)).rejects.toThrow(/relu:0 has nothing to aim at in this photo/);
  });

  it("names nothing was given for", async () => {
    await expect(bound(model, "style(conv, cat)", { photos: {} })).rejects.toThrow(
      /there is no photo "cat": .* none was given/,
    );
  });
});
