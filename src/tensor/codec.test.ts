/** @file Tests of the image codec: odd and damaged pictures, PNG text, captioned sheets. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { crc32 as nodeCrc32 } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeImage, encodePng } from "#image-codec";
import { InputError } from "../error.ts";
import { targetSize } from "./codec.ts";
import { labelledGrid } from "./image.node.ts";
import { type Image, makeImage, toBytes8, toRgb } from "./image.ts";
import { crc32, readPngText, withPngText } from "./png-text.ts";
import { rng } from "./rng.ts";
import { tensor } from "./tensor.ts";

const photos = "../shared/photos";
const noise = (h: number, w: number) => tensor("float32", [3, h, w], rng(1).fillUniform(new Float32Array(3 * h * w)));
/** The colour at a pixel as bytes. */
const colour = (image: Image, pixel = 0) => [...toBytes8(image).subarray(3 * pixel, 3 * pixel + 3)];
const brick = sharp({ create: { width: 8, height: 6, channels: 3, background: "#c83214" } });
const near = (got: readonly number[], expected: readonly number[], tolerance: number) => {
  for (const [i, x] of expected.entries()) expect(Math.abs(got[i]! - x)).toBeLessThanOrEqual(tolerance);
};

describe("decoding", () => {
  const formats = [
    ["png", brick.clone().png(), 0],
    ["palette png", brick.clone().png({ palette: true }), 0],
    ["jpeg", brick.clone().jpeg({ quality: 95 }), 3],
    ["webp", brick.clone().webp({ lossless: true }), 0],
    ["tiff", brick.clone().tiff({ compression: "lzw" }), 0],
    ["avif", brick.clone().avif({ lossless: true }), 3],
    ["gif", brick.clone().gif(), 4],
    ["jpeg with the Display P3 profile", brick.clone().withIccProfile("p3").jpeg({ quality: 95 }), 3],
    ["CMYK jpeg", brick.clone().withIccProfile("cmyk").jpeg({ quality: 95 }), 30],
  ] as const;
  test.each(formats)("%s", async (_, pipeline, tolerance) => {
    const { image, size, notes } = await decodeImage(await pipeline.clone().toBuffer());
    expect([image.dims, size, notes]).toEqual([[3, 6, 8], [6, 8], []]);
    near(colour(image, 20), [200, 50, 20], tolerance);
  });

  test("16 bits, grey, grey with alpha, one bit: three channels of 8-bit steps", async () => {
    const deep = Uint16Array.from({ length: 12 }, (_, i) => [65535, 32896, 0][i % 3]!);
    const rgb16 = sharp(deep, { raw: { width: 2, height: 2, channels: 3 } }).toColourspace("rgb16");
    expect(colour((await decodeImage(await rgb16.png().toBuffer())).image)).toEqual([255, 128, 0]);
    const grey = sharp(new Uint8Array(4).fill(77), { raw: { width: 2, height: 2, channels: 1 } }).toColourspace("b-w");
    expect(colour((await decodeImage(await grey.png().toBuffer())).image)).toEqual([77, 77, 77]);
    const bilevel = sharp(Uint8Array.from([255, 0, 0, 255]), { raw: { width: 2, height: 2, channels: 1 } });
    const { image } = await decodeImage(
      await bilevel.toColourspace("b-w").png({ colours: 2, palette: true }).toBuffer(),
    );
    expect([0, 1, 2, 3].map((p) => colour(image, p)[0])).toEqual([255, 0, 0, 255]);
  });

  test("transparency is laid over white", async () => {
    const half = sharp({
      create: { width: 2, height: 2, channels: 4, background: { r: 200, g: 50, b: 0, alpha: 0.5 } },
    });
    near(colour((await decodeImage(await half.png().toBuffer())).image), [228, 153, 128], 1);
    const deep = Uint16Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 0 : 1000));
    const clear16 = sharp(deep, { raw: { width: 2, height: 2, channels: 4 } }).toColourspace("rgb16");
    expect(colour((await decodeImage(await clear16.png().toBuffer())).image)).toEqual([255, 255, 255]);
  });

  test("EXIF orientation 6 turns a row, white then black, into a column", async () => {
    const row = Uint8Array.from([255, 255, 255, 0, 0, 0]);
    const turned = sharp(row, { raw: { width: 2, height: 1, channels: 3 } }).withMetadata({ orientation: 6 });
    const { image, size } = await decodeImage(await turned.jpeg({ quality: 100 }).toBuffer());
    expect([size, image.dims]).toEqual([
      [2, 1],
      [3, 2, 1],
    ]);
    expect([colour(image, 0)[0]! > 200, colour(image, 1)[0]! < 50]).toEqual([true, true]);
  });

  test("an animation gives its first frame and says so", async () => {
    const frame = (value: number) =>
      sharp(new Uint8Array(48).fill(value), { raw: { width: 4, height: 4, channels: 3 } });
    const frames = await Promise.all([255, 0, 99].map((v) => frame(v).png().toBuffer()));
    const { image, notes } = await decodeImage(
      await sharp(frames, { join: { animated: true } })
        .gif()
        .toBuffer(),
    );
    expect([image.dims, colour(image)]).toEqual([
      [3, 4, 4],
      [255, 255, 255],
    ]);
    expect(notes).toEqual(["the picture has 3 frames: the first is used"]);
  });

  test("1 × 1 works, small pictures are not enlarged, large ones shrink to the shorter side", async () => {
    expect((await decodeImage(await encodePng(makeImage(3, 1, 1)), { shorterSide: 64 })).image.dims).toEqual([3, 1, 1]);
    const png = await encodePng(noise(40, 60));
    const { image, size, notes } = await decodeImage(png, { shorterSide: 20 });
    expect([image.dims, size, notes]).toEqual([[3, 20, 30], [40, 60], []]);
    const limited = await decodeImage(png, { maxPixels: 600 });
    expect([limited.image.dims, limited.notes]).toEqual([
      [3, 20, 30],
      ["the picture of 60×40 pixels was reduced to 30×20"],
    ]);
  });

  test("a 20,000 px square is planned at a reduced size, a larger bomb refused", () => {
    expect(targetSize([20_000, 20_000], {})).toMatchObject({ height: 4096, width: 4096 });
    expect(targetSize([20_000, 1], { shorterSide: 8 })).toEqual({ height: 20_000, width: 1, notes: [] });
    expect(() => targetSize([60_000, 60_000], { shorterSide: 8 })).toThrow(InputError);
  });

  test("a header that claims 60,000 × 60,000 pixels is refused before any pixel is read", async () => {
    const png = (await encodePng(makeImage(3, 2, 2))).slice();
    const view = new DataView(png.buffer, png.byteOffset);
    view.setUint32(16, 60_000);
    view.setUint32(20, 60_000);
    view.setUint32(29, nodeCrc32(png.subarray(12, 29)));
    await expect(decodeImage(png)).rejects.toThrow("60000×60000 pixels are too many");
  });
});

describe("damaged pictures", () => {
  test.each([
    ["empty", new Uint8Array()],
    ["text", new TextEncoder().encode("hello, world")],
    ["zip", Uint8Array.from([0x50, 0x4b, 3, 4, ...new Array<number>(60).fill(0)])],
  ])("%s is refused in one line", async (_, bytes) => {
    await expect(decodeImage(bytes)).rejects.toThrow(InputError);
    await expect(decodeImage(bytes)).rejects.toThrow(
      /^image: cannot be decoded \([^\n]*\): expected a whole JPEG[^\n]*$/,
    );
  });

  test.each(["png", "jpeg", "webp"] as const)("a %s cut in half is refused", async (format) => {
    const bytes = await sharp(toBytes8(noise(64, 64)), { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    await expect(decodeImage(bytes.subarray(0, bytes.length >> 1))).rejects.toThrow(InputError);
  });

  test.each(["png", "jpeg", "webp", "gif", "tiff"] as const)(
    "flipped and cut %s bytes: a picture or an InputError",
    async (format) => {
      const bytes = await sharp(toBytes8(noise(12, 9)), { raw: { width: 9, height: 12, channels: 3 } })
        .toFormat(format)
        .toBuffer();
      const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(flips, fc.integer({ min: 1, max: bytes.length }), async (changes, length) => {
          const damaged = Uint8Array.from(bytes.subarray(0, length));
          for (const [at, value] of changes) if (at < length) damaged[at] = value;
          const outcome = await decodeImage(damaged).catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(InputError);
          else expect(outcome).toHaveProperty("image");
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe("PNG", () => {
  test("pixels survive encoding and decoding, in colour and grey", async () => {
    const image = noise(7, 5);
    expect(toBytes8((await decodeImage(await encodePng(image))).image)).toEqual(toBytes8(image));
    const grey = await decodeImage(await encodePng(makeImage(1, 2, 2, () => 0.2)));
    expect(colour(grey.image)).toEqual([51, 51, 51]);
  });

  test("crc32 agrees with zlib's", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc32(bytes) === nodeCrc32(bytes)));
  });

  test("text round trip, and libvips reads the file still", async () => {
    const letter = fc.integer({ min: 0x21, max: 0xff }).filter((c) => c < 0x7f || c > 0xa0);
    const keyword = fc.array(letter, { minLength: 1, maxLength: 79 }).map((codes) => String.fromCharCode(...codes));
    const plain = await encodePng(makeImage(3, 2, 3));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keyword, fc.string({ unit: "grapheme" }), { maxKeys: 4 }), async (text) => {
        const png = withPngText(plain, text);
        expect(new Map(Object.entries(readPngText(png)))).toEqual(new Map(Object.entries(text)));
        expect((await decodeImage(png)).image.dims).toEqual([3, 2, 3]);
      }),
    );
  });

  test("opacity is kept as alpha, and decoding lays it on white", async () => {
    const image = makeImage(4, 2, 3, (c, y, x) => (c < 3 ? (c + x) / 5 : (y + x) / 3));
    const png = await encodePng(image);
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    expect([...data]).toEqual([...toBytes8(image)]);
    const seen = (await decodeImage(png)).image;
    for (const [i, x] of toRgb(image).data.entries()) expect(Math.abs(seen.data[i]! - x)).toBeLessThan(1 / 255);
    const grey = await sharp(await encodePng(makeImage(2, 1, 1, () => 0.6))).metadata();
    expect(grey.hasAlpha).toBe(true);
  });

  test("encodePng carries a recipe, and libvips finds it under the same keyword", async () => {
    const recipe = JSON.stringify({ unit: "layer3.1:17", note: "Gänseblümchen → ★" });
    const png = await encodePng(makeImage(3, 2, 2), { text: { fovea: recipe } });
    expect(readPngText(png)).toEqual({ fovea: recipe });
    const { comments } = await sharp(png).metadata();
    expect(comments).toEqual([{ keyword: "fovea", text: recipe }]);
  });

  test("tEXt is read as Latin-1", async () => {
    const plain = await encodePng(makeImage(3, 1, 1));
    const body = Buffer.from("tEXtAuthor\0Ren\xe9", "latin1");
    const chunk = Buffer.alloc(body.length + 8);
    chunk.writeUInt32BE(body.length - 4, 0);
    body.copy(chunk, 4);
    chunk.writeUInt32BE(nodeCrc32(body), body.length + 4);
    expect(readPngText(Buffer.concat([plain.subarray(0, 33), chunk, plain.subarray(33)]))).toEqual({ Author: "René" });
  });

  test("a wrong checksum, a cut file and other files are refused", async () => {
    const png = await encodePng(makeImage(3, 4, 4), { text: { fovea: "{}" } });
    const flipped = png.slice();
    flipped[41 + 3]! ^= 1;
    expect(() => readPngText(flipped)).toThrow(/checksum of a chunk is wrong \("iTXt" at byte 33\)/);
    expect(() => readPngText(png.subarray(0, -5))).toThrow(/cut short/);
    expect(() => readPngText(new Uint8Array(8))).toThrow(/expected a PNG/);
    fc.assert(
      fc.property(fc.nat(png.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const damaged = png.slice();
        damaged[at]! ^= mask;
        expect(() => readPngText(damaged)).toThrow(InputError);
      }),
    );
  });

  test("a keyword that PNG does not allow is a fault of ours", async () => {
    const plain = await encodePng(makeImage(3, 1, 1));
    for (const keyword of ["", " x", "x ", "a\nb", "x".repeat(80), "→"])
      expect(() => withPngText(plain, { [keyword]: "" })).toThrow(/^internal:/);
  });
});

describe("captioned sheets", () => {
  test("dark letters stand under each picture with a label, and the pictures are untouched", async () => {
    const images = [0.2, 0.4, 0.6].map((v) => makeImage(3, 24, 64, () => v));
    const sheet = await labelledGrid(images, ["conv1", "", "a & <b>\nerror 0.1"], { margin: 4 });
    const [, height, width] = sheet.dims as [number, number, number];
    const darkUnder = (i: number) => {
      let dark = 0;
      for (let y = 28; y < height; y++)
        for (let x = 4 + 68 * i; x < 68 + 68 * i; x++) if (sheet.data[y * width + x]! < 0.6) dark++;
      return dark;
    };
    expect([darkUnder(0) > 20, darkUnder(1), darkUnder(2) > 40]).toEqual([true, 0, true]);
    for (const [i, v] of [51, 102, 153].entries()) expect(colour(sheet, 10 * width + 10 + 68 * i)).toEqual([v, v, v]);
  });

  test("long names do not reach into the neighbour's cell", async () => {
    const images = [0, 1, 2].map(() => makeImage(3, 8, 96, () => 0.5));
    const sheet = await labelledGrid(images, ["", "features/stage4/block17/expand3x3/activation 0.12", ""]);
    const [, height, width] = sheet.dims as [number, number, number];
    for (let y = 12; y < height; y++)
      for (let x = 0; x < width; x++) if (sheet.data[y * width + x]! < 0.9) expect(x >= 102 && x < 202).toBe(true);
  });
});

describe.skipIf(!existsSync(photos))("the photos in ../shared", () => {
  const names = existsSync(photos) ? readdirSync(photos).filter((name) => !name.endsWith(".txt")) : [];
  test.each(names)("%s", async (name) => {
    const { image } = await decodeImage(readFileSync(`${photos}/${name}`), { shorterSide: 64 });
    expect(Math.min(...image.dims.slice(1))).toBe(64);
    expect(image.data.every((x) => x >= 0 && x <= 1)).toBe(true);
  });
});
