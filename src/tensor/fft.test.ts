/** @file Tests of the fast Fourier transform against the definition. */

import { expect, test } from "vitest";
import { dft } from "./fft.ts";
import { rng } from "./rng.ts";

const plane = (h: number, w: number, seed: number) => Float64Array.from(rng(seed).fillNormal(new Float32Array(h * w)));

test.each([1, 2, 3, 8, 30, 49, 97])("lines of %i numbers, either way", (n) => {
  const [re, im] = [plane(1, n, 1), plane(1, n, 2)];
  for (const sign of [1, -1] as const) {
    const got = dft(n, sign)({ re, im });
    for (let k = 0; k < n; k++) {
      let [real, imaginary] = [0, 0];
      for (let j = 0; j < n; j++) {
        const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
        real += re[j]! * Math.cos(angle) - im[j]! * Math.sin(angle);
        imaginary += re[j]! * Math.sin(angle) + im[j]! * Math.cos(angle);
      }
      expect(got.re[k]).toBeCloseTo(real, 10);
      expect(got.im[k]).toBeCloseTo(imaginary, 10);
    }
  }
});
