/** @file A model behind pictures: sizes, layers, and what cannot be. */

import { describe, expect, it } from "vitest";
import { convNet, convNetSpec, residualNet } from "../../test/fixtures/conv-nets.ts";
import { netBytes } from "../../test/fixtures/nets.ts";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { InputError } from "../error.ts";
import { findLayer } from "../model/address.ts";
import { type Model, openModel } from "../model/model.ts";
import { activation } from "../model/unit.ts";
import { cast, fromNumbers, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { meanColour, netAt, type SizedNet } from "./net.ts";

const at = (model: Model, layer: string, size?: number): SizedNet =>
  netAt(model, [findLayer(model, layer).value], size);

const activations = async (model: Model, layer: string, image: Tensor, size?: number): Promise<number[]> => {
  const { value } = findLayer(model, layer);
  const net = netAt(model, [value], size);
  return toNumbers((await evaluate({ image }, (g, v) => ({ a: net.emit(g, v.image!, [value])[0]! }))).a!);
};

describe("netAt", () => {
  it("puts the net behind pictures in 0…1", async () => {
    const model = convNet();
    const image = uniform("float32", [1, 3, 6, 6]);
    const { mean, std } = model.preprocessing;
    const input = toNumbers(image).map((x, i) => (x - mean[Math.floor(i / 36)]!) / std[Math.floor(i / 36)]!);
    const expected = await activation(model, "pool", fromNumbers("float32", input, image.dims), { device: "cpu" });
    expect(largestDifference(await activations(model, "pool", image, 6), toNumbers(expected))).toBeLessThan(1e-5);
  });

  it("says what a layer looks like at the size", () => {
    const [conv] = at(residualNet(), "stem", 32).layers;
    expect(conv).toMatchObject({ stride: 2, receptiveField: 7, channelAxis: 1, value: { shape: [1, 4, 16, 16] } });
    // 7 + 2·2 (pool) + 2·4 (conv)
    const [block] = at(residualNet(), "block1", 32).layers;
    expect(block).toMatchObject({ stride: 4, receptiveField: 19 });
    const [logits] = at(residualNet(), "logits", 32).layers;
    expect(logits).toMatchObject({ stride: 8, receptiveField: 32, value: { shape: [1, 5] } });
  });

  it("takes the file's size, else 224, unless another is asked for", () => {
    expect(at(convNet({ side: 8 }), "logits").size).toEqual([8, 8]);
    expect(at(convNet(), "conv").size).toEqual([224, 224]);
    expect(at(convNet(), "conv", 12)).toMatchObject({ size: [12, 12], notes: [] });
    expect(at(convNet({ side: 8 }), "conv", 12)).toMatchObject({ size: [12, 12], notes: [] });
  });

  it("resizes the picture for a net that works at the file's size alone, and says so", async () => {
    const fixed = convNet({ side: 8 });
    const net = at(fixed, "logits", 16);
    expect(net.size).toEqual([16, 16]);
    expect(net.notes).toEqual(["the net does not take 16×16: the picture is resized to the 8×8 of its file"]);
    // A flat picture is the same at all sizes.
    const flat = (side: number): Tensor =>
      fromNumbers("float32", new Array(3 * side * side).fill(0.3), [1, 3, side, side]);
    const [small, large] = [
      await activations(fixed, "logits", flat(8)),
      await activations(fixed, "logits", flat(16), 16),
    ];
    expect(largestDifference(small, large)).toBeLessThan(1e-5);
    // Strides and fields are in pixels of the picture.
    expect(net.layers[0]).toMatchObject({ stride: 4, receptiveField: 16 });
  });

  it("says which size works where the file leaves it open", () => {
    const spec = convNetSpec({
      side: 224,
      constants: { "fc.weight": fromNumbers("float32", new Array(5 * 50176).fill(0), [5, 50176]) },
    });
    const open = openModel(netBytes({ ...spec, input: ["N", 3, "H", "W"] }));
    expect(() => at(open, "logits", 16)).toThrow(/picture of 16×16 does not fit this net \(.+\): 224×224 works/);
  });

  it("refuses a size that is too small", () => {
    expect(() => at(convNet(), "pool", 1)).toThrow(InputError);
    expect(() => at(convNet(), "pool", 1)).toThrow(/picture of 1×1 does not fit this net.*'\/pool\/MaxPool'/);
  });

  it.each([0, -4, 2.5, Number.NaN])("refuses the size %f", (size) => {
    expect(() => at(convNet(), "conv", size)).toThrow(/expected a whole number from 1 to 8192/);
  });

  it("works on a picture of one pixel where the net does", async () => {
    expect((await activations(convNet(), "relu", uniform("float32", [1, 3, 1, 1]), 1)).length).toBe(4);
  });

  it.each([undefined, 8, 16])("refuses weights that are NaN where they are needed, size %s", (size) => {
    const broken = convNet({ side: 8, constants: { "fc.bias": fromNumbers("float32", [0, Number.NaN, 0, 0, 0]) } });
    expect(() => at(broken, "logits", size)).toThrow(InputError);
    expect(() => at(broken, "logits", size)).toThrow(/^the weights "fc.bias" hold 1 value that is NaN/);
    expect(() => at(broken, "pool", size)).not.toThrow();
  });

  it("does not blame the size for what is wrong at every size", () => {
    const spec = convNetSpec({ side: 8 });
    const odd = openModel(
      netBytes({ ...spec, nodes: [...spec.nodes.slice(0, -1), ["NoSuchOp", "odd", "flat", "out"]] }),
    );
    expect(() => at(odd, "logits", 16)).toThrow(/^node 'odd' \(NoSuchOp\)/);
  });

  it("computes a float64 net in float32", async () => {
    const spec = convNetSpec();
    const constants = Object.fromEntries(
      Object.entries(spec.constants!).map(([name, t]) => [name, cast(t, "float64")]),
    );
    const double = openModel(netBytes({ ...spec, constants }));
    const image = uniform("float32", [1, 3, 6, 6]);
    const expected = await activations(convNet(), "pool", image, 6);
    expect(largestDifference(await activations(double, "pool", image, 6), expected)).toBeLessThan(1e-6);
  });

  it("feeds grey pictures to a net that sees grey", async () => {
    expect((await activations(convNet({ channels: 1 }), "conv", uniform("float32", [1, 1, 4, 4]), 4)).length).toBe(64);
  });
});

describe("meanColour", () => {
  it.each<[string, Parameters<typeof openModel>[1], readonly number[]]>([
    [
      "is the mean in units of the range",
      { preprocessing: { range: [0, 255], mean: [51, 102, 153] } },
      [0.2, 0.4, 0.6],
    ],
    ["counts from the range's low end", { preprocessing: { range: [-1, 1], mean: [0, 0.5, -1] } }, [0.5, 0.75, 0]],
    [
      "is red, green, blue for nets that see BGR",
      { preprocessing: { colour: "BGR", mean: [0.1, 0.2, 0.3] } },
      [0.3, 0.2, 0.1],
    ],
  ])("%s", (_, options, expected) => {
    const got = meanColour(openModel(netBytes(convNetSpec()), options));
    expect(largestDifference(got, expected)).toBeLessThan(1e-9);
  });
});
