/** @file Transparency: opacity beside the colours, and what is seen over backgrounds. */

import { describe, expect, it } from "vitest";
import { evaluate, gradientError, largestDifference, uniform } from "../../../test/fixtures/run.ts";
import { rng } from "../../tensor/rng.ts";
import { fromNumbers, type Tensor, toNumbers } from "../../tensor/tensor.ts";
import type { Net } from "../axes.ts";
import { fourier } from "../fourier.ts";
import { overBackground, seenOverGrey, withAlpha } from "./alpha.ts";
import { laplacian } from "./laplacian.ts";
import { phaseOnly } from "./phase-only.ts";

const size = [4, 5] as const;
const decoded = async (p: ReturnType<typeof fourier>, theta: Tensor): Promise<number[]> =>
  toNumbers((await evaluate({ theta }, (g, v) => ({ image: p.decode(g, v.theta!) }))).image!);

describe.each([
  ["fourier", (channels: number) => fourier({ size, channels })],
  ["laplacian", (channels: number) => laplacian({ size, channels, levels: 2 })],
  ["phaseOnly", (channels: number) => phaseOnly({ size, channels })],
] as const)("%s", (_, of) => {
  it.each([1, 3])("has %i colours and opacity, each decoded by itself", async (channels) => {
    const p = withAlpha(of(channels), of(1));
    const theta = p.init(rng(3));
    expect(theta.dims).toEqual(p.shape);
    expect(p.shape[1]).toBe(channels + 1);
    const numbers = toNumbers(theta);
    const cut = (numbers.length * channels) / (channels + 1);
    const part = (values: number[], c: number): Tensor => fromNumbers("float32", values, [1, c, ...p.shape.slice(2)]);
    const expected = [
      ...(await decoded(of(channels), part(numbers.slice(0, cut), channels))),
      ...(await decoded(of(1), part(numbers.slice(cut), 1))),
    ];
    expect(largestDifference(await decoded(p, theta), expected)).toBeLessThan(1e-6);
  });
});

describe("over a background", () => {
  const image = uniform("float32", [2, 4, 4, 5]);
  const [x, plane] = [toNumbers(image), 20];
  /** α c + (1 − α) b for picture n, colour c, pixel p. */
  const over = (background: (n: number, c: number, p: number) => number): number[] =>
    Array.from({ length: 2 * 3 * plane }, (_, i) => {
      const [n, c, p] = [Math.floor(i / (3 * plane)), Math.floor(i / plane) % 3, i % plane];
      const [colour, alpha] = [x[(4 * n + c) * plane + p]!, x[(4 * n + 3) * plane + p]!];
      return alpha * colour + (1 - alpha) * background(n, c, p);
    });

  it("that is given", async () => {
    const background = uniform("float32", [3, 4, 5], [0, 1], 9);
    const t = overBackground({ size, channels: 3, background });
    const { seen } = await evaluate({ image }, (g, v) => ({ seen: t.apply(g, v.image!, {}) }));
    expect(
      largestDifference(
        toNumbers(seen!),
        over((_, c, p) => background.data[c * plane + p]!),
      ),
    ).toBeLessThan(1e-6);
  });

  it("that is drawn for each picture", async () => {
    const t = overBackground({ size, channels: 3 });
    const drawn = [1, 2].map((seed) => t.draw(rng(seed)).background!);
    const both = fromNumbers("float32", drawn.flatMap(toNumbers), [2, ...drawn[0]!.dims.slice(1)]);
    const { seen } = await evaluate({ image, background: both }, (g, v) => ({ seen: t.apply(g, v.image!, v) }));
    const shown = await Promise.all(drawn.map((theta) => decoded(fourier({ size, channels: 3 }), theta)));
    expect(
      largestDifference(
        toNumbers(seen!),
        over((n, c, p) => shown[n]![c * plane + p]!),
      ),
    ).toBeLessThan(1e-6);
    expect(Math.max(...shown[0]!) - Math.min(...shown[0]!)).toBeGreaterThan(0.1);
  });

  it("that stands still is mid-grey, and so is what a net sees by itself", async () => {
    const t = overBackground({ size, channels: 3 });
    const still = fromNumbers("float32", new Array(2 * t.neutral().background!.size).fill(0), [
      2,
      ...t.draws.background!.slice(1),
    ]);
    const net: Net = { emit: (_, v) => [v] };
    const out = await evaluate({ image, background: still }, (g, v) => ({
      seen: t.apply(g, v.image!, v),
      shown: seenOverGrey(net, 3).emit(g, v.image!, [])[0]!,
      opaque: seenOverGrey(net, 4).emit(g, v.image!, [])[0]!,
    }));
    const expected = over(() => 0.5);
    expect(largestDifference(toNumbers(out.seen!), expected)).toBeLessThan(1e-6);
    expect(largestDifference(toNumbers(out.shown!), expected)).toBeLessThan(1e-6);
    expect(toNumbers(out.opaque!)).toEqual(x);
  });

  it("has the right slope, opacity's included", async () => {
    const background = uniform("float32", [3, 4, 5], [0, 1], 9);
    const t = overBackground({ size, channels: 3, background });
    const doubles = uniform("float64", [1, 4, 4, 5]);
    expect(await gradientError(doubles, (g, v) => g.square(t.apply(g, v, {})))).toBeLessThan(1e-7);
  });
});
