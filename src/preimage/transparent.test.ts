/** @file Pictures that are opaque where it matters: by what pulled at them, and by opacity that is optimised with them. */

import { describe, expect, it } from "vitest";
import { convNet, finish } from "../../test/fixtures/conv-nets.ts";
import { largestDifference } from "../../test/fixtures/run.ts";
import { gradient } from "../autodiff/gradient.ts";
import { findLayer } from "../model/address.ts";
import { builderOf } from "../ops/builder.ts";
import { compile } from "../runtime/compile.ts";
import { type Image, makeImage } from "../tensor/image.ts";
import { Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import { type MaximizeOptions, maximize } from "./maximize.ts";
import { netAt } from "./net.ts";
import { decodeSaved, encodeSaved } from "./saved.ts";
import { opacityOf, withoutOpacity } from "./transparency.ts";

const model = convNet();
const quick: MaximizeOptions = { device: "cpu", threads: 1, size: 8, steps: 6, seed: 1 };
const made = async (address: string, options: MaximizeOptions = {}) =>
  (await finish(maximize(model, address, { ...quick, ...options }))).returned;

/** Σ over channels of |∂ channel 1 of relu's mean / ∂ image|, [1,8,8]. */
async function pullAt(image: Image): Promise<Image> {
  const { value } = findLayer(model, "relu");
  const net = netAt(model, [value], 8);
  const g = builderOf();
  const x = g.input("x", "float32", [1, 3, 8, 8]);
  const [a] = net.emit(g, x, [value]);
  const unit = g.mean(g.slice(a!, [1], [1], [2]), undefined, false);
  g.output(gradient(g, unit, [x])[0]!, "dx");
  const program = await compile(g.graph, { device: "cpu", threads: 1 });
  const { dx } = await program.run({ x: new Tensor("float32", x.shape, image.bytes) });
  await program.dispose();
  const data = toNumbers(dx!);
  return makeImage(1, 8, 8, (_, y, x) => [0, 1, 2].reduce((s, c) => s + Math.abs(data[(c * 8 + y) * 8 + x]!), 0));
}

describe("transparent", () => {
  const plain: MaximizeOptions = { transforms: "none", transparent: true };

  it("adds up what the objective pulled at each pixel, step after step", async () => {
    const { yielded, returned } = await finish(maximize(model, "relu:1", { ...quick, ...plain, imageEvery: 1 }));
    const first = await made("relu:1", { ...plain, steps: 0 });
    const shown = yielded.map((p) => withoutOpacity(p.image!));
    expect(toNumbers(shown.at(-1)!.opacity)).toEqual(toNumbers(returned.opacity!));
    const seen = [first.image, ...shown.slice(0, -1).map((p) => p.image)];
    const sum = new Float32Array(64);
    for (const image of seen) for (const [i, x] of (await pullAt(image)).data.entries()) sum[i]! += x;
    const expected = opacityOf(tensor("float32", [1, 8, 8], sum));
    expect(largestDifference(returned.opacity!.data, expected.data)).toBeLessThan(1e-4);
    expect(Math.min(...returned.opacity!.data)).toBeLessThan(0.9);
  });

  it("changes nothing of the colours, and is absent where nobody asked", async () => {
    const [opaque, transparent] = [await made("relu:1"), await made("relu:1", { transparent: true })];
    expect(toNumbers(transparent.image)).toEqual(toNumbers(opaque.image));
    expect(opaque.opacity).toBeUndefined();
    expect(transparent.opacity!.dims).toEqual([1, 8, 8]);
  });

  it("is cut from the larger canvas of natural", async () => {
    expect((await made("pool:1", { preset: "natural", transparent: true })).opacity!.dims).toEqual([1, 8, 8]);
  });

  it("goes on bit for bit", async () => {
    const options = { transparent: true, restarts: 2 };
    const half = await made("relu:1", { ...options, steps: 3 });
    const { states } = decodeSaved(encodeSaved({ recipe: null, states: half.states }));
    const [resumed, whole] = [await made("relu:1", { ...options, from: states }), await made("relu:1", options)];
    expect(toNumbers(resumed.opacity!)).toEqual(toNumbers(whole.opacity!));
    await expect(made("relu:1", { from: states, restarts: 2 })).rejects.toThrow(
      /the saved state is of another picture/,
    );
  });
});

describe("alpha", () => {
  it.each(["fourier,alpha", "pixels,alpha", "laplacian:2,alpha", "maco,alpha", "alpha"])("%s raises", async (text) => {
    const { image, opacity, activation } = await made("relu:1", { parametrisation: text });
    expect(image.dims).toEqual([3, 8, 8]);
    expect(opacity!.dims).toEqual([1, 8, 8]);
    expect(Math.min(...opacity!.data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...opacity!.data)).toBeLessThanOrEqual(1);
    expect(activation.end).toBeGreaterThan(activation.start);
  });

  it("works with natural's regularisers and projection, grey nets, and several at once", async () => {
    expect((await made("relu:1", { preset: "natural", parametrisation: "alpha" })).opacity).toBeDefined();
    const grey = convNet({ channels: 1 });
    const run = maximize(grey, "relu:1", { ...quick, parametrisation: "fourier,alpha", restarts: 3 });
    const { image, opacity } = (await finish(run)).returned;
    expect([image.dims, opacity!.dims]).toEqual([
      [1, 8, 8],
      [1, 8, 8],
    ]);
  });

  it("fades where the objective does not pull: all but the corner that one unit sees", async () => {
    const { opacity } = await made("relu:1@1,1", { parametrisation: "pixels,alpha", optimiser: "adam:20", steps: 30 });
    const at = (y: number, x: number): number => opacity!.data[y * 8 + x]!;
    const seen = [0, 1, 2].flatMap((y) => [0, 1, 2].map((x) => at(y, x)));
    const [inside, outside] = [Math.max(...seen), (at(6, 6) + at(5, 2) + at(2, 6)) / 3];
    expect(outside).toBeLessThan(0.05);
    expect(inside).toBeGreaterThan(0.5);
    // Without fading, the opacity of what nothing sees stays where it was.
    const left = await made("relu:1@1,1", { parametrisation: "pixels,alpha:0", transforms: "none", steps: 5 });
    expect(left.opacity!.data[63]).toBeCloseTo(
      (await made("relu:1@1,1", { parametrisation: "pixels,alpha:0", transforms: "none", steps: 0 })).opacity!
        .data[63]!,
      6,
    );
  });

  it.each<[MaximizeOptions, RegExp]>([
    [{ parametrisation: "fourier,alfa" }, /there is no "alfa": did you mean alpha/],
    [{ parametrisation: "fourier,alpha,alpha" }, /expected one, with or without alpha behind it/],
    [{ parametrisation: "fourier,pixels" }, /there is no "pixels": did you mean alpha/],
    [{ parametrisation: "fourier,alpha", transparent: true }, /leave out --transparent, or alpha/],
    [
      { preset: "accentuate", start: makeImage(3, 8, 8), parametrisation: "fourier,alpha" },
      /has its opacity, which is none: leave out alpha/,
    ],
  ])("refuses %o", async (options, message) => {
    await expect(made("relu:1", options)).rejects.toThrow(message);
  });
});
