/** @file Pictures in tiles: windows that cover a picture whose opposite borders meet, cut out of it and put back. */

import { type Tensor, tensor } from "../tensor/tensor.ts";

/** Upper left corners and the size of tiles in a picture. */
export interface Tiling {
  /** Height and width of the picture. */
  readonly of: readonly [number, number];
  /** Height and width of a tile. */
  readonly size: readonly [number, number];
  /** [y, x], within the picture. */
  readonly corners: readonly (readonly [number, number])[];
}

/** How many tiles of a length cover an axis. */
export const tilesAlong = (length: number, tile: number): number => Math.ceil(length / tile);

/** Tiles at even distances that cover a picture, all of them moved by `shift` (any whole numbers). */
export function tiling(
  of: readonly [number, number],
  size: readonly [number, number],
  shift: readonly [number, number] = [0, 0],
): Tiling {
  const starts = of.map((n, axis) => {
    const count = tilesAlong(n, size[axis]!);
    return Array.from({ length: count }, (_, i) => modulo(Math.floor((i * n) / count) + shift[axis]!, n));
  }) as [number[], number[]];
  return { of, size, corners: starts[0].flatMap((y) => starts[1].map((x) => [y, x] as const)) };
}

const modulo = (a: number, n: number): number => ((a % n) + n) % n;

/** The tiles of a picture [1,C,H,W], [tiles,C,h,w]. */
export function cut(picture: Tensor<"float32">, { of, size, corners }: Tiling): Tensor<"float32"> {
  const channels = picture.dims[1]!;
  const out = new Float32Array(corners.length * channels * size[0] * size[1]);
  eachRow({ of, size, corners }, channels, (inPicture, inTiles, length) => {
    out.set(picture.data.subarray(inPicture, inPicture + length), inTiles);
  });
  return tensor("float32", [corners.length, channels, ...size], out);
}

/** Writes tiles [tiles,C,h,w] back into a picture [1,C,H,W]; where they overlap, the last one counts. */
export function paste(tiles: Tensor<"float32">, { of, size, corners }: Tiling, picture: Float32Array): void {
  eachRow({ of, size, corners }, tiles.dims[1]!, (inPicture, inTiles, length) => {
    picture.set(tiles.data.subarray(inTiles, inTiles + length), inPicture);
  });
}

/** Pieces of rows that lie in one piece in the picture and in the tiles, by where they begin. */
function eachRow(
  { of: [height, width], size: [h, w], corners }: Tiling,
  channels: number,
  copy: (inPicture: number, inTiles: number, length: number) => void,
): void {
  for (const [i, [top, left]] of corners.entries())
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < h; y++) {
        const row = (c * height + ((top + y) % height)) * width;
        const from = ((i * channels + c) * h + y) * w;
        for (let x = 0; x < w; ) {
          const at = (left + x) % width;
          const length = Math.min(w - x, width - at);
          copy(row + at, from + x, length);
          x += length;
        }
      }
}
