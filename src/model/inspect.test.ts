/** @file Tests of inspect on a net whose numbers can be counted by hand, and on what cannot be computed. */

import { describe, expect, it } from "vitest";
import { classifier, type NetSpec, netBytes, weights } from "../../test/fixtures/nets.ts";
import { fromNumbers } from "../tensor/tensor.ts";
import { type Inspection, inspect } from "./inspect.ts";
import { openModel } from "./model.ts";
import { modelAt } from "./size.ts";

const look = (spec: NetSpec, size?: number): Promise<Inspection> => inspect(openModel(netBytes(spec)), { size });

describe("inspect", () => {
  it("counts shapes, weights, products and receptive fields", async () => {
    const { layers, totals, inputs, outputs, unsupported } = await look(classifier(), 32);
    expect(layers.map((l) => [l.address, l.op, l.shape, l.params, l.macs, l.stride, l.receptiveField])).toEqual([
      ["features.conv", "Conv", [1, 4, 16, 16], 4 * 27 + 4, 4 * 27 * 256, 2, 3],
      ["features.act", "Tanh", [1, 4, 16, 16], 0, 0, 2, 3],
      ["pool", "GlobalAveragePool", [1, 4, 1, 1], 0, 0, null, null],
      ["flatten", "Flatten", [1, 4], 0, 0, null, null],
      ["logits", "Gemm", [1, 5], 25, 20, null, null],
    ]);
    expect(totals).toEqual({ params: 112 + 25, macs: 4 * 27 * 256 + 20 });
    expect(inputs).toEqual([{ name: "x", dtype: "float32", shape: ["N", 3, "H", "W"], at: [1, 3, 32, 32] }]);
    expect(outputs[0]!.at).toEqual([1, 5]);
    expect(unsupported).toEqual([]);
  });

  it("grows receptive fields by kernel, dilation and stride, each side on its own", async () => {
    const { layers } = await look(
      {
        constants: { a: weights([2, 3, 3, 3]), b: weights([2, 2, 3, 1]), c: weights([2, 2, 3, 3]) },
        nodes: [
          ["Conv", "A", "x a", "p", { strides: [2, 2] }],
          ["Conv", "B", "p b", "q", { dilations: [2, 1] }],
          ["MaxPool", "C", "q", "r", { kernel_shape: [2, 2], strides: [2, 2] }],
          ["Conv", "D", "r c", "out"],
        ],
        output: "out",
        outputShape: ["N", 2, "h", "w"],
      },
      64,
    );
    // Down: 3, 3 + 2·2·2 = 11, 11 + 2 = 13, 13 + 2·4 = 21; across: 3, 3, 5, 13.
    expect(layers.map((l) => [l.stride, l.receptiveField])).toEqual([
      [2, 3],
      [2, [11, 3]],
      [4, [13, 5]],
      [4, [21, 13]],
    ]);
  });

  it("keeps strides and gives up fields behind a gate that sees all", async () => {
    const { layers } = await look(
      {
        constants: { w: weights([3, 3, 1, 1]) },
        nodes: [
          ["GlobalAveragePool", "squeeze", "x", "s"],
          ["Conv", "excite", "s w", "e"],
          ["Mul", "gate", "x e", "out"],
        ],
        output: "out",
        outputShape: ["N", 3, "h", "w"],
      },
      16,
    );
    expect(layers.at(-1)).toMatchObject({ stride: 1, receptiveField: null });
  });

  it("counts a weight that two layers share once", async () => {
    const { layers } = await look({
      constants: { w: weights([3, 3, 1, 1]) },
      nodes: [
        ["Conv", "A", "x w", "p"],
        ["Conv", "B", "p w", "out"],
      ],
      output: "out",
      outputShape: ["N", 3, "h", "w"],
    });
    expect(layers.map((l) => l.params)).toEqual([9, 0]);
  });

  it("lists an operator that it does not know, not those that wait for it", async () => {
    const spec = classifier();
    const nodes = spec.nodes.map((row) =>
      row[0] === "Tanh" ? (["Wobble", ...row.slice(1)] as unknown as typeof row) : row,
    );
    const { layers, unsupported } = await look({ ...spec, nodes }, 32);
    expect(unsupported).toMatchObject([{ node: "/features/act/Tanh", op: "Wobble" }]);
    expect(layers.map((l) => l.shape === null)).toEqual([false, true, true, true, true]);
  });

  it("says once that gradients of quantised nets are straight-through", async () => {
    const scale = fromNumbers("float32", [0.1], []);
    const { warnings } = await look({
      nodes: [
        ["QuantizeLinear", "q", "x s", "q"],
        ["DequantizeLinear", "d", "q s", "d"],
        ["QuantizeLinear", "q2", "d s", "q2"],
        ["DequantizeLinear", "d2", "q2 s", "out"],
      ],
      constants: { s: scale },
      output: "out",
    });
    expect(warnings).toEqual([expect.stringMatching(/^QuantizeLinear, DequantizeLinear: .*\(straight-through\)/)]);
  });

  it("warns of NaN weights", async () => {
    const spec = classifier();
    const { warnings } = await look({
      ...spec,
      constants: { ...spec.constants, "fc.bias": fromNumbers("float32", [0, 0, Number.NaN, 0, 0]) },
    });
    expect(warnings).toEqual([expect.stringMatching(/"fc.bias" hold 1 value that is NaN/)]);
  });
});

describe("sizes", () => {
  const deep: NetSpec = {
    constants: { w: weights([3, 3, 7, 7]) },
    nodes: [
      ["Conv", "A", "x w", "p", { strides: [4, 4] }],
      ["Conv", "B", "p w", "out"],
    ],
    output: "out",
    outputShape: ["N", 3, "h", "w"],
  };

  it("says what size works when one is too small", () => {
    expect(() => modelAt(openModel(netBytes(deep)), { size: 10 })).toThrow(
      /does not work at 1×3×10×10 .*: 1×3×224×224 works/,
    );
    expect(() => modelAt(openModel(netBytes(deep)), { size: [10, 300] })).toThrow(/1×3×224×224 works/);
  });

  it("takes the file's own size unless another is asked for", () => {
    const traced = openModel(netBytes({ ...deep, input: [1, 3, 64, 64] }));
    expect(modelAt(traced).graph.inputs[0]!.shape).toEqual([1, 3, 64, 64]);
    expect(modelAt(traced, { size: [80, 96], batch: 2 }).graph.inputs[0]!.shape).toEqual([2, 3, 80, 96]);
    expect(() => modelAt(traced, { size: 10 })).toThrow(/1×3×64×64 works/);
  });

  it("says a size that works when the usual one does not", () => {
    // Windows of 7 at strides of 3, four times: 7 ← 25 ← 79 ← 241 pixels at least.
    const steps: NetSpec["nodes"] = [0, 1, 2, 3].map((i) => [
      "Conv",
      `C${i}`,
      `${i ? `v${i}` : "x"} w`,
      i < 3 ? `v${i + 1}` : "out",
      { strides: [3, 3] },
    ]);
    const model = openModel(netBytes({ ...deep, nodes: steps }));
    expect(() => modelAt(model)).toThrow(/at 1×3×224×224 .*: 1×3×448×448 works/);
  });

  it("refuses sizes that are none", () => {
    expect(() => modelAt(openModel(netBytes(deep)), { size: 0 })).toThrow(/whole numbers above 0, got 0/);
  });
});
