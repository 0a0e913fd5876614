/** @file Animations: as many pictures as went in, of the last one's size, with their times. */

import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { animationFormat, animationFormats, encodeAnimation } from "./animation.node.ts";
import { makeImage } from "./image.ts";

const flat = (side: number, value: number) => makeImage(3, side, side + 2, (c) => (c === 0 ? value : 0.5));

describe.each(animationFormats)("%s", (format) => {
  it("holds the pictures in their order", async () => {
    const frames = [0, 0.5, 1].map((x) => flat(16, x));
    const bytes = await encodeAnimation(frames, format, { delay: 100, end: 700 });
    const facts = await sharp(bytes, { animated: true }).metadata();
    expect(facts).toMatchObject({ format, pages: 3, pageHeight: 16, width: 18, loop: 0, delay: [100, 100, 700] });
    for (const [page, red] of [0, 0.5, 1].entries()) {
      const { data } = await sharp(bytes, { page }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      expect(Math.abs(data[3 * 100]! - 255 * red)).toBeLessThan(12);
    }
  });

  it("brings pictures to the size of the last", async () => {
    const facts = await sharp(await encodeAnimation([flat(8, 0), flat(20, 1)], format), { animated: true }).metadata();
    expect(facts).toMatchObject({ pages: 2, pageHeight: 20, width: 22 });
  });
});

it("knows its formats by their names", () => {
  expect([animationFormat("a/b.webp"), animationFormat("X.GIF")]).toEqual(["webp", "gif"]);
  expect(() => animationFormat("a.mp4")).toThrow(/ends in \.webp or \.gif/);
  expect(() => animationFormat("webp")).toThrow(/ends in/);
});
