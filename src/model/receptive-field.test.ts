/** @file Receptive fields against what gradients reach. */

import { describe, expect, it } from "vitest";
import { residualNet } from "../../test/fixtures/conv-nets.ts";
import { type NetSpec, netBytes, type Row } from "../../test/fixtures/nets.ts";
import { uniform } from "../../test/fixtures/run.ts";
import { fromNumbers, type Tensor } from "../tensor/tensor.ts";
import { layerNodes } from "./layers.ts";
import { type Model, openModel } from "./model.ts";
import { type Reaches, reaches } from "./receptive-field.ts";
import { modelAt, spatialAxes } from "./size.ts";
import { inputGradient } from "./unit.ts";

const ones = (...dims: number[]): Tensor =>
  fromNumbers("float32", new Array(dims.reduce((n, d) => n * d, 1)).fill(1), dims);
const ints = (...values: number[]): Tensor => fromNumbers("int64", values);

/** A net whose weights are all positive, so that every pixel that counts has a gradient. */
const positive = (nodes: readonly Row[], constants: NetSpec["constants"] = {}): Model =>
  openModel(netBytes({ nodes, constants: { w: ones(1, 3, 3, 3), v: ones(1, 1, 2, 3), ...constants }, output: "out" }));

function reachOf(model: Model, size: readonly [number, number]): Reaches {
  const { values } = modelAt(model, { size });
  const found = reaches({ source: model.source, values }, layerNodes(model.source), model.input, spatialAxes(model));
  return found.get(model.source.outputs[0]!)!;
}

/** Rows and columns from the first to the last pixel that a unit's gradient reaches. */
async function touched(model: Model, unit: string, [h, w]: readonly [number, number]): Promise<number[]> {
  const { gradient } = await inputGradient(model, unit, uniform("float32", [1, 3, h, w]), {
    device: "cpu",
    threads: 1,
  });
  const at = [...gradient.data].flatMap((x, i) => (x === 0 ? [] : [i % (h * w)]));
  const [rows, columns] = [at.map((i) => Math.floor(i / w)), at.map((i) => i % w)];
  return [Math.min(...rows), Math.max(...rows), Math.min(...columns), Math.max(...columns)];
}

/** The same from strides, fields and starts. */
function expected(reach: Reaches, [y, x]: readonly [number, number], [h, w]: readonly [number, number]): number[] {
  return [
    [reach[2]!, y, h],
    [reach[3]!, x, w],
  ].flatMap(([r, at, n]) => {
    const { stride, field, start } = r as NonNullable<Reaches[number]>;
    const first = start + (at as number) * stride;
    return [Math.max(0, first), Math.min((n as number) - 1, first + field - 1)];
  });
}

describe("the part of the picture that a position sees", () => {
  it.each<[string, Model]>([
    ["a convolution with uneven pads", positive([["Conv", "a", "x w", "out", { pads: [2, 0, 1, 1] }]])],
    [
      "strides, dilations and kernels that are not square",
      positive([
        ["Conv", "a", "x w", "p", { strides: [2, 1], dilations: [1, 2], pads: [1, 2, 1, 2] }],
        ["Conv", "b", "p v", "out", { strides: [1, 2], pads: [0, 1, 1, 1] }],
      ]),
    ],
    [
      "an average that has its padding made for it",
      positive([
        ["Conv", "a", "x w", "p"],
        ["AveragePool", "b", "p", "out", { kernel_shape: [3, 2], strides: [2, 2], auto_pad: "SAME_LOWER" }],
      ]),
    ],
    [
      "a padding of its own",
      positive(
        [
          ["Pad", "a", "x pads", "p"],
          ["Conv", "b", "p w", "out", { strides: [2, 2] }],
        ],
        { pads: ints(0, 0, 2, 1, 0, 0, 0, 2) },
      ),
    ],
    [
      "every other pixel from the second on",
      positive(
        [
          ["Slice", "a", "x from to axes steps", "p"],
          ["Conv", "b", "p w", "out"],
        ],
        { from: ints(1, 0), to: ints(99, 99), axes: ints(-1, 2), steps: ints(2, 3) },
      ),
    ],
    [
      "branches of two sizes",
      positive(
        [
          ["Conv", "a", "x w", "p", { pads: [1, 1, 1, 1] }],
          ["Conv", "b", "x u", "q", { pads: [4, 0, 0, 4] }],
          ["Add", "c", "p q", "out"],
        ],
        { u: ones(1, 3, 5, 5) },
      ),
    ],
    [
      "a transposed convolution of stride 1",
      positive(
        [
          ["Conv", "a", "x w", "p", { strides: [2, 2], pads: [1, 1, 1, 1] }],
          ["ConvTranspose", "b", "p t", "out", { pads: [2, 0, 0, 1] }],
        ],
        { t: ones(1, 1, 3, 3) },
      ),
    ],
  ])("of %s", async (_, model) => {
    const size = [19, 23] as const;
    const reach = reachOf(model, size);
    for (const position of [
      [0, 0],
      [2, 3],
      [4, 4],
    ] as const)
      expect(await touched(model, `logits:0@${position}`, size)).toEqual(expected(reach, position, size));
  });

  it("of a small ResNet holds all that its gradient reaches", async () => {
    const model = residualNet();
    const { values } = modelAt(model, { size: 40 });
    const found = reaches({ source: model.source, values }, layerNodes(model.source), model.input, spatialAxes(model));
    const reach = found.get(model.layers.find((l) => l.address === "relu3")!.value)!;
    for (const position of [
      [0, 0],
      [2, 3],
      [4, 4],
    ] as const) {
      const got = await touched(model, `relu3:1@${position}`, [40, 40]);
      const box = expected(reach, position, [40, 40]);
      expect(got[0]).toBeGreaterThanOrEqual(box[0]!);
      expect(got[1]).toBeLessThanOrEqual(box[1]!);
      expect(got[2]).toBeGreaterThanOrEqual(box[2]!);
      expect(got[3]).toBeLessThanOrEqual(box[3]!);
    }
  });

  it.each<[string, Model]>([
    [
      "an upsampling",
      positive(
        [
          ["Conv", "a", "x w", "p", { strides: [2, 2], pads: [1, 1, 1, 1] }],
          ["ConvTranspose", "b", "p t", "out", { strides: [2, 2], pads: [1, 1, 1, 1] }],
        ],
        { t: ones(1, 1, 4, 4) },
      ),
    ],
    ...["nearest", "linear"].map((mode): [string, Model] => [
      `an enlargement by ${mode} neighbours`,
      positive(
        [
          ["Conv", "a", "x w", "p", { strides: [2, 2], pads: [1, 1, 1, 1] }],
          ["Resize", "b", "p roi scales", "q", { mode, coordinate_transformation_mode: "half_pixel" }],
          ["Conv", "c", "q t", "out"],
        ],
        { scales: fromNumbers("float32", [1, 1, 3, 3]), roi: fromNumbers("float32", []), t: ones(1, 1, 2, 2) },
      ),
    ]),
  ])("of %s holds all that its gradient reaches", async (_, model) => {
    const size = [16, 20] as const;
    for (const position of [
      [0, 0],
      [5, 6],
      [9, 9],
    ] as const) {
      const got = await touched(model, `logits:0@${position}`, size);
      const box = expected(reachOf(model, size), position, size).map((v, i) => (i % 2 ? Math.ceil(v) : Math.floor(v)));
      expect([box[0]! <= got[0]!, got[1]! <= box[1]!, box[2]! <= got[2]!, got[3]! <= box[3]!]).toEqual(
        new Array(4).fill(true),
      );
    }
  });
});
