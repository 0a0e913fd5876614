/** @file Phase-only pictures: their magnitudes are those given, whatever the phases. */

import { describe, expect, it } from "vitest";
import { evaluate, gradientError, largestDifference, uniform } from "../../../test/fixtures/run.ts";
import { flowerSpectrum } from "../../tensor/flower-spectrum.ts";
import { spectrumAt } from "../../tensor/natural-spectrum.ts";
import { rng } from "../../tensor/rng.ts";
import { rfft2 } from "../../tensor/spectrum.ts";
import { fromNumbers, type Tensor, tensor, toNumbers } from "../../tensor/tensor.ts";
import { fromPicture } from "./colour.ts";
import { phaseOnly } from "./phase-only.ts";

type Options = Parameters<typeof phaseOnly>[0];

/** Planes before colours are mixed, by inverting what comes after, [C][H·W]. */
async function planes(options: Options, theta: Tensor): Promise<Float64Array[]> {
  const { decode } = phaseOnly(options);
  const { image } = await evaluate({ theta }, (g, v) => ({ image: decode(g, v.theta!) }));
  const [, c, h, w] = image!.dims as [number, number, number, number];
  const all = fromPicture(tensor("float32", [c, h, w], (image!.data as Float32Array).slice(0, c * h * w)));
  return Array.from({ length: c }, (_, i) => all.slice(i * h * w, (i + 1) * h * w));
}

describe.each([
  [6, 8, 3],
  [5, 7, 3],
  [7, 6, 1],
  [4, 3, 2],
  [3, 2, 1],
])("%i×%i, %i channels", (h, w, channels) => {
  const options = { size: [h, w], channels, contrast: 0.5 } as const;
  const theta = uniform("float32", phaseOnly(options).shape, [-3, 3]);
  const k = Math.floor(w / 2) + 1;

  it("has the spectrum's magnitudes, exactly", async () => {
    const wanted = spectrumAt(flowerSpectrum, h, w, channels);
    const got = (await planes(options, theta)).flatMap((plane) => {
      const z = rfft2(plane, h, w);
      return Array.from({ length: h * k }, (_, i) => {
        const at = 2 * Math.floor(i / k) * k + (i % k);
        return Math.hypot(z[at]!, z[at + k]!);
      });
    });
    const factor = Math.max(...got) / Math.max(...wanted);
    expect(factor).toBeGreaterThan(0);
    const errors = largestDifference(
      got,
      wanted.map((x) => x * factor),
    );
    expect(errors / Math.max(...got)).toBeLessThan(1e-5);
  });

  it("has the contrast's deviation and no mean", async () => {
    const values = (await planes(options, theta)).flatMap((plane) => [...plane]);
    const power = values.reduce((s, x) => s + x * x, 0) / values.length;
    expect(Math.abs(values.reduce((s, x) => s + x, 0) / values.length)).toBeLessThan(1e-5);
    expect(Math.sqrt(power)).toBeCloseTo(0.5, 4);
  });

  it("has the right slope", async () => {
    const { shape, decode } = phaseOnly(options);
    const numbers = uniform("float64", shape, [-3, 3]);
    expect(await gradientError(numbers, (g, v) => g.exp(decode(g, v)))).toBeLessThan(1e-6);
  });
});

it("turns each coefficient by its phase", async () => {
  // Of 1 × 5 pixels, θ = (t₀, t₁, t₂); mean and deviation are taken off.
  const theta = fromNumbers("float32", [0.3, -1.2, 2.1], [1, 1, 1, 3]);
  const mean = 0.4;
  const deviation = Math.sqrt((0.1 ** 2 + 1.6 ** 2 + 1.7 ** 2) / 3);
  const phases = [-1.6, 1.7].map((t) => (2 * t) / deviation);
  expect(mean).toBeCloseTo((0.3 - 1.2 + 2.1) / 3, 6);
  const r = spectrumAt(flowerSpectrum, 1, 5, 1).subarray(1);
  const raw = Array.from({ length: 5 }, (_, x) =>
    phases.reduce((s, phase, i) => s + r[i]! * Math.cos((2 * Math.PI * (i + 1) * x) / 5 + phase), 0),
  );
  const size = Math.sqrt(raw.reduce((s, x) => s + x * x, 0) / 5);
  const [got] = await planes({ size: [1, 5], channels: 1, spread: 2 }, theta);
  expect(
    largestDifference(
      got!,
      raw.map((x) => x / size),
    ),
  ).toBeLessThan(1e-4);
});

it("depends on the direction of θ alone, and on each picture's own", async () => {
  const { shape, decode, init } = phaseOnly({ size: [6, 5], channels: 3 });
  const [a, b] = [init(rng(1)), init(rng(2))].map((t) => toNumbers(t));
  const decoded = async (numbers: readonly number[], n: number): Promise<number[]> => {
    const theta = fromNumbers("float32", numbers, [n, ...shape.slice(1)]);
    return toNumbers((await evaluate({ theta }, (g, v) => ({ image: decode(g, v.theta!) }))).image!);
  };
  const [first, second] = [await decoded(a!, 1), await decoded(b!, 1)];
  const scaled = b!.map((x) => 50 * x + 3);
  expect(largestDifference(await decoded([...a!, ...scaled], 2), [...first, ...second])).toBeLessThan(1e-4);
  expect(largestDifference(first, second)).toBeGreaterThan(0.05);
});

it("is mid-grey for a single pixel", async () => {
  const { init, decode } = phaseOnly({ size: [1, 1], channels: 3 });
  const { image } = await evaluate({ theta: init(rng(1)) }, (g, v) => ({ image: decode(g, v.theta!) }));
  expect(toNumbers(image!)).toEqual([0.5, 0.5, 0.5]);
});
