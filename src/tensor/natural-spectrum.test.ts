/** @file The mean spectrum of photos whose spectra are known, at their own and at other sizes. */

import { describe, expect, test } from "vitest";
import { rgbFromDecorrelated } from "./colour.ts";
import { flowerSpectrum } from "./flower-spectrum.ts";
import { type Image, makeImage, toGrey } from "./image.ts";
import { measureSpectrum } from "./measure-spectrum.ts";
import { readSpectrum, type Spectrum, spectrumAt, writeSpectrum } from "./natural-spectrum.ts";
import { rng } from "./rng.ts";
import { irfft2 } from "./spectrum.ts";

const strength = [0.02, 0.03, 0.01];

/** |DFT| / pixels of decorrelated colour c at frequencies in cycles per side: a power law. */
const law = (c: number, y: number, x: number): number => strength[c]! / Math.hypot(y, x) ** 1.2;

/** A picture of random phases whose decorrelated colours have these amplitudes per pixel; no highest frequencies. */
function pictureOf(amplitude: (c: number, y: number, x: number) => number, n: number, seed: number): Image {
  const random = rng(seed);
  const half = (n >> 1) + 1;
  const planes = [0, 1, 2].map((c) => {
    const z = new Float64Array(n * 2 * half);
    for (let y = 0; y < n; y++)
      for (let x = 0; x < n / 2; x++) {
        const fy = Math.min(y, n - y);
        if ((y === 0 && x === 0) || 2 * fy === n || (x === 0 && 2 * y > n)) continue;
        const phase = random.uniform(0, 2 * Math.PI);
        const size = amplitude(c, fy, x) * n * n;
        z[2 * y * half + x] = size * Math.cos(phase);
        z[(2 * y + 1) * half + x] = size * Math.sin(phase);
        // A real picture's first column mirrors itself.
        if (x > 0 || y === 0) continue;
        z[2 * (n - y) * half] = size * Math.cos(phase);
        z[(2 * (n - y) + 1) * half] = -size * Math.sin(phase);
      }
    return irfft2(z, n, n);
  });
  const m = rgbFromDecorrelated;
  return makeImage(3, n, n, (c, y, x) => [0, 1, 2].reduce((s, k) => s + m[3 * c + k]! * planes[k]![y * n + x]!, 0));
}

/** Largest |ln(a / b)| at frequencies of 1 … `most` cycles per side of h × w pixels. */
function logError(spectrum: Spectrum, [h, w]: readonly [number, number], most: number, channels = 3): number {
  const side = Math.max(h, w);
  const half = (w >> 1) + 1;
  const got = spectrumAt(spectrum, h, w, channels);
  let worst = 0;
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < half; x++) {
        const [ky, kx] = [(Math.min(y, h - y) * side) / h, (x * side) / w];
        if (y + x === 0 || Math.max(ky, kx) > most) continue;
        const expected = Math.sqrt(h * w) * side * law(channels === 3 ? c : 0, ky, kx);
        worst = Math.max(worst, Math.abs(Math.log(got[(c * h + y) * half + x]! / expected)));
      }
  return worst;
}

describe("a power law", async () => {
  // Random pictures have chance differences between their borders; the mean of some does not.
  const pictures = Array.from({ length: 12 }, (_, seed) => pictureOf(law, 64, seed));
  const spectrum = await measureSpectrum(pictures, { size: 64 });

  test("is found again, all colours, at the size that was measured", () => {
    expect(spectrum.nodes).toEqual([0, 1, 2, 3, 4, 6, 8, 12, 16]);
    // Between nodes, the logarithm of a law of the radius is not quite bilinear.
    expect(logError(spectrum, [64, 64], 16)).toBeLessThan(0.08);
    expect(spectrumAt(spectrum, 64, 64, 3)[0]).toBe(0);
  });

  test("goes on beyond what was measured", () => {
    expect(logError(spectrum, [64, 64], 31)).toBeLessThan(0.08);
    expect(logError(spectrum, [200, 200], 100)).toBeLessThan(0.1);
  });

  test("is read at other sizes and shapes, small, odd and oblong", () => {
    for (const size of [
      [32, 32],
      [33, 31],
      [40, 90],
      [100, 25],
      [1, 8],
      [7, 1],
    ] as const)
      expect(logError(spectrum, size, 100)).toBeLessThan(0.12);
  });

  test("is that of brightness for other numbers of channels", () => {
    expect(logError(spectrum, [64, 64], 16, 1)).toBeLessThan(0.08);
    const five = spectrumAt(spectrum, 8, 8, 5);
    expect([...five.subarray(4 * 40)]).toEqual([...spectrumAt(spectrum, 8, 8, 1)]);
  });
});

test("is the mean of the amplitudes of photos that come one by one", async () => {
  const first = pictureOf(law, 32, 1);
  const second = pictureOf((c, y, x) => 3 * law(c, y, x), 32, 2);
  async function* photos(): AsyncGenerator<Image> {
    yield first;
    yield second;
  }
  const both = await measureSpectrum(photos(), { size: 32 });
  const [one, other] = await Promise.all([first, second].map((photo) => measureSpectrum([photo], { size: 32 })));
  expect([both.photos, one!.photos]).toEqual([2, 1]);
  both.planes.flat().forEach((x, i) => {
    const mean = (Math.exp(one!.planes.flat()[i]!) + Math.exp(other!.planes.flat()[i]!)) / 2;
    // Logarithms are kept to 0.001.
    expect(Math.abs(x - Math.log(mean))).toBeLessThan(0.002);
  });
});

test("leaves out what the borders differ in: next to nothing of a ramp is left", async () => {
  const ramp = makeImage(3, 32, 32, (_, y, x) => (2 * x + y) / 100);
  const { planes } = await measureSpectrum([ramp], { size: 32 });
  // Brightness has about 0.64 / 2π at one cycle along x in its plain transform; a 32nd of it is no border's, but slope.
  expect(Math.max(...planes.flat())).toBeLessThan(Math.log(0.01));
});

test("is the same for a photo and its mirror image", async () => {
  const photo = makeImage(3, 20, 20, (c, y, x) => Math.sin(0.3 * x + 0.5 * y + c) / 2 + x * 0.01);
  const mirrored = makeImage(3, 20, 20, (c, y, x) => photo.data[(c * 20 + y) * 20 + 19 - x]!);
  const [a, b] = await Promise.all([photo, mirrored].map((p) => measureSpectrum([p], { size: 20 })));
  a!.planes.flat().forEach((x, i) => {
    expect(x).toBeCloseTo(b!.planes.flat()[i]!, 2);
  });
});

test("takes photos of any shape, and has little colour where they have none", async () => {
  const photo = toGrey(pictureOf(law, 40, 3));
  const wide = makeImage(1, 30, 70, (_, y, x) => photo.data[y * 40 + (x % 40)]!);
  const { planes } = await measureSpectrum([photo, wide], { size: 16 });
  const loudest = (plane: readonly number[]): number => Math.exp(Math.max(...plane));
  expect(loudest(planes[1]!)).toBeLessThan(0.1 * loudest(planes[0]!));
  expect(loudest(planes[2]!)).toBeLessThan(0.1 * loudest(planes[0]!));
});

describe("as text", () => {
  test("comes back the same", () => {
    expect(readSpectrum(writeSpectrum(flowerSpectrum))).toEqual(flowerSpectrum);
    expect(writeSpectrum(flowerSpectrum).length).toBeLessThan(10_000);
  });

  test.each(["", "[]", "null", "{}", '{"kind":"fovea spectrum","nodes":[0,1],"planes":[[1],[2],[3]]}'])(
    "%j is refused",
    (text) => expect(() => readSpectrum(text)).toThrow(/^spectrum: .*expected/),
  );
});

test("no photos and no room are refused", async () => {
  await expect(measureSpectrum([])).rejects.toThrow(/expected at least one photo/);
  await expect(measureSpectrum([makeImage(3, 9, 9)], { size: 4 })).rejects.toThrow(/at least 8/);
});

test("the flowers' falls off as photos' spectra do", () => {
  const amplitude = spectrumAt(flowerSpectrum, 128, 128, 1);
  const [low, high] = [amplitude[2 * 65 + 2]!, amplitude[32 * 65 + 32]!];
  const exponent = Math.log(low / high) / Math.log(16);
  expect(exponent).toBeGreaterThan(0.9);
  expect(exponent).toBeLessThan(1.6);
});
