/** @file Numbers beside pictures: reached activations, textures, and what an inversion kept. */

import { describe, expect, it } from "vitest";
import { distributionOf } from "../tensor/distribution.ts";
import { type Image, makeImage } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { totalVariation } from "../tensor/similarity.ts";
import { octaveNoise } from "./calibrate.ts";
import { kept } from "./measure-lost.ts";
import { photoTexture, reached, texture } from "./measure-picture.ts";

describe("a reached activation", () => {
  const photos = distributionOf(Array.from({ length: 101 }, (_, i) => i / 10));

  it("stands among those of photos", () => {
    expect(reached(5, photos)).toEqual({ activation: 5, percentile: 50, ratio: 0.5 });
    expect(reached(32, photos)).toEqual({ activation: 32, percentile: 100, ratio: 3.2 });
    expect(reached(-1, photos)).toMatchObject({ percentile: 0 });
  });

  it("has no ratio where no photo is above 0", () => {
    expect(reached(3, distributionOf([0, 0, -1]))).toEqual({ activation: 3, percentile: 100, ratio: Number.NaN });
  });
});

describe("texture", () => {
  const random = rng(4);
  const white = makeImage(3, 64, 64, () => random.uniform());
  const natural = octaveNoise(rng(5), 3, [64, 64]);

  it("tells noise from what has as much power in each octave", () => {
    expect(Math.abs(texture(white).spectrumSlope)).toBeLessThan(0.3);
    expect(Math.abs(texture(natural).spectrumSlope + 2)).toBeLessThan(0.7);
    expect(texture(white).totalVariation).toBeGreaterThan(2 * texture(natural).totalVariation);
  });

  it("of photos is the mean over them", async () => {
    const photos = [1, 2, 3, 4].map((seed) => octaveNoise(rng(seed), 3, [32, 32]));
    const { totalVariation: of } = await photoTexture(photos);
    const all = photos.map(totalVariation);
    expect(of.n).toBe(4);
    expect(of.mean).toBeCloseTo(all.reduce((a, b) => a + b) / 4, 12);
    expect(of.interval[0]).toBeLessThan(Math.max(...all));
    expect((await photoTexture([makeImage(3, 8, 8)])).spectrumSlope.n).toBe(0);
  });
});

describe("what an inversion kept", () => {
  const photo = octaveNoise(rng(6), 3, [64, 64]);
  const moved = (dy: number, dx: number): Image =>
    makeImage(3, 64, 64, (c, y, x) => photo.data[(c * 64 + ((y - dy + 64) % 64)) * 64 + ((x - dx + 64) % 64)]!);

  it("is all of the photo itself", () => {
    const { colour, position, texture: bands } = kept(photo, photo);
    expect(colour.hueError).toBeLessThan(1e-3);
    expect(colour.chromaRatio).toBeCloseTo(1, 6);
    expect(position.shift).toEqual([0, 0]);
    expect(position.peak).toBeCloseTo(1, 6);
    expect(bands.distance).toBeLessThan(1e-6);
  });

  it.each([
    [6, -9],
    [-4, 0],
    [10, 10],
  ])("has the colours but not the place of what moved by %d, %d", (dy, dx) => {
    const { colour, shiftedColour, position } = kept(photo, moved(dy, dx));
    expect(position.shift).toEqual([dy, dx]);
    expect(position.inPlace).toBeLessThan(0.9);
    expect(colour.hueError).toBeGreaterThan(10);
    expect(shiftedColour.hueError).toBeLessThan(1e-3);
    expect(colour.palette).toBeGreaterThan(0.99);
  });

  it("has the place but not the colours of a grey copy", () => {
    const grey = makeImage(3, 64, 64, (_, y, x) => {
      const [r, g, b] = [0, 1, 2].map((c) => photo.data[(c * 64 + y) * 64 + x]!);
      return 0.299 * r! + 0.587 * g! + 0.114 * b!;
    });
    const { colour, position } = kept(photo, grey);
    expect(position.inPlace).toBeCloseTo(1, 4);
    expect(colour).toMatchObject({ hueError: 90, palette: 0 });
    expect(colour.chromaRatio).toBeLessThan(1e-3);
  });
});
