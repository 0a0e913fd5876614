/** @file Several inversions in one graph against one after the other, and distances between codes against their definition. */

import { expect, it } from "vitest";
import { convNet, finish } from "../../test/fixtures/conv-nets.ts";
import { netBytes } from "../../test/fixtures/nets.ts";
import { largestDifference } from "../../test/fixtures/run.ts";
import { findLayer } from "../model/address.ts";
import { openModel } from "../model/model.ts";
import { type Image, makeImage } from "../tensor/image.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { encode } from "./encode.ts";
import { invert } from "./invert.ts";
import { codeDistances, invertEach } from "./invert-each.ts";
import { netAt } from "./net.ts";

const quick = { device: "cpu", threads: 1, size: 16, steps: 12, seed: 1 } as const;
const model = convNet();
const waves = (phase: number): Image =>
  makeImage(3, 16, 16, (c, y, x) => 0.45 + 0.2 * Math.sin(0.4 * x + c + phase) * Math.cos(0.3 * y - phase));
const photos = [0, 1, 2].map(waves);

it("makes of each photo what invert makes of it alone", async () => {
  const { returned } = await finish(invertEach(model, photos, "relu", { ...quick, codeDistance: 2 }));
  for (const [i, photo] of photos.entries()) {
    const alone = (await finish(invert(model, photo, "relu", quick))).returned;
    const together = returned[i]!;
    expect(largestDifference(toNumbers(together.image), toNumbers(alone.image))).toBeLessThan(1e-3);
    expect(together.error.ijcv).toBeCloseTo(alone.error.ijcv, 3);
    expect(together.photo).toEqual(alone.photo);
    expect(together.error.cvpr).toBeGreaterThan(0);
  }
});

it("leaves out photos that the layer does not see", async () => {
  // Its only channel is on where there is red.
  const eye = openModel(
    netBytes({
      constants: { w: fromNumbers("float32", [1, 0, 0], [1, 3, 1, 1]) },
      nodes: [
        ["Conv", "red", "x w", "reds"],
        ["Relu", "on", "reds", "out"],
      ],
      output: "out",
      outputShape: ["N", 1, "H", "W"],
    }),
    { preprocessing: { mean: [0.5, 0.5, 0.5], std: [1, 1, 1], range: [0, 1] } },
  );
  const [red, blue] = [0, 2].map((channel) => makeImage(3, 16, 16, (c) => (c === channel ? 1 : 0)));
  const { returned } = await finish(invertEach(eye, [blue!, red!, blue!], "on", quick));
  expect(returned.map((made) => made !== undefined)).toEqual([false, true, false]);
  const none = await finish(invertEach(eye, [blue!], "on", quick));
  expect(none.returned).toEqual([undefined]);
});

it("measures distances between codes as their definition says", async () => {
  const layers = ["conv", "logits"];
  const found = await codeDistances(model, photos, layers, quick);
  for (const [i, layer] of layers.entries()) {
    const { value } = findLayer(model, layer);
    const net = netAt(model, [value], 16);
    const codes: number[][] = [];
    for (const photo of photos) codes.push(toNumbers((await encode(model, net, value, photo, quick)).code));
    const squared = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, x, k) => sum + (x - b[k]!) ** 2, 0);
    const [a, b, c] = codes as [number[], number[], number[]];
    expect(found![i]! / ((squared(a, b) + squared(a, c) + squared(b, c)) / 3)).toBeCloseTo(1, 5);
  }
  expect(await codeDistances(model, photos.slice(0, 1), layers, quick)).toBeUndefined();
});
