/** @file Gets a data set's picture: from a file, from bytes, from raw pixels, or by drawing it. */

import { InputError } from "../error.ts";
import type { ImageCodec } from "../tensor/codec.ts";
import type { Item, Source } from "./dataset.ts";
import { drawFlower } from "./flower.ts";
import { blank, type Rgb8, toRgb8 } from "./rgb8.ts";

export interface Host {
  readonly decodeImage: ImageCodec["decodeImage"];
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** Larger photos are shrunk to this many pixels on their shorter side as they are decoded. */
  readonly shorterSide: number;
}

/** Throws an `InputError` that begins with the item's name where the picture cannot be read or decoded. */
export async function loadItem({ name, source }: Pick<Item, "name" | "source">, host: Host): Promise<Rgb8> {
  try {
    return await load(source, host);
  } catch (error) {
    if (error instanceof InputError || (error instanceof Error && "code" in error))
      throw new InputError(`${name}: ${error.message}`);
    throw error;
  }
}

async function load(source: Source, { decodeImage, readFile, shorterSide }: Host): Promise<Rgb8> {
  switch (source.kind) {
    case "file":
      return toRgb8((await decodeImage(await readFile(source.path), { shorterSide })).image);
    case "encoded":
      return toRgb8((await decodeImage(source.bytes, { shorterSide })).image);
    case "pixels":
      return interleave(source);
    case "flower":
      return toRgb8(drawFlower(source.flower, source.size).image);
  }
}

function interleave({ data, height, width, channels }: Extract<Source, { kind: "pixels" }>): Rgb8 {
  const out = blank(height, width);
  const plane = height * width;
  for (let k = 0; k < 3; k++) {
    const from = channels === 3 ? k * plane : 0;
    for (let p = 0; p < plane; p++) out.data[3 * p + k] = data[from + p]!;
  }
  return out;
}
