/** @file Sheets as they are laid out, painted and told: nothing overlaps, pixels are where they belong, text is safe. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Box } from "../data/crop-resize.ts";
import { decodeImage } from "../tensor/image.node.ts";
import { type Image, imageDims, makeImage } from "../tensor/image.ts";
import { readPngText } from "../tensor/png-text.ts";
import { sheetPage } from "./sheet.ts";
import { sheetLayout, shortened, within, wrapped } from "./sheet-layout.ts";
import { pictureUri, sheetPng } from "./sheet-picture.node.ts";

const apart = (a: Box, b: Box): boolean =>
  a.left + a.width <= b.left || b.left + b.width <= a.left || a.top + a.height <= b.top || b.top + b.height <= a.top;

describe("the layout", () => {
  it("keeps everything inside and apart, whatever is asked for", () => {
    const shape = fc.record(
      {
        count: fc.integer({ min: 1, max: 60 }),
        pictureSide: fc.integer({ min: 1, max: 600 }),
        patches: fc.integer({ min: 0, max: 12 }),
        lines: fc.integer({ min: 0, max: 3 }),
        headLines: fc.integer({ min: 0, max: 3 }),
        columns: fc.integer({ min: 1, max: 80 }),
      },
      { requiredKeys: ["count", "pictureSide", "lines", "headLines"] },
    );
    fc.assert(
      fc.property(shape, (asked) => {
        const at = sheetLayout(asked);
        const boxes = Array.from({ length: asked.count }, (_, i) => [
          at.picture(i),
          ...Array.from({ length: asked.patches ?? 0 }, (_, k) => at.patch(i, k)),
        ]).flat();
        const isInside = ({ top, left, height, width }: Box): boolean =>
          top >= 0 && left >= 0 && height >= 1 && width >= 1 && top + height <= at.height && left + width <= at.width;
        expect(boxes.every(isInside)).toBe(true);
        // Neighbours in the list are neighbours on the sheet.
        const clear = boxes.every((box, i) => boxes.slice(i + 1, i + 40).every((other) => apart(box, other)));
        expect(clear).toBe(true);
        for (let n = 0; n < asked.lines; n++) expect(at.line(asked.count - 1, n).y).toBeLessThan(at.height);
        for (let n = 0; n < asked.headLines; n++) expect(at.head(n).y).toBeLessThan(at.picture(0).top);
      }),
      { seed: 8, numRuns: 60 },
    );
  });

  it("enlarges small pictures by whole numbers, and shrinks what is large or many", () => {
    const side = (pictureSide: number, count = 4, patches = 0): number =>
      sheetLayout({ count, pictureSide, patches, lines: 2, headLines: 1 }).side;
    expect([32, 64, 96, 150, 224, 512].map((s) => side(s))).toEqual([96, 128, 96, 150, 224, 224]);
    expect(side(224, 2048, 4)).toBeLessThan(100);
    const { width, height } = sheetLayout({ count: 2048, pictureSide: 224, patches: 4, lines: 2, headLines: 2 });
    expect(width * height).toBeLessThan(60e6);
  });

  it("fits words and shapes", () => {
    expect(shortened("sunflower", 9)).toBe("sunflower");
    expect(shortened("sunflowers", 9)).toBe("sunflowe…");
    expect(wrapped("a bc def ghijklmnop", 5)).toEqual(["a bc", "def", "ghij…"]);
    expect(within({ top: 10, left: 20, height: 8, width: 8 }, 4, 2)).toEqual({
      top: 10,
      left: 22,
      height: 8,
      width: 4,
    });
  });
});

const flat = (grey: number, height: number, width = height): Image => makeImage(3, height, width, () => grey);

describe("the PNG", () => {
  it("has each picture and patch in its place, captions, and its text", async () => {
    const picture = makeImage(1, 48, 48, (_, y, x) => (y + x) / 96);
    const head = ["title", "more of it"];
    const shape = { count: 3, pictureSide: 48, patches: 2, lines: 2 };
    const png = await sheetPng(
      (i) => ({ picture, patches: i === 1 ? [flat(0.2, 10, 5)] : [], lines: ["1 < 2 & 3", "x"], dead: i === 2 }),
      { ...shape, head, text: { fovea: "recipe" } },
    );
    expect(readPngText(png).fovea).toBe("recipe");
    const { image } = await decodeImage(png);
    const layout = sheetLayout({ ...shape, headLines: 2 });
    expect(imageDims(image)).toEqual([3, layout.height, layout.width]);
    const at = (y: number, x: number, c = 0): number => image.data[(c * layout.height + y) * layout.width + x]!;
    const box = layout.picture(0);
    expect(box.height).toBe(96);
    for (const [y, x] of [
      [0, 0],
      [31, 60],
      [95, 95],
    ] as const)
      expect(at(box.top + y, box.left + x)).toBeCloseTo(picture.data[Math.floor(y / 2) * 48 + Math.floor(x / 2)]!, 2);
    const patch = layout.patch(1, 0);
    const middle = [patch.top + (patch.height >> 1), patch.left + (patch.width >> 1)] as const;
    expect(at(...middle)).toBeCloseTo(0.2, 2);
    expect(at(middle[0], patch.left)).toBeCloseTo(240 / 255, 2);
    // Words are there: dark pixels in the line below the picture.
    const line = layout.line(0, 0);
    const dark = Array.from({ length: 40 }, (_, k) => at(line.y - 3, line.x + k)).filter((v) => v < 0.5);
    expect(dark.length).toBeGreaterThan(3);
    // What is dead is paler, and has red in its middle.
    const dead = layout.picture(2);
    expect(at(dead.top + 4, dead.left + 40)).toBeGreaterThan(at(box.top + 4, box.left + 40) + 0.2);
    const [red, green] = [0, 1].map((c) => at(dead.top + 48, dead.left + 48, c)) as [number, number];
    expect(red - green).toBeGreaterThan(0.2);
  });

  it("is the same for the same sheet", async () => {
    const make = () =>
      sheetPng(() => ({ picture: flat(0.5, 20), lines: ["0"] }), { count: 2, pictureSide: 20, lines: 1, head: ["a"] });
    expect(await make()).toEqual(await make());
  });
});

describe("the page", () => {
  const entry = {
    title: 'l"ayer:1',
    label: "<rose>",
    source: "data:image/webp;base64,AA==",
    patches: [{ source: "data:image/webp;base64,BB==", photo: "a&b.jpg", activation: "3" }],
    numbers: { activation: "1 → 2" },
    notes: ["Odd & even."],
    dead: true,
  };
  const html = sheetPage({ title: "a < b", words: "w", facts: { units: "1" }, entries: [entry], command: "fovea 'x'" });

  it("tells everything, as text", () => {
    expect(html).toContain("a &lt; b");
    expect(html).toContain('id="l&quot;ayer:1"');
    expect(html).toContain("l&quot;ayer:1 &lt;rose&gt;");
    expect(html).toContain('title="a&amp;b.jpg: 3"');
    expect(html).toContain("Odd &amp; even.");
    expect(html).toContain('class="unit dead"');
    expect(html).not.toContain("<rose>");
  });

  it("loads nothing", () => {
    expect(html.match(/(?:src|href)="[^"]*"/g)!.every((s) => /="(?:data:|#)/.test(s))).toBe(true);
    expect(html).not.toMatch(/url\(|<script|<link/);
  });

  it("shows pictures as they are, or smaller", async () => {
    const size = async (image: Image, most?: number): Promise<readonly number[]> => {
      const uri = await pictureUri(image, most);
      expect(uri.startsWith("data:image/webp;base64,")).toBe(true);
      const { image: seen } = await decodeImage(Buffer.from(uri.split(",")[1]!, "base64"));
      expect(seen.data[0]).toBeCloseTo(image.data[0]!, 1);
      return imageDims(seen).slice(1);
    };
    expect(await size(flat(0.3, 20, 30))).toEqual([20, 30]);
    expect(
      await size(
        makeImage(1, 40, 80, () => 0.6),
        20,
      ),
    ).toEqual([10, 20]);
  });
});
