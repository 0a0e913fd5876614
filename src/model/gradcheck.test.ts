/** @file Tests of the whole-net gradient check: right gradients pass, a wrong rule is found and placed. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { classifier, netBytes, weights } from "../../test/fixtures/nets.ts";
import { netSource, nets, sourceBytes } from "../nets/net.ts";
import { builderOf } from "../ops/builder.ts";
import type { Primitive } from "../ops/op.ts";
import { recordOf } from "../ops/table.ts";
import { compile } from "../runtime/compile.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { withDoubleKernels } from "./doubles.ts";
import { gradcheck } from "./gradcheck.ts";
import { openModel } from "./model.ts";

const model = openModel(netBytes(classifier()));
const options = { size: 16, device: "cpu" } as const;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("gradcheck", () => {
  it("passes a right gradient, in float64", async () => {
    const result = await gradcheck(model, "logits:2", options);
    expect(result).toMatchObject({ address: "logits:2", passed: true, precision: "float64" });
    expect(result.directions).toHaveLength(4);
    for (const { relativeError, analytic } of result.directions) {
      expect(relativeError).toBeLessThan(1e-4);
      expect(analytic).not.toBe(0);
    }
  });

  it.each(["max", "blur-pool"] as const)(
    "passes a top-down net with a pyramid of %s: no two neighbours tie",
    async (shrinking) => {
      const build = nets["topdown-lenetfc"]({ classes: 3, width: 6, shrinking });
      const topDown = openModel(sourceBytes(netSource(build, { picture: [1, 16, 16], seed: 1 })));
      const { passed, directions } = await gradcheck(topDown, "logits:0", { device: "cpu" });
      expect(passed, JSON.stringify(directions)).toBe(true);
    },
  );

  it("finds a rule that is slightly wrong, and the layer", async () => {
    const { vjp } = recordOf("Tanh") as Primitive;
    if (vjp === "zero") throw new Error("Tanh has a gradient");
    const right = vjp.X ?? vjp.input!;
    const name = vjp.X ? "X" : "input";
    vi.spyOn(vjp as Record<string, typeof right>, name).mockImplementation((c, a, i) => c.g.mul(right(c, a, i), 1.01));
    const result = await gradcheck(model, "logits:2", options);
    expect(result).toMatchObject({ passed: false, firstDisagreement: "features.act" });
    expect(result.directions[0]!.relativeError).toBeCloseTo(0.0099, 3);
  });
});

describe("withDoubleKernels", () => {
  it.each([
    [
      "strides, padding and dilation",
      [2, 4, 9, 8],
      [6, 4, 3, 2],
      { strides: [2, 1], pads: [2, 0, 1, 1], dilations: [2, 3] },
    ],
    ["groups", [1, 4, 5, 5], [6, 2, 3, 3], { group: 2 }],
    ["each channel alone", [1, 4, 5, 5], [4, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1] }],
    ["one axis", [2, 3, 9], [4, 3, 3], { strides: [2] }],
  ])("gives the same convolution with %s", async (_, x, w, attributes) => {
    const g = builderOf();
    const bias = g.constant(weights([w[0]!], 3));
    g.output(g.op("Conv", [g.input("x", "float32", x), g.constant(weights(w, 2)), bias], attributes), "y");
    const [ours, theirs] = await Promise.all(
      [withDoubleKernels(g.graph), g.graph].map(async (graph) => {
        const program = await compile(graph, { device: "cpu" });
        const { y } = await program.run({ x: weights(x, 4) });
        await program.dispose();
        return y!;
      }),
    );
    expect(ours!.dims).toEqual(theirs!.dims);
    toNumbers(ours!).forEach((v, i) => {
      expect(v).toBeCloseTo(toNumbers(theirs!)[i]!, 4);
    });
  });
});
