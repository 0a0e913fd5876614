/** @file Regularisers and the projection against plain loops over pixels, their gradients against central differences. */

import { describe, expect, it } from "vitest";
import { evaluate, gradientError, uniform } from "../../test/fixtures/run.ts";
import { gradient } from "../autodiff/gradient.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import type { Regulariser } from "./axes.ts";
import { clampNorm, clampRange, colourDistance, rangeNorm, totalVariation } from "./regularisers.ts";
import { boundaryPenalty } from "./regularisers-boundary.ts";
import { highFrequencies } from "./regularisers-frequency.ts";

const [n, c, h, w] = [2, 3, 4, 5] as const;
const mean = [0.45, 0.5, 0.4];
const pictures = uniform("float64", [n, c, h, w]);
const pixel = (i: number, k: number, y: number, x: number): number => pictures.data[((i * c + k) * h + y) * w + x]!;

/** Of each pixel of all pictures. */
const sumOverPixels = (of: (i: number, y: number, x: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) sum += of(i, y, x);
  return sum;
};

const penaltyOf = async (r: Regulariser, image = pictures): Promise<number> =>
  toNumbers((await evaluate({ image }, (g, v) => ({ penalty: r(g, v.image!) }))).penalty!)[0]!;

describe("rangeNorm", () => {
  it.each([2, 4, 6])("is the mean over pixels of (‖x‖ / 80)^%i", async (alpha) => {
    const expected =
      sumOverPixels((i, y, x) => {
        const squares = mean.reduce((s, m, k) => s + (255 * (pixel(i, k, y, x) - m)) ** 2, 0);
        return (Math.sqrt(squares) / 80) ** alpha;
      }) /
      (h * w);
    expect((await penaltyOf(rangeNorm(mean, { alpha }))) / expected).toBeCloseTo(1, 9);
  });

  it("has the power 6 and the weight 1 unless told otherwise", async () => {
    const [plain, same, half] = [rangeNorm(mean), rangeNorm(mean, { alpha: 6 }), rangeNorm(mean, { weight: 0.5 })];
    expect(await penaltyOf(plain)).toBe(await penaltyOf(same));
    expect(2 * (await penaltyOf(half))).toBeCloseTo(await penaltyOf(plain), 9);
  });

  it("has the right slope", async () => {
    expect(await gradientError(pictures, rangeNorm(mean))).toBeLessThan(1e-6);
  });
});

describe("totalVariation", () => {
  it.each([2, 1, 1.5])("is the mean over pixels of (dx² + dy²)^(β/2) · (6.5/80)^β, β = %f", async (beta) => {
    const expected =
      sumOverPixels((i, y, x) =>
        [0, 1, 2].reduce((sum, k) => {
          const here = pixel(i, k, y, x);
          const dx = 255 * (pixel(i, k, y, Math.min(x + 1, w - 1)) - here);
          const dy = 255 * (pixel(i, k, Math.min(y + 1, h - 1), x) - here);
          return sum + (dx * dx + dy * dy) ** (beta / 2) * (6.5 / 80) ** beta;
        }, 0),
      ) /
      (h * w);
    // Below β = 2 the root is rounded off at zero by 1e-8: 1e-4 at most in each of the 6 corners without differences.
    const tolerance = beta === 2 ? 1e-9 : 2e-5;
    expect(Math.abs((await penaltyOf(totalVariation({ beta }))) / expected - 1)).toBeLessThan(tolerance);
  });

  it("has β = 2 unless told otherwise", async () => {
    expect(await penaltyOf(totalVariation())).toBe(await penaltyOf(totalVariation({ beta: 2 })));
  });

  it.each([2, 1, 1.5])("has the right slope, β = %f", async (beta) => {
    expect(await gradientError(pictures, totalVariation({ beta }))).toBeLessThan(1e-6);
  });

  it.each([2, 1, 1.5])("has no slope on a flat picture, β = %f", async (beta) => {
    const flat = fromNumbers("float64", new Array(12).fill(0.3), [1, 1, 3, 4]);
    const { slope } = await evaluate({ image: flat }, (g, v) => ({
      slope: gradient(g, totalVariation({ beta })(g, v.image!), [v.image!])[0]!,
    }));
    expect(toNumbers(slope!).map(Math.abs)).toEqual(new Array(12).fill(0));
  });

  it.each([2, 1])("is nothing for a picture of one pixel, β = %f", async (beta) => {
    const dot = fromNumbers("float64", [0.3, 0.6, 0.9], [1, 3, 1, 1]);
    expect(await penaltyOf(totalVariation({ beta }), dot)).toBeLessThan(1e-3);
  });
});

describe("colourDistance", () => {
  it.each([1, 2] as const)("is the mean over pixels of Σ |x − colour|^%i", async (power) => {
    const expected = sumOverPixels((i, y, x) =>
      mean.reduce((s, m, k) => s + Math.abs(pixel(i, k, y, x) - m) ** power, 0),
    );
    const got = await penaltyOf(colourDistance(mean, { power, weight: 3 }));
    expect(got).toBeCloseTo((3 * expected) / (h * w), 9);
  });

  it.each([1, 2] as const)("has the right slope, power %i", async (power) => {
    expect(await gradientError(pictures, colourDistance(mean, { power }))).toBeLessThan(1e-6);
  });
});

describe("boundaryPenalty", () => {
  const [side, width] = [7, 2];
  const picture = uniform("float64", [1, 1, side, side], [0, 1], 5);
  const at = (y: number, x: number): number => picture.data[y * side + x]!;
  const inside = (i: number): boolean => i >= 0 && i < side;

  it("sums roughness and distance from a value over the border", async () => {
    let expected = 0;
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        if ([y, x].every((i) => i >= width && i < side - width)) continue;
        let [total, weight] = [0, 0];
        for (let dy = -2; dy <= 2; dy++)
          for (let dx = -2; dx <= 2; dx++) {
            if (!inside(y + dy) || !inside(x + dx)) continue;
            const share = Math.abs(dy) === 2 || Math.abs(dx) === 2 ? 0.5 : 1;
            total += share * at(y + dy, x + dx);
            weight += share;
          }
        expected += (total / weight - at(y, x)) ** 2 + 0.8 * (at(y, x) - 0.4) ** 2;
      }
    const penalty = boundaryPenalty({ width, value: 0.4, weight: 2 });
    expect(await penaltyOf(penalty, picture)).toBeCloseTo(2 * expected, 9);
  });

  it("is all of a picture that is no wider than two borders", async () => {
    expect(await penaltyOf(boundaryPenalty(), picture)).toBeCloseTo(
      await penaltyOf(boundaryPenalty({ width: 4 }), picture),
      9,
    );
  });

  it("has the right slope", async () => {
    expect(await gradientError(picture, boundaryPenalty({ width }))).toBeLessThan(1e-6);
  });
});

describe("highFrequencies", () => {
  /** (1/HW)² Σ_f (2|f|)^power |X(f)|² by the sums of the definition. */
  const direct = (power: number, above: number): number => {
    let total = 0;
    for (let i = 0; i < n * c; i++)
      for (let v = 0; v < h; v++)
        for (let u = 0; u < w; u++) {
          const f = Math.hypot(Math.min(v, h - v) / h, Math.min(u, w - u) / w);
          let [re, im] = [0, 0];
          for (let y = 0; y < h; y++)
            for (let x = 0; x < w; x++) {
              const angle = 2 * Math.PI * ((v * y) / h + (u * x) / w);
              re += pictures.data[(i * h + y) * w + x]! * Math.cos(angle);
              im -= pictures.data[(i * h + y) * w + x]! * Math.sin(angle);
            }
          if (f > above) total += (2 * f) ** power * (re * re + im * im);
        }
    return total / (h * w) ** 2;
  };

  it.each([
    [2, 0],
    [1, 0],
    [0, 0.3],
    [3, 0.25],
  ])("sums the power at each frequency, power %d above %d", async (power, above) => {
    expect(await penaltyOf(highFrequencies({ power, above, weight: 2 }))).toBeCloseTo(2 * direct(power, above), 9);
  });

  it("of power 0 is the variance over pixels", async () => {
    let expected = 0;
    for (let i = 0; i < n * c; i++) {
      const plane = [...pictures.data.subarray(i * h * w, (i + 1) * h * w)];
      const middle = plane.reduce((s, x) => s + x, 0) / plane.length;
      expected += plane.reduce((s, x) => s + (x - middle) ** 2, 0) / plane.length;
    }
    expect(await penaltyOf(highFrequencies({ power: 0 }))).toBeCloseTo(expected, 9);
  });

  it("is 1 for stripes of ±1 from pixel to pixel", async () => {
    const stripes = fromNumbers("float64", [1, -1, 1, -1, 1, -1, 1, -1], [1, 1, 2, 4]);
    expect(await penaltyOf(highFrequencies({ power: 5 }), stripes)).toBeCloseTo(1, 9);
  });

  it("has the right slope", async () => {
    expect(await gradientError(pictures, highFrequencies({ power: 1.5, above: 0.2 }))).toBeLessThan(1e-6);
  });
});

describe("clampRange", () => {
  it("brings pixels back to 0…1", async () => {
    const theta = fromNumbers("float64", [-200, 0, 200, -127.5, 10, 127.5, -300, -76, 255], [1, 3, 1, 3]);
    const out = await evaluate({ theta }, (g, v) => ({ x: clampRange([0.5, 0.5, 0.3])(g, v.theta!) }));
    const expected = [-127.5, 0, 127.5, -127.5, 10, 127.5, -76.5, -76, 178.5];
    toNumbers(out.x!).forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i]!, 9);
    });
  });
});

describe("clampNorm", () => {
  it("brings colours to a norm of 160 at most, and leaves the others as they are", async () => {
    const colours = [
      [0, 0, 0],
      [100, -50, 20],
      [160, 0, 0],
      [0, -320, 0],
      [120, 160, -150],
    ];
    const theta = fromNumbers(
      "float32",
      [0, 1, 2].flatMap((k) => colours.map((colour) => colour[k]!)),
      [1, 3, 1, 5],
    );
    const out = await evaluate({ theta }, (g, v) => ({ x: clampNorm()(g, v.theta!) }));
    const got = toNumbers(out.x!);
    colours.forEach((colour, i) => {
      const factor = Math.min(1, 160 / Math.max(Math.hypot(...colour), 1e-9));
      colour.forEach((value, k) => {
        expect(got[k * 5 + i]).toBeCloseTo(value * factor, 3);
      });
    });
    expect(got.slice(0, 3)).toEqual([0, 100, 160]);
  });
});
