/** @file For tests: writes the file formats that the readers read, straight from their descriptions. */

import type { Dataset } from "./dataset.ts";
import { type FileTree, memoryTree } from "./tree.ts";

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const tree = (contents: Readonly<Record<string, Uint8Array | string>>, name = "flowers"): FileTree =>
  memoryTree(
    name,
    new Map(Object.entries(contents).map(([path, body]) => [path, typeof body === "string" ? ascii(body) : body])),
  );

/** Names of a data set's pictures as "split/class". */
export const places = (dataset: Dataset): string[] =>
  dataset.items.map((item) => `${item.split}/${dataset.classes[item.label]}`);

/** A tar header block of 512 bytes with its checksum; `fields` overwrites text at offsets. */
export function tarHeader(
  name: string,
  size: number,
  type: string,
  fields: Readonly<Record<number, string>> = {},
): Uint8Array {
  const block = new Uint8Array(512);
  const put = (at: number, text: string): void => block.set(ascii(text), at);
  put(0, name.slice(0, 100));
  put(100, "0000644\0");
  put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(148, "        ");
  put(156, type);
  put(257, "ustar\x0000");
  for (const [at, text] of Object.entries(fields)) put(Number(at), text);
  put(
    148,
    `${block
      .reduce((a, b) => a + b, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
  );
  return block;
}

export const tarBody = (body: Uint8Array): Uint8Array => join(body, new Uint8Array((512 - (body.length % 512)) % 512));

/** A plain archive of regular files, ended by two blocks of zeros. */
export const tarOf = (files: Readonly<Record<string, Uint8Array>>): Uint8Array =>
  join(
    ...Object.entries(files).flatMap(([path, body]) => [tarHeader(path, body.length, "0"), tarBody(body)]),
    new Uint8Array(1024),
  );

/** An idx file of unsigned bytes. */
export function idxOf(dims: readonly number[], data: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dims.length + data.length);
  bytes.set([0, 0, 8, dims.length]);
  for (const [axis, d] of dims.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * axis, d);
  bytes.set(data, 4 + 4 * dims.length);
  return bytes;
}

/** A MAT-5 tag and data padded to 8 bytes. */
function matElement(type: number, data: Uint8Array, little: boolean): Uint8Array {
  const out = new Uint8Array(8 + Math.ceil(data.length / 8) * 8);
  const view = new DataView(out.buffer);
  view.setUint32(0, type, little);
  view.setUint32(4, data.length, little);
  out.set(data, 8);
  return out;
}

const bytesOf = (
  values: readonly number[],
  width: number,
  put: (v: DataView, at: number, x: number) => void,
): Uint8Array => {
  const out = new Uint8Array(values.length * width);
  for (const [i, x] of values.entries()) put(new DataView(out.buffer), i * width, x);
  return out;
};

/** A matrix of class double, its numbers column by column and stored as `as`. */
export function matMatrix(
  name: string,
  dims: readonly number[],
  columnMajor: readonly number[],
  { little = true, as = "double" }: { readonly little?: boolean; readonly as?: "double" | "uint8" | "int16" } = {},
): Uint8Array {
  const [type, width, put] = {
    double: [9, 8, (v: DataView, at: number, x: number) => v.setFloat64(at, x, little)],
    uint8: [2, 1, (v: DataView, at: number, x: number) => v.setUint8(at, x)],
    int16: [3, 2, (v: DataView, at: number, x: number) => v.setInt16(at, x, little)],
  }[as] as [number, number, (v: DataView, at: number, x: number) => void];
  const int32 = (v: DataView, at: number, x: number): void => v.setInt32(at, x, little);
  return matElement(
    14,
    join(
      matElement(6, bytesOf([6, 0], 4, int32), little),
      matElement(5, bytesOf(dims, 4, int32), little),
      matElement(1, ascii(name), little),
      matElement(type, bytesOf(columnMajor, width, put), little),
    ),
    little,
  );
}

/** A file of matrices; a Uint8Array that `compress` made of one is stored as a compressed element. */
export function matFile(
  matrices: readonly Uint8Array[],
  little = true,
  compress?: (data: Uint8Array) => Uint8Array,
): Uint8Array {
  const header = new Uint8Array(128).fill(0x20);
  header.set(ascii("MATLAB 5.0 MAT-file, made by a test"));
  header.set(little ? [0, 1, 0x49, 0x4d] : [1, 0, 0x4d, 0x49], 124);
  const packed = matrices.map((matrix) => {
    if (!compress) return matrix;
    const data = compress(matrix);
    return join(matElement(15, data, little).subarray(0, 8), data);
  });
  return join(header, ...packed);
}
