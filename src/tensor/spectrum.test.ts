/** @file Tests of the transforms against the definition and known signals, and of colour decorrelation. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decorrelatedFromRgb, rgbFromDecorrelated } from "./colour.ts";
import { makeImage } from "./image.ts";
import { rng } from "./rng.ts";
import { fftfreq, halfSpectrumWeights, irfft2, rfft2, rfftfreq, spectrumSlope } from "./spectrum.ts";
import { tensor } from "./tensor.ts";

const side = fc.integer({ min: 1, max: 12 });
const plane = (h: number, w: number, seed: number) => Float64Array.from(rng(seed).fillNormal(new Float32Array(h * w)));

describe("frequencies", () => {
  test("as NumPy documents them", () => {
    expect([...fftfreq(8)]).toEqual([0, 0.125, 0.25, 0.375, -0.5, -0.375, -0.25, -0.125]);
    expect([...fftfreq(5)]).toEqual([0, 0.2, 0.4, -0.4, -0.2]);
    expect([...rfftfreq(8)]).toEqual([0, 0.125, 0.25, 0.375, 0.5]);
    expect([...rfftfreq(5)]).toEqual([0, 0.2, 0.4]);
    expect([[...halfSpectrumWeights(6)], [...halfSpectrumWeights(5)]]).toEqual([
      [1, 2, 2, 1],
      [1, 2, 2],
    ]);
  });
});

describe("transforms", () => {
  test("rfft2 is Σ x e^{−2πi(ky y/h + kx x/w)}", () => {
    fc.assert(
      fc.property(side, side, fc.nat(99), (h, w, seed) => {
        const x = plane(h, w, seed);
        const z = rfft2(x, h, w);
        const half = (w >> 1) + 1;
        for (let ky = 0; ky < h; ky++)
          for (let kx = 0; kx < half; kx++) {
            let [re, im] = [0, 0];
            for (let i = 0; i < h * w; i++) {
              const angle = -2 * Math.PI * ((ky * Math.floor(i / w)) / h + (kx * (i % w)) / w);
              re += x[i]! * Math.cos(angle);
              im += x[i]! * Math.sin(angle);
            }
            expect(z[2 * ky * half + kx]).toBeCloseTo(re, 9);
            expect(z[(2 * ky + 1) * half + kx]).toBeCloseTo(im, 9);
          }
      }),
    );
  });

  test("irfft2 undoes rfft2, odd and even sizes", () => {
    fc.assert(
      fc.property(side, side, fc.nat(99), (h, w, seed) => {
        const x = plane(h, w, seed);
        const back = irfft2(rfft2(x, h, w), h, w);
        for (const [i, v] of back.entries()) expect(v).toBeCloseTo(x[i]!, 10);
      }),
    );
  });

  test("irfft2 of one coefficient is a plane wave", () => {
    const [h, w] = [6, 8];
    const z = new Float64Array(h * 2 * 5);
    z[2 * 2 * 5 + 3] = 24; // real part at ky = 2, kx = 3
    const x = irfft2(z, h, w);
    for (let i = 0; i < h * w; i++)
      expect(x[i]).toBeCloseTo(Math.cos(2 * Math.PI * ((2 * Math.floor(i / w)) / h + (3 * (i % w)) / w)), 10);
  });
});

describe("slope of the power spectrum", () => {
  const n = 128;
  const shaped = (exponent: number) => {
    const z = rfft2(plane(n, n, 7), n, n);
    const half = n / 2 + 1;
    const fy = fftfreq(n);
    const fx = rfftfreq(n);
    for (let y = 0; y < n; y++)
      for (let part = 0; part < 2; part++)
        for (let k = 0; k < half; k++)
          z[(2 * y + part) * half + k]! *= Math.max(Math.hypot(fy[y]!, fx[k]!), 1 / n) ** -exponent;
    return tensor("float32", [1, n, n], Float32Array.from(irfft2(z, n, n)));
  };

  test.each([0, 0.5, 1, 1.5])("amplitudes ∝ 1/f^%d give −2 times that", (exponent) => {
    expect(Math.abs(spectrumSlope(shaped(exponent)) + 2 * exponent)).toBeLessThan(0.15);
  });

  test("has no value for a flat or a tiny picture", () => {
    expect(spectrumSlope(makeImage(3, 16, 16, () => 0.5))).toBeNaN();
    expect(spectrumSlope(makeImage(3, 1, 1, () => 0.5))).toBeNaN();
  });
});

describe("colour decorrelation", () => {
  test("the matrix and its inverse multiply to the identity", () => {
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        let sum = 0;
        for (let k = 0; k < 3; k++) sum += rgbFromDecorrelated[3 * i + k]! * decorrelatedFromRgb[3 * k + j]!;
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 12);
      }
  });

  test("the first, brightness, column has length one and is nearly grey", () => {
    const [r, g, b] = [rgbFromDecorrelated[0], rgbFromDecorrelated[3], rgbFromDecorrelated[6]];
    expect(Math.hypot(r, g, b)).toBeCloseTo(1, 12);
    expect(r / g).toBeCloseTo(0.26 / 0.27, 12);
    expect(g).toBe(b);
  });
});
