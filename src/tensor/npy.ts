/** @file NumPy's .npy files (format 1, 2 and 3) to and from tensors. */

import { expect, InputError } from "../error.ts";
import { bytesPerElement, type DType, type Shape, sizeOf, Tensor } from "./tensor.ts";

// NumPy has no bfloat16; like ml_dtypes, it is kept as two raw bytes.
const codes: Record<DType, string> = {
  float32: "f4",
  float64: "f8",
  float16: "f2",
  bfloat16: "V2",
  int8: "i1",
  uint8: "u1",
  int16: "i2",
  uint16: "u2",
  int32: "i4",
  uint32: "u4",
  int64: "i8",
  uint64: "u8",
  bool: "b1",
};
const dtypes = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * The array in a .npy file. Little-endian arrays in C order are a view on `bytes`; others are copied into that order.
 * Bytes behind the array are ignored, as NumPy does. Throws `InputError` for files that are not .npy, are cut short, or
 * hold objects, strings, dates, complex numbers or records.
 */
export function readNpy(bytes: Uint8Array): Tensor {
  expect(
    magic.every((byte, i) => bytes[i] === byte),
    () => "npy: expected a NumPy .npy file, got other content: save the array with numpy.save",
  );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6] ?? 0;
  expect(
    major >= 1 && major <= 3,
    () => `npy: expected format version 1, 2 or 3, got ${major}: save it with numpy.save`,
  );
  const headerAt = major === 1 ? 10 : 12;
  if (bytes.length < headerAt) throw cut(headerAt, bytes.length);
  const dataAt = headerAt + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bytes.length < dataAt) throw cut(dataAt, bytes.length);

  const header = parseHeader(new TextDecoder().decode(bytes.subarray(headerAt, dataAt)));
  const { dtype, dims } = header;
  const end = dataAt + sizeOf(dims) * bytesPerElement(dtype);
  expect(
    Number.isSafeInteger(end),
    () => `npy: the shape (${dims.join(", ")}) is too large for any memory: save a smaller array`,
  );
  if (bytes.length < end) throw cut(end, bytes.length);

  let data = bytes.subarray(dataAt, end);
  if (header.bigEndian) data = swapBytes(data, bytesPerElement(dtype));
  if (header.fortran) data = toRowMajor(data, dims, bytesPerElement(dtype));
  return new Tensor(dtype, dims, data);
}

/** A .npy file of the tensor, little-endian, C order, its data aligned to 64 bytes. bfloat16 is written as two raw bytes (`V2`). */
export function writeNpy(t: Tensor): Uint8Array {
  const order = bytesPerElement(t.dtype) === 1 ? "|" : "<";
  const dims = t.dims.length === 1 ? `${t.dims[0]},` : t.dims.join(", ");
  const header = `{'descr': '${order}${codes[t.dtype]}', 'fortran_order': False, 'shape': (${dims}), }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64;
  if (length - 10 > 0xffff) throw new Error(`internal: npy: ${t.dims.length} dimensions do not fit a version 1 header`);

  const out = new Uint8Array(length + t.bytes.length);
  out.set([...magic, 1, 0]);
  new DataView(out.buffer).setUint16(8, length - 10, true);
  out.set(new TextEncoder().encode(`${header.padEnd(length - 11)}\n`), 10);
  out.set(t.bytes, length);
  return out;
}

const cut = (expected: number, got: number): InputError =>
  new InputError(`npy: the file is cut short: expected at least ${expected} bytes, got ${got}: copy or save it again`);

/** Reads the Python dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`. */
function parseHeader(text: string): { dtype: DType; dims: Shape; bigEndian: boolean; fortran: boolean } {
  const fortran = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  const descr = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|(\[))/.exec(text);
  if (fortran === undefined || shape === undefined || descr === null)
    throw new InputError(
      "npy: the header is damaged: expected 'descr', 'fortran_order' and 'shape': save the file again",
    );

  const name = descr[2] ? "a record type" : (descr[1] ?? "");
  const dtype = /^[<>|=]/.test(name) ? dtypes.get(name.slice(1)) : undefined;
  if (dtype === undefined)
    throw new InputError(
      `npy: arrays of ${name} cannot be read: expected floats, integers or bool: convert with array.astype('float32')`,
    );
  const dims = (shape.match(/\d+/g) ?? []).map(Number);
  return { dtype, dims, bigEndian: name.startsWith(">"), fortran: fortran === "True" };
}

function swapBytes(data: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += width) for (let b = 0; b < width; b++) out[i + b] = data[i + width - 1 - b]!;
  return out;
}

/** Reorders elements stored first axis fastest into last axis fastest. */
function toRowMajor(data: Uint8Array, dims: Shape, width: number): Uint8Array {
  const out = new Uint8Array(data.length);
  const index = dims.map(() => 0);
  const strides = dims.map((_, axis) => sizeOf(dims.slice(0, axis)) * width);
  let from = 0;
  for (let to = 0; to < data.length; to += width) {
    for (let b = 0; b < width; b++) out[to + b] = data[from + b]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      from -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
