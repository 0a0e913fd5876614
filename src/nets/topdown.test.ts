/** @file Top-down nets and their twins: what they cost against the published table, and that they run as files. */

import { describe, expect, test } from "vitest";
import { check } from "../graph/check.ts";
import { fromOnnx } from "../graph/from-onnx.ts";
import { readModel } from "../onnx/read.ts";
import { specialise } from "../passes/specialise.ts";
import { compile } from "../runtime/compile.ts";
import { rng } from "../tensor/rng.ts";
import { tensor, toNumbers } from "../tensor/tensor.ts";
import { type Cost, costOf, widthFor } from "./cost.ts";
import { netSource, sourceBytes } from "./net.ts";
import { type TwinOptions, twins } from "./topdown.ts";

type Name = keyof typeof twins;
const published = {
  lenetfc: [1, 1, 28, 28],
  "nin-light": [1, 1, 28, 28],
  resnet32: [1, 3, 32, 32],
  resnet18: [1, 3, 128, 128],
} as const;
type Family = keyof typeof published;
const cost = (name: Name, family: Family, options: Partial<TwinOptions> = {}): Cost =>
  costOf(twins[name]({ classes: 10, ...options }), published[family]);

describe("what the nets cost", () => {
  // Lelekas et al. 2020, from the layer lists of their code: parameters with a bias for each convolution and four numbers
  // a channel for each normalisation.
  test.each<[Family, parameters: number, macs: number]>([
    ["lenetfc", 7_798, 829_472],
    ["nin-light", 62_818, 10_899_168],
    ["resnet32", 470_218, 69_124_736],
    ["resnet18", 2_803_018, 567_806_464],
  ])("bottom-up %s: %d parameters, %d products", (family, parameters, macs) => {
    expect(cost(`bottomup-${family}`, family)).toEqual({ parameters, macs });
  });

  test.each<[Name, Family, parameters: string, macs: string]>([
    ["topdown-lenetfc", "lenetfc", "1.89", "4.4"],
    ["topdown-lenetfc-uni", "lenetfc", "3.0", "13.6"],
    ["topdown-lenetfc-rev", "lenetfc", "7.5", "45.5"],
    ["topdown-nin-light", "nin-light", "3.4", "9.3"],
    ["topdown-resnet32", "resnet32", "1.13", "1.24"],
    ["topdown-resnet32-uni", "resnet32", "0.68", "2.15"],
    ["topdown-resnet32-rev", "resnet32", "1.20", "6.7"],
    ["topdown-resnet18", "resnet18", "1.77", "7.3"],
  ])("%s costs × the bottom-up %s: ×%s parameters, ×%s products", (name, family, parameters, macs) => {
    const [bottomUp, topDown] = [cost(`bottomup-${family}`, family), cost(name, family)];
    // Without the pyramid, which the paper counts as input: 9 f² products for each number of a level, side²/f² of them.
    const [, channels, side] = published[family];
    const pyramid = (family === "resnet18" ? 4 : 2) * channels * 9 * side ** 2;
    const ratios = [topDown.parameters / bottomUp.parameters, (topDown.macs - pyramid) / bottomUp.macs];
    [parameters, macs].forEach((text, i) => {
      const digits = text.split(".")[1]!.length;
      expect(Math.abs(ratios[i]! - Number(text))).toBeLessThanOrEqual(0.5 * 10 ** -digits + 1e-9);
    });
  });

  test("the blur is no parameter", () => {
    expect(cost("blurred-resnet32", "resnet32").parameters).toBe(470_218);
    for (const shrinking of ["none", "max", "blur-pool"] as const)
      expect(cost("topdown-lenetfc", "lenetfc", { shrinking }).parameters).toBe(
        cost("topdown-lenetfc", "lenetfc").parameters,
      );
  });

  test("controls match the top-down net of their width, in the one and in the other", () => {
    for (const family of ["lenetfc", "resnet32"] as const)
      for (const width of [undefined, 11]) {
        const at = width === undefined ? {} : { width };
        const [topDown, params, macs] = (["topdown", "matched-params", "matched-macs"] as const).map((form) =>
          cost(`${form}-${family}`, family, at),
        );
        expect(Math.abs(params!.parameters / topDown!.parameters - 1)).toBeLessThan(0.03);
        expect(Math.abs(macs!.macs / topDown!.macs - 1)).toBeLessThan(0.03);
      }
  });

  test("a width is found to the nearest step from either side", () => {
    const squares = (width: number): number => Math.round(width) ** 2;
    for (const target of [1, 90, 100, 111, 1e6]) {
      const steps = Array.from({ length: 1001 }, (_, n) => Math.abs(n * n - target));
      expect(Math.abs(squares(widthFor(squares, target, 7)) - target)).toBe(Math.min(...steps));
    }
  });
});

test.each([
  ["topdown-lenetfc", [1, 30, 30], /3 levels takes pictures whose sides are multiples of 4, from 8 on, got 30×30/],
  ["topdown-resnet18", [3, 100, 100], /5 levels .* multiples of 16, from 32 on, got 100×100: take e.g. 96/],
] as const)("%s refuses pictures of [%s]", (name, picture, message) => {
  expect(() => netSource(twins[name]({ classes: 2, width: 2 }), { picture, seed: 1 })).toThrow(message);
});

test("sides above 96 have one level more, which meets the second in front of the first block", () => {
  const levels = (side: number): (readonly unknown[])[] =>
    netSource(twins["topdown-resnet18"]({ classes: 2, width: 2 }), { picture: [3, side, side], seed: 1 })
      .nodes.filter(({ name }) => /^(level\d|merge\d\.conv)$/.test(name))
      .map(({ name, outputs: [v] }) => [name, v!.shape![2]]);
  const pyramid = [8, 16, 32, 64];
  expect(levels(64)).toEqual([
    ...pyramid.map((side, i) => [`level${i + 1}`, side]),
    ["merge2.conv", 16],
    ["merge3.conv", 32],
    ["merge4.conv", 64],
  ]);
  expect(levels(128).slice(0, 6)).toEqual([
    ...[...pyramid, 128].map((side, i) => [`level${i + 1}`, side]),
    ["merge2.conv", 16],
  ]);
});

describe("as a file", () => {
  test.each<[Name, width: number, TwinOptions["shrinking"]?]>([
    ["bottomup-lenetfc", 6],
    ["topdown-lenetfc", 6, "max"],
    ["topdown-lenetfc-rev", 3, "none"],
    ["topdown-nin-light", 8, "blur-pool"],
    ["topdown-nin-light-uni", 8],
    ["blurred-nin-light", 8],
    ["bottomup-resnet32", 2],
    ["topdown-resnet32", 2],
    ["topdown-resnet18-uni", 2],
    ["topdown-resnet18-rev", 2],
    ["matched-macs-resnet18", 2],
  ])("%s reads back and gives one picture the same logits in any batch", async (name, width, shrinking) => {
    const build = twins[name]({ classes: 5, width, ...(shrinking && { shrinking }) });
    const picture = [3, 16, 16] as const;
    const source = fromOnnx(readModel(sourceBytes(netSource(build, { picture, seed: 3 }))));
    expect(source.inputs[0]).toMatchObject({ name: "image", shape: ["N", ...picture] });
    expect(source.outputs[0]).toMatchObject({ name: "logits", shape: ["N", 5] });
    check(source);
    const images = rng(1).fillNormal(new Float32Array(3 * 768));
    const run = async (batch: number): Promise<number[]> => {
      const { graph } = specialise(source, { shapes: { image: [batch, ...picture] } });
      const program = await compile(graph, { device: "cpu", threads: 1 });
      const { logits } = await program.run({
        image: tensor("float32", [batch, ...picture], images.subarray(0, batch * 768)),
      });
      await program.dispose();
      return toNumbers(logits!);
    };
    const [one, three] = [await run(1), await run(3)];
    expect(new Set(three.map((x) => x.toFixed(6))).size).toBeGreaterThan(5);
    one.forEach((x, i) => {
      expect(three[i]).toBeCloseTo(x, 4);
    });
  });
});
